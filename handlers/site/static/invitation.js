// Shows a friend's own link: the server says what it is and who came; this page copies, shares and draws.

"use strict";

(() => {
  const words = JSON.parse(document.getElementById("invitation-words").textContent);
  const byId = (id) => document.getElementById(id);
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));

  function make(tag, className, text) {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = text;
    return made;
  }

  function showRefusal(sentence, mayAdd) {
    byId("refusal").textContent = sentence;
    if (byId("add")) byId("add").hidden = !mayAdd;
    byId("refused").hidden = false;
  }

  function stepOf(step, brought) {
    const row = make("li", step.is_reached ? "step reached" : "step", "");
    const side = step.is_reached ? words.reached : fill(words.missing, { missing: step.friends - brought });
    row.append(
      make("span", "friends", fill(words.step, step)),
      make("span", "reward", step.reward || words.no_reward),
      make("span", "side", side),
    );
    return row;
  }

  function showSteps(told) {
    byId("steps-card").hidden = told.steps.length === 0;
    byId("steps").replaceChildren(...told.steps.map((step) => stepOf(step, told.brought)));
  }

  function show(told) {
    byId("waiting").hidden = true;
    showSteps(told);
    if (told.refusal) {
      showRefusal(told.refusal, false);
      return;
    }
    byId("brought").textContent = told.brought ? fill(words.brought, told) : words.none;
    byId("others").textContent = fill(words.waiting, told);
    byId("others").hidden = told.waiting === 0;
    byId("link").value = told.link;
    byId("share").href = told.share_url;
    byId("qr").src = told.qr;
    byId("open").hidden = false;
  }

  async function copy() {
    const link = byId("link");
    try {
      await navigator.clipboard.writeText(link.value);
      byId("copied").textContent = words.copied;
    } catch { // some browsers inside apps do not let a page write there
      link.focus();
      link.select();
      byId("copied").textContent = words.copy_by_hand;
    }
  }

  async function open() {
    try {
      await liffPage.ready;
      show(await liffPage.call(byId("invitation").dataset.openUrl, {}));
    } catch (error) {
      byId("waiting").hidden = true;
      if (error.reason === "not_friend") showRefusal(error.message, true);
      else liffPage.fail(error, () => { byId("waiting").hidden = false; open(); });
    }
  }

  byId("copy").addEventListener("click", copy);
  byId("link").addEventListener("focus", (event) => event.target.select());
  open();
})();
