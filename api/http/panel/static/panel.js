// What HTML and htmx do not do by themselves: keys, focus after a decision, the composer, and the end of a stream.
(() => {
  "use strict";
  const $ = (selector, from = document) => from.querySelector(selector);
  const cards = () => [...document.querySelectorAll("[data-cards] [data-card]")];
  const typing = (el) => el.matches("input, textarea, select, [contenteditable]");
  const keysOn = () => { try { return localStorage.getItem("single-keys") !== "off"; } catch { return true; } };

  function current() {
    return document.activeElement.closest("[data-card]");
  }
  function step(by) {
    const all = cards();
    if (!all.length) return;
    const at = all.indexOf(current());
    const next = all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }
  function open(selector, first = "input:not([type=hidden]), select, textarea") {
    const details = current() && $(selector, current());
    if (!details) return;
    details.open = true;
    const field = $(first, details);
    if (field) field.focus();
  }
  const KEYS = {
    "/": () => { const find = $("#find"); if (find) { find.focus(); find.select(); } },
    "j": () => step(1),
    "k": () => step(-1),
    "a": () => { const button = current() && $("[data-approve]", current()); if (button) button.focus(); },
    "e": () => open("[data-edit]"),
    "r": () => open("[data-reject]", "textarea"),
    "n": () => open("[data-later]"),
    "g": () => open("[data-reassign]"),
    "x": () => { const tick = current() && $("[data-tick]", current()); if (tick) tick.click(); },
    "?": () => $("#keys").showModal(),
  };
  function sayKeys() {
    const button = $("[data-keys-toggle]");
    if (!button) return;
    button.setAttribute("aria-pressed", String(keysOn()));
    button.textContent = keysOn() ? "Single keys are on" : "Single keys are off";
  }

  document.addEventListener("keydown", (event) => {
    const here = event.target instanceof Element ? event.target : document.body;
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && here.matches("[data-composer] textarea")) {
      event.preventDefault();
      if (here.value.trim()) here.form.requestSubmit();
      return;
    }
    if (event.key === "Escape" && here.closest("[data-card]") && typing(here)) {
      here.closest("[data-card]").focus();
      return;
    }
    if (typing(here) || event.ctrlKey || event.metaKey || event.altKey || !keysOn() || $("dialog[open]")) return;
    const act = KEYS[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  // In a frame, what is not part of the frame opens beside it: other pages refuse to be framed.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("body.embedded a[href]");
    if (link && !link.getAttribute("href").startsWith("/embed/") && !link.getAttribute("href").startsWith("#")) {
      link.target = "_blank";
      link.rel = "noopener";
    }
  }, true);
  document.addEventListener("click", (event) => {
    const at = event.target.closest("[data-keys], [data-close], [data-keys-toggle]");
    if (!at) return;
    if (at.matches("[data-keys]")) $("#keys").showModal();
    else if (at.matches("[data-close]")) at.closest("dialog").close();
    else {
      try { localStorage.setItem("single-keys", keysOn() ? "off" : "on"); } catch { /* no storage: they stay on */ }
      sayKeys();
    }
  });

  // The bar under the cards says how many are ticked.
  function sayTicked() {
    const bar = $("#batch");
    if (!bar) return;
    const count = document.querySelectorAll("[data-tick]:checked").length;
    $("[data-ticked]", bar).textContent = count ? `${count} ticked` : "Tick cards to decide them together.";
    for (const button of bar.querySelectorAll("button")) {
      const verb = button.value === "approve" ? "Approve" : "Reject";
      button.textContent = count ? `${verb} the ${count} I ticked` : `${verb} the ticked`;
    }
  }
  document.addEventListener("change", (event) => { if (event.target.matches("[data-tick]")) sayTicked(); });

  // A question that was taken empties its box; what is new comes into view.
  document.addEventListener("htmx:after:request", (event) => {
    const form = event.target instanceof Element ? event.target.closest("[data-composer]") : null;
    const ctx = event.detail && event.detail.ctx;
    if (form && ctx && ctx.response && ctx.response.status < 400) form.reset();
  });
  document.addEventListener("htmx:after:swap", () => {
    sayTicked();
    const focus = $("[data-focus]");
    if (focus) { focus.removeAttribute("data-focus"); focus.focus(); }
    const turns = document.querySelectorAll("#log > .turn");
    const last = turns[turns.length - 1];
    if (last && !last.dataset.shown) { last.dataset.shown = "yes"; last.scrollIntoView({ block: "start" }); }
  });

  // A move or step that is linked to is opened.
  function reveal() {
    let id = "";
    try { id = decodeURIComponent(location.hash.slice(1)); } catch { return; }
    const at = id && document.getElementById(id);
    if (!at) return;
    const details = at.matches("details") ? at : $("details", at);
    if (details) details.open = true;
    if (at.matches("[data-card]")) at.focus();
    at.scrollIntoView({ block: "start" });
  }
  window.addEventListener("hashchange", reveal);
  window.addEventListener("DOMContentLoaded", () => { sayKeys(); sayTicked(); reveal(); });
})();
