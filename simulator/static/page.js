// The page: list of people on the left, one phone in the middle, the platform's panel on the right.

import { make, toast } from "./dom.js";
import { call } from "./calls.js";
import { Chat } from "./chat.js";
import { summary } from "./messages.js";
import { setUpPanel } from "./panel.js";

const byId = (id) => document.getElementById(id);
const SEEN = "yanglai-simulator-seen";
const seen = JSON.parse(localStorage.getItem(SEEN) || "{}");
const chat = new Chat({ onSeen: remember });
let notice = 0;
let round = null;

function remember(lineUserId, number) {
  seen[lineUserId] = Math.max(seen[lineUserId] || 0, number);
  localStorage.setItem(SEEN, JSON.stringify(seen));
}

function clock(milliseconds) {
  return new Date(milliseconds).toLocaleTimeString("zh-TW", { hour: "2-digit", minute: "2-digit", hour12: false });
}

function personRow(person) {
  const newest = person.newest;
  const unread = newest && newest.from === "account" && newest.number > (seen[person.line_user_id] || 0);
  const row = make("button", { type: "button", className: "person", "aria-current": person.line_user_id === chat.id ? "true" : null,
    click: () => open(person.line_user_id) },
  make("span", { className: "avatar", text: person.name.slice(0, 1), style: { backgroundColor: shade(person.line_user_id) } }),
  make("span", { className: "words" },
    make("span", { className: "name", text: person.name }),
    make("span", { className: "last", text: newest ? summary(newest) : state(person) })),
  make("span", { className: "when" }, newest ? make("span", { text: clock(newest.at_ms) }) : null,
    unread ? make("span", { className: "unread", text: "N", title: "未讀" }) : null));
  return make("li", {}, row);
}

function state(person) {
  if (person.blocked) return "已封鎖";
  return person.following ? "好友" : "尚未加入好友";
}

function shade(lineUserId) {
  return `hsl(${parseInt(lineUserId.slice(1, 5), 16) % 360} 45% 60%)`;
}

async function refreshPeople() {
  const search = encodeURIComponent(byId("search").value.trim());
  const told = await call("GET", `people?limit=60&search=${search}`);
  byId("people").replaceChildren(...told.people.map(personRow));
  byId("nobody").hidden = told.people.length > 0;
}

function open(lineUserId) {
  location.hash = lineUserId;
}

function followHash() {
  const wanted = location.hash.slice(1);
  chat.open(/^U[0-9a-f]{32}$/.test(wanted) ? wanted : null);
  document.body.classList.toggle("in-chat", chat.id !== null);
  notice = 0;
  if (round) round.abort();
}

async function listen() {
  for (;;) {
    round = new AbortController();
    const wait = notice ? 20 : 0;
    const path = chat.id ? `chat/${chat.id}?notice=${notice}&after=${chat.after}&wait=${wait}` : `notices?notice=${notice}&wait=${wait}`;
    const asked = chat.id;
    try {
      const told = await call("GET", path, undefined, round.signal);
      if (asked === chat.id) {
        notice = told.notice;
        if (asked) chat.show(told);
      }
      await refreshPeople();
      await pause(150);
    } catch (error) {
      if (error.name === "AbortError") continue;
      if (/no such person/.test(error.message)) location.hash = "";
      await pause(1000);
    }
  }
}

const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

function setUpNewPerson() {
  const dialog = byId("new-person");
  byId("open-new").addEventListener("click", () => {
    dialog.querySelector("form").reset();
    dialog.returnValue = "";
    dialog.showModal();
  });
  dialog.addEventListener("close", async () => {
    if (dialog.returnValue !== "create") return;
    const form = new FormData(dialog.querySelector("form"));
    try {
      const person = await call("POST", "people", { name: form.get("name"), phone: form.get("phone"), language: form.get("language") });
      if (form.get("follow")) await call("POST", `people/${person.line_user_id}/follow`, {});
      open(person.line_user_id);
    } catch (error) {
      toast(error.message);
    }
  });
}

function setUp() {
  setUpNewPerson();
  byId("invitation").hidden = !new URLSearchParams(location.search).has("add");
  setUpPanel();
  byId("back").addEventListener("click", () => { location.hash = ""; });
  byId("search").addEventListener("input", () => refreshPeople().catch((error) => toast(error.message)));
  window.addEventListener("hashchange", followHash);
  followHash();
  listen();
}

setUp();
