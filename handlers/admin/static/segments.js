"use strict";
// The segment builder: where the reader goes on after a move, and what an attribute usually holds.
(() => {
  document.addEventListener("htmx:afterSettle", (event) => {
    const builder = document.getElementById("builder");
    if (!builder || !builder.dataset.focus || !builder.contains(event.target)) return;
    const wanted = document.getElementById(builder.dataset.focus);
    delete builder.dataset.focus;
    if (wanted) wanted.focus();
  });

  document.addEventListener("focusin", (event) => {
    const from = event.target.dataset.valuesOf;
    if (!from) return;
    const name = document.getElementById(from).value.trim();
    const known = [...document.querySelectorAll("datalist[data-attribute]")].find((list) => list.dataset.attribute === name);
    if (known) event.target.setAttribute("list", known.id);
    else event.target.removeAttribute("list");
  });

  document.addEventListener("change", (event) => {
    const kind = document.getElementById(event.target.dataset.kindInto || "");
    const known = [...document.querySelectorAll("#known-attributes option")].find((option) => option.value === event.target.value.trim());
    if (!kind || !known || kind.value === known.dataset.kind) return;
    const redraws = [kind.value, known.dataset.kind].includes("yes"); // only yes and no are chosen instead of typed
    kind.value = known.dataset.kind;
    kind.dispatchEvent(new Event(redraws ? "change" : "input", { bubbles: true }));
  });
})();
