// <quartermaster-panel show="chat|approvals"></quartermaster-panel>: the embedded panel in a frame of your page.
// Load it from your installation: <script src="https://quartermaster.example/static/quartermaster-panel.js"></script>.
// The installation must name your origin in QUARTERMASTER_EMBED_ANCESTORS.
(() => {
  const home = new URL(document.currentScript.src).origin;
  class QuartermasterPanel extends HTMLElement {
    static observedAttributes = ["show"];
    connectedCallback() {
      if (!this.frame) {
        this.frame = document.createElement("iframe");
        this.frame.title = "Quartermaster";
        this.frame.style.cssText = "border:0;width:100%;height:100%;min-height:32rem;color-scheme:normal";
        this.frame.referrerPolicy = "origin";
        this.append(this.frame);
      }
      this.attributeChangedCallback();
    }
    attributeChangedCallback() {
      const show = this.getAttribute("show") === "approvals" ? "approvals" : "chat";
      if (this.frame) this.frame.src = `${home}/embed/panel?show=${show}`;
    }
  }
  customElements.define("quartermaster-panel", QuartermasterPanel);
})();
