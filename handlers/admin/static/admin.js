"use strict";
// Everything the admin's pages need beyond htmx and Bootstrap.
(() => {
  const csrf = () => document.querySelector('meta[name="csrf-token"]').content;

  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRFToken"] = csrf();
  });

  const notify = (text) => {
    const box = document.createElement("div");
    box.className = "alert alert-danger alert-dismissible";
    box.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "btn-close";
    close.setAttribute("aria-label", "✕");
    close.addEventListener("click", () => box.remove());
    box.append(close);
    document.getElementById("notices").append(box);
    setTimeout(() => box.remove(), 12000);
  };
  document.addEventListener("htmx:responseError", (event) => {
    notify(event.detail.xhr.responseText.replace(/<[^>]*>/g, "").trim().slice(0, 300) || String(event.detail.xhr.status));
    const input = event.detail.elt;
    if (input instanceof HTMLInputElement && input.type === "checkbox") input.checked = !input.checked;
  });

  // A button that rebuilds its part of a form has the form wait for the answer: a word typed or a press of save
  // meanwhile would be lost. A preview asked for before shows what is no longer there.
  const rebuilds = ({ target, requestConfig: { elt } }) => target !== elt && target.contains(elt);
  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.target.closest("form[data-keep]");
    if (!form) return;
    if (form.inert) { event.preventDefault(); return; }
    if (!rebuilds(event.detail)) return;
    form.inert = true;
    event.detail.xhr.addEventListener("loadend", () => { form.inert = false; });
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const form = event.target.closest("form[data-keep]");
    if (!form || rebuilds(event.detail)) return;
    if (form.inert || !event.detail.requestConfig.elt.isConnected) event.detail.shouldSwap = false;
  });

  // Styles that come with a message: the policy forbids style attributes, not what a script of ours sets.
  const dress = (root) => {
    root.querySelectorAll("[data-style]").forEach((element) => {
      element.style.cssText = element.dataset.style;
    });
    root.querySelectorAll("img[data-hide-broken]").forEach((image) => {
      const hide = () => { image.hidden = true; };
      image.addEventListener("error", hide);
      if (image.complete && image.naturalWidth === 0 && image.src) hide();
    });
    root.querySelectorAll('[data-bs-toggle="popover"]').forEach((element) => bootstrap.Popover.getOrCreateInstance(element));
  };

  // One press sends once; the button wakes up again if the reader comes back to the page.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const question = (event.submitter && event.submitter.dataset.confirm) || form.dataset.confirm;
    if (question && !window.confirm(question)) { event.preventDefault(); return; }
    if (form.dataset.sent === "yes") { event.preventDefault(); return; }
    if (!form.hasAttribute("hx-post") && form.method === "post") form.dataset.sent = "yes";
    form.dataset.clean = "yes";
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; delete form.dataset.clean; });
  });

  // Whoever leaves an editor with unsaved words is asked.
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-keep]");
    if (form) { form.dataset.touched = "yes"; delete form.dataset.clean; }
  });
  window.addEventListener("beforeunload", (event) => {
    const form = document.querySelector('form[data-keep][data-touched="yes"]');
    if (form && form.dataset.clean !== "yes") event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const source = document.querySelector(copy.dataset.copy);
      navigator.clipboard.writeText((source.value || source.textContent).trim()).then(() => {
        copy.textContent = copy.dataset.copied;
      });
    }
    const sticker = event.target.closest("[data-sticker]");
    if (sticker) {
      const block = sticker.closest(".block-card");
      block.querySelector('[name$=".packageId"]').value = sticker.dataset.package;
      const field = block.querySelector('[name$=".stickerId"]');
      field.value = sticker.dataset.sticker;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    const insert = event.target.closest("[data-insert]");
    if (insert) {
      const field = document.getElementById(insert.dataset.into);
      field.setRangeText(insert.dataset.insert, field.selectionStart, field.selectionEnd, "end");
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.focus();
    }
  });

  // How long a free reply still goes.
  setInterval(() => {
    document.querySelectorAll("[data-seconds]").forEach((element) => {
      const left = Math.max(0, Number(element.dataset.seconds) - 1);
      element.dataset.seconds = String(left);
      element.textContent = String(left);
    });
  }, 1000);

  const draw = () => {
    document.querySelectorAll("canvas[data-chart]").forEach((canvas) => {
      if (typeof Chart === "undefined") return;
      const given = JSON.parse(canvas.dataset.chart);
      Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
      new Chart(canvas, {
        data: {
          labels: given.labels,
          datasets: [
            { type: "bar", label: given.joined_label, data: given.joined, backgroundColor: "#06c755", borderRadius: 3 },
            { type: "bar", label: given.blocked_label, data: given.blocked, backgroundColor: "#e39a90", borderRadius: 3 },
            { type: "line", label: given.rate_label, data: given.rate, yAxisID: "rate", borderColor: "#4b5f58", backgroundColor: "#4b5f58", borderWidth: 1.5, pointRadius: 0, spanGaps: false },
          ],
        },
        options: {
          maintainAspectRatio: false, animation: false, interaction: { mode: "index", intersect: false },
          scales: {
            x: { grid: { display: false }, ticks: { maxRotation: 0, autoSkipPadding: 16 } },
            y: { beginAtZero: true, suggestedMax: 4, ticks: { precision: 0 }, grid: { color: "#eef2f0" } },
            rate: { position: "right", beginAtZero: true, suggestedMax: 1, grid: { display: false }, ticks: { callback: (value) => `${value}%` } },
          },
          plugins: { legend: { position: "bottom", labels: { boxWidth: 12 } } },
        },
      });
    });
  };

  const toEnd = () => document.querySelectorAll("[data-at-end]").forEach((box) => { box.scrollTop = box.scrollHeight; });
  document.addEventListener("DOMContentLoaded", () => { dress(document); draw(); toEnd(); });
  document.addEventListener("htmx:afterSwap", (event) => { dress(event.detail.target.parentElement || document); });
  document.addEventListener("htmx:oobAfterSwap", (event) => { dress(event.detail.target.parentElement || document); });
})();
