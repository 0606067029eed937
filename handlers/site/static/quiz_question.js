// Draws one question of a quiz and reads what was answered. What friends read only ever becomes text, never markup.

"use strict";

const quizQuestion = (() => {
  const words = JSON.parse(document.getElementById("quiz-words").textContent);
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (place, name) => (name in values ? values[name] : place));

  function make(tag, options = {}, ...children) {
    const element = document.createElement(tag);
    const { text, className, ...attributes } = options;
    if (text !== undefined) element.textContent = text;
    if (className) element.className = className;
    for (const [name, value] of Object.entries(attributes)) if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
    element.append(...children.filter((child) => child));
    return element;
  }

  function picture(url, className = "picture") {
    const image = make("img", { className, alt: "", referrerpolicy: "no-referrer" });
    image.addEventListener("error", () => image.remove());
    image.src = url;
    return image;
  }

  function choices(question, draft) {
    const type = question.kind === "multiple" ? "checkbox" : "radio";
    const isPictured = question.choices.some((choice) => choice.picture_url);
    const given = new Set(draft.choices || []);
    return make("div", { className: isPictured ? "choices pictured" : "choices" }, ...question.choices.map((choice) => {
      const input = make("input", { type, name: "choice", value: choice.key });
      input.checked = given.has(choice.key);
      return make("label", { className: "choice" }, choice.picture_url ? picture(choice.picture_url, "") : null, input, make("span", { text: choice.text }));
    }));
  }

  const TYPED = {
    text: { tag: "textarea", rows: 4, maxlength: 1000 },
    number: { tag: "input", type: "text", inputmode: "decimal", autocomplete: "off" },
    date: { tag: "input", type: "date", min: "1900-01-01", max: "2100-12-31" },
    phone: { tag: "input", type: "tel", autocomplete: "tel" },
  };

  function typed(question, draft) {
    const { tag, ...attributes } = TYPED[question.kind];
    const field = make(tag, { className: "typed", name: "value", "aria-labelledby": "asked", "aria-describedby": "hint fault", ...attributes });
    if (words[question.kind]) field.placeholder = words[question.kind];
    field.value = draft.value || "";
    return field;
  }

  function hint(question) {
    const said = [];
    if (question.kind === "multiple") said.push(question.most ? fill(words.choose_at_most, question) : words.choose_several);
    if (question.kind === "picture") said.push(words.picture);
    if (!question.required) said.push(words.optional);
    return make("p", { className: "hint", id: "hint", text: said.join(" "), hidden: said.length === 0 });
  }

  // The form of a question; `draft` is what was typed before.
  function draw(question, draft) {
    const legend = make("legend", { id: "asked", text: question.text, tabindex: -1 });
    const field = question.choices.length ? choices(question, draft) : question.kind in TYPED ? typed(question, draft) : null;
    const fieldset = make("fieldset", { "aria-describedby": "hint fault" }, legend, question.picture_url ? picture(question.picture_url) : null, hint(question), field);
    return make("form", { novalidate: true }, fieldset, make("p", { className: "fault", id: "fault", role: "alert", hidden: true }));
  }

  function read(form) {
    const given = new FormData(form);
    return { choices: given.getAll("choice"), value: given.get("value") };
  }

  // The result's messages, simplified by the server: texts, pictures, links.
  function piece(one) {
    if (one.kind === "picture") return picture(one.url);
    if (one.kind === "link") return make("p", { className: "actions" }, make("a", { className: "button quiet wide", href: one.url, rel: "noopener", text: one.text }));
    const said = make("p", { className: "said" });
    for (const part of one.text.split(/(https?:\/\/[^\s<>"「」（）]+)/)) {
      said.append(/^https?:\/\//.test(part) ? make("a", { href: part, rel: "noopener", text: part }) : part);
    }
    return said;
  }

  return { words, fill, make, draw, read, piece };
})();
