"use strict";
// The editor of a game: odds that add up while they are typed, and how the wheel will look.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const PARTS = 10000; // of one percent: up to four decimals
  const drawn = (name, attributes, parent) => {
    const element = document.createElementNS(SVG, name);
    Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
    if (parent) parent.append(element);
    return element;
  };
  const inkOn = (colour) => {
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    return red * 0.299 + green * 0.587 + blue * 0.114 > 150 ? "#1f2a26" : "#fff";
  };
  const percent = (parts) => String(Math.round(parts) / PARTS);

  const prizes = () => Array.from(document.querySelectorAll("[data-prize]")).map((row) => ({
    name: row.querySelector("[data-prize-name]").value.trim(),
    colour: row.querySelector("[data-prize-colour]").value,
    parts: Math.round((Number(row.querySelector("[data-prize-odds]").value) || 0) * PARTS),
  }));

  function addUp(found) {
    const line = document.getElementById("odds-sum");
    const sum = found.reduce((total, prize) => total + prize.parts, 0);
    const rest = 100 * PARTS - sum;
    line.classList.toggle("over", rest < 0);
    const words = rest < 0 ? line.dataset.over : line.dataset.sum;
    line.textContent = words.replace("{sum}", percent(sum)).replace("{rest}", percent(rest));
    return rest > 0;
  }

  function slicesOf(found, hasBlank, blank) {
    const named = found.filter((prize) => prize.name);
    if (!named.length) return [];
    const spread = named.length <= 4 ? named.flatMap((prize) => [prize, blank]) : [...named, blank];
    const once = hasBlank ? spread : named;
    return once.length >= 4 ? once : Array.from({ length: Math.ceil(4 / once.length) }, () => once).flat();
  }

  function showWheel(found, hasBlank) {
    const box = document.getElementById("wheel-preview");
    const slices = slicesOf(found, hasBlank, { name: box.dataset.blank, colour: "#e6ebe8" });
    const svg = drawn("svg", { viewBox: "-104 -104 208 208", "aria-hidden": "true" });
    const width = 360 / (slices.length || 1);
    const at = (degrees) => {
      const turn = ((degrees - 90) * Math.PI) / 180;
      return `${(Math.cos(turn) * 100).toFixed(2)} ${(Math.sin(turn) * 100).toFixed(2)}`;
    };
    if (!slices.length) drawn("circle", { r: 100, fill: "#e6ebe8" }, svg);
    slices.forEach((slice, index) => {
      const from = index * width - width / 2;
      drawn("path", { class: "slice", fill: slice.colour, d: `M0 0 L${at(from)} A100 100 0 0 1 ${at(from + width)} Z` }, svg);
      const label = slice.name.length > 7 ? `${slice.name.slice(0, 6)}…` : slice.name;
      drawn("text", { x: 57, fill: inkOn(slice.colour), transform: `rotate(${index * width - 90})` }, svg).textContent = label;
    });
    drawn("circle", { r: 12, fill: "#fff" }, svg);
    box.replaceChildren(svg);
  }

  const show = () => {
    const found = prizes();
    showWheel(found, addUp(found));
  };
  document.addEventListener("DOMContentLoaded", show);
  document.addEventListener("input", (event) => { if (event.target.closest("[data-prize]")) show(); });
  document.addEventListener("htmx:afterSettle", show);
})();
