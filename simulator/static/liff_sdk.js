// The simulator's own stand-in for LINE's LIFF script: the calls, answers and errors that reference/liff describes.

"use strict";

window.liff = (() => {
  const BASE = new URL(document.currentScript.src).origin + "/liff";
  const CREDENTIALS = ["code", "state", "liffClientId", "error", "error_description"];
  let session = null; // who opened the app: {userId, inClient, accessToken, idToken, app}
  let app = null;
  let markReady;
  const ready = new Promise((resolve) => { markReady = resolve; });

  class LiffError extends Error {
    constructor(code, message) {
      super(message);
      this.code = code;
    }
  }

  const key = (liffId) => `LIFF_STORE:${liffId}`;
  const read = (store, liffId) => JSON.parse(store.getItem(key(liffId)) || "null");

  async function ask(method, path, body) {
    const headers = {};
    if (session) headers.Authorization = `Bearer ${session.accessToken}`;
    if (body) headers["Content-Type"] = "application/json";
    const answer = await fetch(BASE + path, { method, headers, body: body && JSON.stringify(body) });
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new LiffError(String(answer.status), told.message || "Unknown error");
    return told;
  }

  function cleaned() {
    const here = new URL(location.href);
    for (const name of CREDENTIALS) here.searchParams.delete(name);
    here.hash = here.hash.includes("context_token=") ? "" : here.hash;
    return here;
  }

  // In LINE the address brings who tapped; in a browser it brings a code after the login.
  async function learnWho(liffId) {
    const opened = new URLSearchParams(location.hash.slice(1)).get("context_token");
    const query = new URLSearchParams(location.search);
    if (opened) {
      session = await ask("POST", "/sdk/openings", { liff_id: liffId, name: opened });
      sessionStorage.setItem(key(liffId), JSON.stringify(session));
    } else if (query.get("code") && query.get("liffClientId")) {
      const wish = { liff_id: liffId, name: query.get("code"), redirect_uri: location.origin + location.pathname };
      session = await ask("POST", "/sdk/openings", wish);
      localStorage.setItem(key(liffId), JSON.stringify(session));
    } else {
      session = read(sessionStorage, liffId) || read(localStorage, liffId);
    }
    const address = cleaned();
    if (address.href !== location.href) history.replaceState(history.state, "", address.href);
  }

  // The endpoint's path and query, then the path, query and fragment of the LIFF URL.
  function secondaryUrl(state) {
    const [, path, query, fragment] = /^([^?#]*)(\?[^#]*)?(#.*)?$/.exec(state);
    const target = new URL(app.endpointUrl);
    if (path) target.pathname = `${target.pathname.replace(/\/$/, "")}/${path.replace(/^\//, "")}`;
    for (const [name, value] of new URLSearchParams(query || "")) target.searchParams.append(name, value);
    target.hash = fragment || "";
    return target;
  }

  function warnIfElsewhere() {
    const endpoint = new URL(app.endpointUrl);
    const base = endpoint.pathname.replace(/\/$/, "");
    const isBelow = location.origin === endpoint.origin && (location.pathname === base || location.pathname.startsWith(`${base}/`));
    if (!isBelow) console.warn(`liff.init() was called with a current URL that is not related to the endpoint URL.\n${location.href} is not under ${app.endpointUrl}`);
  }

  async function start(config) {
    if (!config || !config.liffId) throw new LiffError("INVALID_CONFIG", "liffId is necessary for liff.init()");
    liff.id = config.liffId;
    try {
      app = await ask("GET", `/sdk/apps/${encodeURIComponent(config.liffId)}`);
      await learnWho(config.liffId);
    } catch (error) {
      throw new LiffError("INIT_FAILED", `Failed to init LIFF SDK: ${error.message}`);
    }
    warnIfElsewhere();
    const state = new URLSearchParams(location.search).get("liff.state");
    if (state === null) {
      if (config.withLoginOnExternalBrowser && !session) { login(); await new Promise(() => {}); }
      return;
    }
    const target = secondaryUrl(state);
    if (target.pathname === location.pathname) {
      history.replaceState(history.state, "", target.href);
      return;
    }
    location.replace(target.href);
    await new Promise(() => {}); // the page is left; nothing more happens on it
  }

  function init(config, onSuccess, onError) {
    const started = start(config);
    started.then(() => { markReady(); if (onSuccess) onSuccess(); }, (error) => { if (onError) onError(error); });
    return started;
  }

  function login(config = {}) {
    needApp();
    if (isInClient()) return;
    const wish = new URLSearchParams({ liff_id: app.liffId, redirect_uri: config.redirectUri || app.endpointUrl });
    location.href = `${BASE}/login?${wish}`;
  }

  function logout() {
    sessionStorage.removeItem(key(liff.id));
    localStorage.removeItem(key(liff.id));
    session = null;
  }

  function needApp() {
    if (!app) throw new LiffError("INVALID_CONFIG", "Call liff.init() before anything else");
  }

  function needScope(scope) {
    needApp();
    if (!session) throw new LiffError("UNAUTHORIZED", "Need access_token for api call, Please login first");
    if (!app.scope.includes(scope)) throw new LiffError("403", "user doesn't grant required permissions yet");
  }

  function isInClient() {
    if (session) return session.inClient;
    if (location.hash.includes("context_token=")) return true;
    return Object.keys(sessionStorage).some((name) => name.startsWith("LIFF_STORE:"));
  }

  function getDecodedIDToken() {
    const token = getIDToken();
    if (!token) return null;
    const bytes = atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, (letter) => letter.charCodeAt(0))));
  }

  function getIDToken() {
    needApp();
    return session && app.scope.includes("openid") ? session.idToken : null;
  }

  function getContext() {
    needApp();
    const shared = { liffId: app.liffId, endpointUrl: app.endpointUrl, scope: app.scope, permanentLinkPattern: "concat",
      availability: { shareTargetPicker: { permission: false, minVer: "10.3.0" } } };
    if (!isInClient()) return { type: "external", userId: session ? session.userId : null, ...shared };
    return { type: "utou", userId: session.userId, viewType: app.viewType, ...shared };
  }

  function createUrl(address = location.href) {
    needApp();
    const endpoint = new URL(app.endpointUrl);
    const page = new URL(address);
    const base = endpoint.pathname.replace(/\/$/, "");
    if (page.origin !== endpoint.origin || !(page.pathname === base || page.pathname.startsWith(`${base}/`))) {
      throw new LiffError("INVALID_CONFIG", "currentPageUrl must start with endpoint URL of LIFF App.");
    }
    for (const name of [...page.searchParams.keys()]) {
      if (name.startsWith("liff.") || endpoint.searchParams.has(name)) page.searchParams.delete(name);
    }
    return `${BASE}/${app.liffId}${page.pathname.slice(base.length).replace(/^\/$/, "")}${page.search}${page.hash}`;
  }

  function closeWindow() {
    window.close();
    if (isInClient()) setTimeout(() => location.replace(`${BASE}/closed`), 150);
  }

  function granted() {
    needApp();
    return session ? app.scope : [];
  }

  const os = /iPhone|iPad/.test(navigator.userAgent) ? "ios" : /Android/.test(navigator.userAgent) ? "android" : "web";
  const promised = (scope, act) => (...given) => new Promise((resolve) => { needScope(scope); resolve(act(...given)); });

  return {
    id: null, ready, init, login, logout, isInClient, getIDToken, getDecodedIDToken, getContext, closeWindow,
    isLoggedIn: () => { needApp(); return session !== null; },
    getAccessToken: () => { needApp(); return session && session.accessToken; },
    getOS: () => os,
    getLanguage: () => navigator.language,
    getAppLanguage: () => navigator.language,
    getVersion: () => "2.27.2",
    getLineVersion: () => (isInClient() ? "15.20.0" : null),
    isApiAvailable: () => false,
    getProfile: promised("profile", () => ask("GET", "/sdk/profile")),
    getFriendship: promised("profile", () => ask("GET", "/sdk/friendship")),
    sendMessages: promised("chat_message.write", async (messages) => {
      if (!isInClient()) throw new LiffError("403", "user doesn't grant required permissions yet");
      await ask("POST", "/sdk/messages", { messages });
    }),
    openWindow: (wish) => {
      if (!wish || typeof wish.url !== "string") throw new LiffError("INVALID_ARGUMENT", "no proper argument is passed: params.url");
      window.open(wish.url, "_blank", "noopener");
    },
    permission: {
      getGrantedAll: async () => granted(),
      query: async (scope) => ({ state: granted().includes(scope) ? "granted" : "unavailable" }),
    },
    permanentLink: { createUrl: () => createUrl(), createUrlBy: async (address) => createUrl(address) },
  };
})();
