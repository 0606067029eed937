// Plays a quiz: asks the server for the open question, sends the answer, shows what comes back. Decides nothing itself.

"use strict";

(() => {
  const { words, fill, make, draw, read, piece } = quizQuestion;
  const byId = (id) => document.getElementById(id);
  const quiz = byId("quiz");
  const stage = byId("stage");
  const AT_FIELD = ["required", "not_understood", "too_many", "not_a_choice"];
  const ELSEWHERE = ["already_answered", "not_this_question", "finished"]; // the answer was taken, or the chat went on
  let state = null;
  let isBusy = false;

  const draftKey = () => `yanglai-draft/${state.attempt}/${state.step}`;
  const readDraft = () => JSON.parse(sessionStorage.getItem(draftKey()) || "{}");

  function button(text, act, className = "button") {
    const made = make("button", { type: "button", className, text });
    if (act) made.addEventListener("click", act);
    return made;
  }

  function showProgress() {
    const isOpen = state.question !== null;
    byId("progress").hidden = !isOpen;
    if (!isOpen) return;
    byId("progress-words").textContent = fill(words.progress, state);
    const bar = byId("progress").querySelector("progress");
    bar.max = Math.max(state.at_most, 1);
    bar.value = state.number - 1;
  }

  function put(...elements) {
    stage.replaceChildren(...elements);
    stage.querySelector("[tabindex]").focus({ preventScroll: true });
    window.scrollTo({ top: 0 });
  }

  function showQuestion() {
    const question = state.question;
    const form = draw(question, readDraft());
    const isPicture = question.kind === "picture";
    const go = isPicture ? button(words.picture_sent, () => reopen({ unchanged: words.no_picture }))
      : make("button", { className: "button", text: state.number >= state.at_most ? words.last : words.next });
    const pass = () => send({ choices: [], value: null }, pass);
    const skip = question.required ? null : button(words.skip, pass, "button quiet");
    const toChat = isPicture ? button(words.to_chat, liffPage.close, "button quiet") : null;
    form.append(make("div", { className: "actions" }, toChat, skip, go));
    form.addEventListener("input", () => sessionStorage.setItem(draftKey(), JSON.stringify(read(form))));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!isPicture) send(read(form), () => form.requestSubmit());
    });
    put(form);
  }

  function showExplanation(explained, next) {
    const title = explained.is_right === null ? words.explained : explained.is_right ? words.right : words.wrong;
    const tone = explained.is_right === null ? "" : explained.is_right ? " right" : " wrong";
    const right = explained.is_right === false && explained.right.length
      ? make("p", { text: fill(words.right_answer, { right: explained.right.join(words.separator) }) }) : null;
    const label = state.question ? words.go_on : words.to_result;
    put(make("h2", { className: `verdict${tone}`, text: title, tabindex: -1 }), ...[right, explained.text && make("p", { className: "said", text: explained.text }),
      make("div", { className: "actions" }, button(label, next))].filter(Boolean));
  }

  function showResult() {
    const { name, pieces } = state.result || { name: null, pieces: [] };
    const title = name ? fill(words.result, { name }) : words.thanks;
    const again = state.may_begin_again ? button(words.again, () => reopen({ again: true }), "button quiet") : null;
    put(make("h2", { text: title, tabindex: -1 }), make("div", { className: "result" }, ...pieces.filter((one) => one.text !== title).map(piece)),
      make("div", { className: "actions" }, again, button(liffPage.words.close, liffPage.close)));
  }

  function showStep() {
    showProgress();
    if (state.question) showQuestion();
    else showResult();
  }

  function take(told) {
    state = told;
    byId("waiting").hidden = true;
    liffPage.calm();
    const explained = told.explanation;
    if (!explained) return showStep();
    byId("progress").hidden = true;
    return showExplanation(explained, showStep);
  }

  function setBusy(busy) {
    isBusy = busy;
    stage.setAttribute("aria-busy", String(busy));
    for (const one of stage.querySelectorAll("button")) one.disabled = busy;
    const go = stage.querySelector("form .button:not([type])");
    if (!go) return;
    if (busy) go.dataset.label = go.textContent;
    go.textContent = busy ? words.sending : go.dataset.label;
  }

  function showFault(sentence) {
    const fault = byId("fault");
    fault.textContent = sentence;
    fault.hidden = false;
    const field = stage.querySelector("[name]");
    if (!field) return;
    field.setAttribute("aria-invalid", "true");
    field.focus();
  }

  async function send(given, again) {
    if (isBusy) return;
    byId("resumed").hidden = true;
    byId("fault").hidden = true;
    setBusy(true);
    try {
      const sent = draftKey();
      const told = await liffPage.call(quiz.dataset.answerUrl, { attempt: state.attempt, step: state.step, question: state.question.key, ...given });
      sessionStorage.removeItem(sent);
      setBusy(false);
      take(told);
    } catch (error) {
      setBusy(false);
      if (AT_FIELD.includes(error.reason)) showFault(error.message);
      else if (ELSEWHERE.includes(error.reason)) reopen();
      else refuse(error, again);
    }
  }

  // What cannot be helped by trying again is only said.
  function refuse(error, again = null) {
    byId("waiting").hidden = true;
    const isPassing = !error.status || error.status >= 500 || error.status === 401;
    liffPage.fail(error, isPassing ? again : null);
  }

  async function reopen({ again = false, unchanged = null } = {}) {
    if (isBusy) return;
    const before = `${state.attempt}/${state.step}`;
    setBusy(true);
    try {
      const told = await liffPage.call(quiz.dataset.openUrl, { again });
      setBusy(false);
      if (unchanged && before === `${told.attempt}/${told.step}`) showFault(unchanged);
      else take(told);
    } catch (error) {
      setBusy(false);
      refuse(error, () => reopen({ again, unchanged }));
    }
  }

  async function begin() {
    try {
      await liffPage.ready;
      const told = await liffPage.call(quiz.dataset.openUrl, {});
      byId("resumed").textContent = words.resumed;
      byId("resumed").hidden = !(told.is_resumed && told.question && told.step > 0);
      take(told);
    } catch (error) {
      refuse(error, begin);
    }
  }

  begin();
})();
