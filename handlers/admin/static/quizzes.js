"use strict";
// The quiz editor: lists of questions keep up with what is being typed, and Enter answers in the trial.
(() => {
  const SHORT = 24;

  const brief = (card, words) => {
    const asked = words.trim();
    const shown = asked.length <= SHORT ? asked : `${asked.slice(0, SHORT - 1)}…`;
    return shown ? `${card.dataset.words}　${shown}` : card.dataset.words;
  };

  document.addEventListener("input", (event) => {
    const card = event.target.closest("[data-question]");
    if (!card || !/^questions\.\d+\.text$/.test(event.target.name || "")) return;
    const label = brief(card, event.target.value);
    document.querySelectorAll("select[data-next] option").forEach((option) => {
      if (option.value === card.dataset.question) option.textContent = label;
    });
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches("[data-enter]")) return;
    event.preventDefault();
    event.target.parentElement.querySelector("button").click();
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "quiz-trial") return;
    const screen = event.detail.target.querySelector("[data-at-end]");
    if (screen) screen.scrollTop = screen.scrollHeight;
    const field = event.detail.target.querySelector("[data-enter]");
    if (field) field.focus();
  });
})();
