// Charts are drawn from the table beside them, so that both always say the same.
(() => {
  "use strict";
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  function draw(box) {
    const rows = [...document.querySelectorAll(`#${CSS.escape(box.dataset.chart)} tbody tr`)];
    const labels = rows.map((row) => row.cells[0].textContent.trim());
    const values = rows.map((row) => (row.dataset.value === "" ? null : Number(row.dataset.value)));
    const short = (text) => (text.length > 14 ? `${text.slice(0, 13)}…` : text);
    box.replaceChildren();
    const axis = { stroke: style("--muted"), grid: { stroke: style("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
    new uPlot({
      width: Math.max(200, box.clientWidth), height: 200, legend: { show: false }, cursor: { show: false },
      scales: { x: { time: false, range: [-0.6, values.length - 0.4] }, y: { range: (u, low, high) => [Math.min(0, low ?? 0), (high || 1) * 1.1] } },
      axes: [
        { ...axis, grid: { show: false }, splits: () => values.map((_, at) => at), values: (u, at) => at.map((one) => short(labels[one] ?? "")), rotate: labels.some((one) => one.length > 8) && labels.length > 3 ? -30 : 0, size: labels.length > 3 ? 62 : 30 },
        { ...axis, size: 58 },
      ],
      series: [{}, { fill: style("--accent-fill"), width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [0.6, 60] }) }],
    }, [values.map((_, at) => at), values], box);
  }
  function all() { document.querySelectorAll("[data-chart]").forEach(draw); }
  window.addEventListener("DOMContentLoaded", () => {
    all();
    let waits = 0;
    window.addEventListener("resize", () => { clearTimeout(waits); waits = setTimeout(all, 150); });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
  });
})();
