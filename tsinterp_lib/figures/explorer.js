// Draws a grid of small panels from the data beside it; no library, no network, works from file://.
(function () {
  const root = document.currentScript.closest(".tsx");
  const data = JSON.parse(root.querySelector("script[type='application/json']").textContent);
  const NS = "http://www.w3.org/2000/svg";
  const W = 190, H = 132, L = 30, R = 6, T = 6, B = 20;
  const shown = new Set(data.shown);
  const pick = (name) => root.querySelector("[name='" + name + "']");

  function make(parent, tag, attributes, text) {
    const node = document.createElementNS(NS, tag);
    for (const key in attributes) node.setAttribute(key, attributes[key]);
    if (text !== undefined) node.textContent = text;
    parent.appendChild(node);
    return node;
  }

  function panel(title, curves, measure) {
    const box = document.createElement("figure");
    box.className = "tsx-panel";
    const caption = document.createElement("figcaption");
    caption.textContent = title;
    box.appendChild(caption);
    const svg = make(box, "svg", { viewBox: "0 0 " + W + " " + H, role: "img", "aria-label": title });
    const at = measure.at, low = at[0], high = at[at.length - 1];
    const x = (v) => L + (W - L - R) * (v - low) / (high - low);
    const y = (v) => H - B - (H - B - T) * v;
    for (const v of [0, 0.5, 1]) {
      make(svg, "line", { x1: L, x2: W - R, y1: y(v), y2: y(v), class: "tsx-grid" });
      make(svg, "text", { x: L - 4, y: y(v) + 3, class: "tsx-tick", "text-anchor": "end" }, String(v));
    }
    for (const v of [low, (low + high) / 2, high]) {
      const anchor = v === low ? "start" : v === high ? "end" : "middle";
      make(svg, "text", { x: x(v), y: H - 6, class: "tsx-tick", "text-anchor": anchor }, String(Math.round(v * 100) / 100));
    }
    if (!curves) {
      make(svg, "text", { x: (L + W - R) / 2, y: H / 2, class: "tsx-none", "text-anchor": "middle" }, "no model, or below the gate");
      return box;
    }
    data.explainers.forEach((e, i) => {
      const values = curves[i];
      if (!values || !shown.has(e.name)) return;
      const points = values.map((v, k) => (v === null ? "" : x(at[k]).toFixed(1) + "," + y(v / 1000).toFixed(1))).filter(Boolean);
      const line = make(svg, "polyline", { points: points.join(" "), stroke: e.colour, "stroke-dasharray": e.dash, class: "tsx-line" });
      make(line, "title", {}, e.label + ": " + values.map((v) => (v === null ? "–" : (v / 1000).toFixed(2))).join(" "));
    });
    return box;
  }

  function draw() {
    const measure = data.measures[pick("measure").value];
    const fixed = pick("fixed").value, [axis, value] = fixed.split(":");
    const others = axis === "layout" ? data.processes : data.layouts;
    const grid = root.querySelector(".tsx-panels");
    grid.replaceChildren();
    for (const other of others) {
      for (const network of data.networks) {
        const key = (axis === "layout" ? value + "|" + other.name : other.name + "|" + value) + "|" + network.name;
        grid.appendChild(panel(other.label + " · " + network.label, measure.values[key], measure));
      }
    }
    root.querySelector(".tsx-axis").textContent = "across: " + measure.across + " · up: " + measure.up;
  }

  const legend = root.querySelector(".tsx-legend");
  data.explainers.forEach((e) => {
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = shown.has(e.name);
    box.addEventListener("change", () => { if (box.checked) shown.add(e.name); else shown.delete(e.name); draw(); });
    const key = document.createElement("span");
    key.className = "tsx-key";
    key.style.borderTop = "3px " + (e.dash ? "dashed" : "solid") + " " + e.colour;
    label.append(box, key, e.label);
    legend.appendChild(label);
  });
  root.querySelectorAll("select").forEach((select) => select.addEventListener("change", draw));
  draw();
})();
