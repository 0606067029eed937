// A game: asks the server to draw, then lets the stage show what came out.
//
// The key of a draw is made up and kept before the server is asked. Whatever breaks in between, the page asks again
// under the same key and gets the same draw; the key goes when the friend has seen it.

"use strict";

(() => {
  const root = document.querySelector(".game");
  const words = JSON.parse(document.getElementById("game-words").textContent);
  const part = (id) => document.getElementById(id);
  const button = part("draw");
  const KEY = `yanglai-draw-${root.dataset.code}`;
  let stage = null;

  const pending = () => sessionStorage.getItem(KEY);
  const newKey = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  };

  function showPrizes(game) {
    const list = document.querySelector(".prizes");
    list.replaceChildren(...game.prizes.map((prize) => {
      const line = gameStages.made("li");
      const dot = gameStages.drawn("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" });
      gameStages.drawn("circle", { cx: 5, cy: 5, r: 5, fill: prize.colour }, dot);
      line.append(dot, gameStages.made("span", "", prize.name));
      if (prize.picture_url) {
        const picture = gameStages.made("img");
        picture.src = prize.picture_url;
        picture.alt = "";
        picture.loading = "lazy";
        picture.addEventListener("error", () => picture.remove());
        line.append(picture);
      }
      return line;
    }));
    part("prizes").hidden = false;
  }

  function showResult(outcome, isNew) {
    const box = part("result");
    const won = outcome.prize_id !== null;
    const title = isNew ? (won ? words.won : "") : words.last;
    const parts = [];
    if (title) parts.push(gameStages.made("p", "what", title));
    parts.push(gameStages.made("p", "prize", outcome.name || words.nothing));
    outcome.words.forEach((said) => parts.push(gameStages.made("p", "words", said)));
    box.className = won ? "result won" : "result";
    box.replaceChildren(...parts);
    if (isNew) box.focus({ preventScroll: true });
  }

  function showStanding(game) {
    part("left").textContent = game.refusal || (game.left === null ? "" : words.left.replace("{count}", game.left));
    button.hidden = Boolean(game.refusal);
    button.disabled = false;
    if (game.last) button.textContent = words.again;
    const join = part("join");
    if (join) join.hidden = game.reason !== "not_a_friend";
  }

  async function draw() {
    if (!pending()) sessionStorage.setItem(KEY, newKey());
    const label = button.textContent;
    button.disabled = true;
    button.textContent = words.drawing;
    liffPage.calm();
    let game;
    try {
      game = await liffPage.call(root.dataset.drawUrl, { key: pending() });
    } catch (error) {
      button.textContent = label;
      button.disabled = false;
      if (error.status >= 400 && error.status < 500) sessionStorage.removeItem(KEY); // refused: nothing was drawn
      if (error.status === 409) { await refresh(); return; }
      liffPage.fail(error, draw);
      return;
    }
    part("result").replaceChildren();
    part("result").className = "result";
    part("left").textContent = "";
    button.hidden = true;
    await stage.show(game.last);
    sessionStorage.removeItem(KEY);
    showResult(game.last, true);
    showStanding(game);
  }

  async function refresh() {
    try {
      showStanding(await liffPage.call(root.dataset.stateUrl));
    } catch (error) {
      liffPage.fail(error, refresh);
    }
  }

  async function open() {
    try {
      await liffPage.ready;
      const game = await liffPage.call(root.dataset.stateUrl);
      part("waiting").hidden = true;
      part("play").hidden = false;
      stage = gameStages.kinds[game.kind](part("stage"), game, words, part("reveal"));
      stage.wait();
      showPrizes(game);
      showStanding(game);
      if (pending()) { await draw(); return; }
      if (game.last) { stage.settle(game.last); showResult(game.last, false); }
    } catch (error) {
      part("waiting").hidden = true;
      liffPage.fail(error, () => { part("waiting").hidden = false; open(); });
    }
  }

  button.addEventListener("click", draw);
  open();
})();
