// What every page inside LINE shares: who opened it, how it calls the server, what it says when something fails.
//
// liffPage.ready          resolves when the server knows the visitor; until then nothing is asked of it
// liffPage.call(path, body)  the server's JSON; rejects with a PageError that holds a sentence for the friend
// liffPage.fail(error, again)  says what went wrong and offers to try again, or to close the page where that is no use
// liffPage.close()        closes the page inside LINE

"use strict";

const liffPage = (() => {
  const given = document.body.dataset;
  const words = JSON.parse(document.getElementById("page-words").textContent);
  const trouble = document.getElementById("trouble");
  const NEEDS_RELOAD = ["no_line", "init_failed", "no_token", "token_refused"]; // LINE's script has to begin anew
  const LOGGED_IN_ANEW = "yanglai-logged-in-anew";
  const never = () => new Promise(() => {});
  let visitor = "";

  class PageError extends Error {
    constructor(reason, sentence, status = 0) {
      super(sentence);
      this.reason = reason;
      this.status = status;
    }
  }

  async function post(path, body) {
    const headers = { "Content-Type": "application/json" };
    if (visitor) headers["Yanglai-Visitor"] = visitor;
    let answer;
    let told;
    try {
      answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body || {}), credentials: "same-origin" });
      told = await answer.json();
    } catch {
      throw new PageError("network", words.failed, answer ? answer.status : 0);
    }
    if (!answer.ok) throw new PageError(told.reason || "refused", told.detail || words.failed, answer.status);
    return told;
  }

  async function init() {
    if (!given.liffId) return;
    if (typeof liff === "undefined") throw new PageError("no_line", words.no_line);
    try {
      await liff.init({ liffId: given.liffId });
    } catch {
      throw new PageError("init_failed", words.init_failed);
    }
  }

  function logIn() {
    liff.login({ redirectUri: location.origin + location.pathname + location.search });
    return never();
  }

  // An hour after a login in a browser LINE's script still holds the old token: only a new login gives a new one.
  function logInAnew(refusal) {
    if (liff.isInClient() || sessionStorage.getItem(LOGGED_IN_ANEW)) throw refusal;
    sessionStorage.setItem(LOGGED_IN_ANEW, "yes");
    liff.logout();
    return logIn();
  }

  async function identifyByLiff() {
    await init();
    if (!liff.isLoggedIn()) return logIn();
    const token = liff.getIDToken();
    if (!token) throw new PageError("no_token", words.no_token);
    try {
      visitor = (await post(given.sessionUrl, { id_token: token })).visitor;
    } catch (error) {
      if (error.reason === "token_expired") return logInAnew(error);
      throw error;
    }
    sessionStorage.removeItem(LOGGED_IN_ANEW);
    return undefined;
  }

  async function identify() {
    if (given.liffId) return identifyByLiff();
    visitor = given.visitor;
    if (visitor) return undefined;
    location.replace(given.loginUrl);
    return never();
  }

  async function call(path, body) {
    try {
      return await post(path, body);
    } catch (error) {
      if (error.reason !== "unknown_visitor") throw error;
    }
    visitor = "";
    given.visitor = "";
    await identify();
    return post(path, body);
  }

  function close() {
    if (given.liffId && typeof liff !== "undefined" && liff.isInClient()) liff.closeWindow();
    else window.close();
    setTimeout(() => say(words.closable), 400);
  }

  function say(sentence, ...buttons) {
    const line = document.createElement("p");
    line.textContent = sentence;
    trouble.replaceChildren(line, ...buttons);
    trouble.hidden = false;
    trouble.scrollIntoView({ block: "nearest" });
  }

  function button(label, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "button quiet";
    made.textContent = label;
    made.addEventListener("click", act);
    return made;
  }

  function fail(error, again) {
    const isOurs = error instanceof PageError;
    trouble.classList.toggle("mild", error.status === 409); // nothing went wrong: the answer is no
    const act = isOurs && NEEDS_RELOAD.includes(error.reason) ? () => location.reload() : again;
    say(isOurs ? error.message : words.failed, act ? button(words.retry, () => { calm(); act(); }) : button(words.close, close));
    if (!isOurs) throw error;
  }

  function calm() {
    trouble.hidden = true;
    trouble.replaceChildren();
  }

  let known = null;
  return {
    words, init, call, close, fail, calm, say, button, PageError,
    get ready() {
      known = known || identify().catch((error) => { known = null; throw error; });
      return known;
    },
  };
})();
