// The platform's panel: quota, webhooks, faults, what was received.

import { make, toast } from "./dom.js";
import { call } from "./calls.js";

const byId = (id) => document.getElementById(id);
const FAULTS = [
  ["latency", "延遲一秒"], ["rate_limit", "429 超過速率"], ["monthly_limit", "429 額度用完"], ["error_before", "500（未處理）"],
  ["error_after", "500（已處理）"], ["reset_after", "中斷連線（已處理）"], ["timeout", "不回應（已處理）"],
];
let timer = null;

function pair(name, value) {
  return make("div", { className: "pair" }, make("dt", { text: name }), make("dd", { text: value }));
}

function section(title, ...children) {
  return make("section", {}, make("h3", { text: title }), ...children);
}

function quotaSection(quota) {
  const limit = quota.limit === null ? "無上限" : quota.limit.toLocaleString("zh-TW");
  const meter = make("progress", { max: quota.limit || 1, value: quota.limit === null ? 0 : quota.used });
  return section("本月訊息則數", make("dl", {}, pair("已使用", quota.used.toLocaleString("zh-TW")),
    pair("保留中", quota.reserved.toLocaleString("zh-TW")), pair("上限", limit), pair("月份（東京）", quota.month)), meter);
}

function faultSection(faults) {
  const rows = faults.map((fault) => make("li", {},
    make("span", { text: `${fault.kind}・${fault.endpoint}・${fault.count === null ? "不限次" : `剩 ${fault.count - fault.met} 次`}` }),
    make("button", { type: "button", text: "移除", click: () => run(() => call("DELETE", `faults/${fault.number}`)) })));
  const choice = make("select", { "aria-label": "要發生的故障" }, ...FAULTS.map(([kind, name]) => make("option", { value: kind, text: name })));
  const add = make("button", { type: "button", text: "下一個請求發生", click: () => run(() =>
    call("POST", "faults", { endpoint: "*", kind: choice.value, count: 1, milliseconds: 1000 })) });
  return section("故障", rows.length ? make("ul", {}, ...rows) : make("p", { className: "empty", text: "沒有設定故障。" }),
    make("p", { className: "buttons" }, choice, add));
}

function webhookSection(state, webhooks) {
  const rows = webhooks.slice(-8).reverse().map((sent) => make("li", { className: sent.reason === "OK" ? "" : "bad" },
    make("span", { text: `${sent.types.join("、") || "（空）"}${sent.redelivery ? "・重送" : ""}` }),
    make("span", { text: `${sent.status || sent.reason}・${sent.milliseconds.toFixed(0)} ms` })));
  return section("Webhook", make("dl", {}, pair("網址", state.webhooks.url || "未設定"), pair("等待回應", state.webhooks.waiting),
    pair("失敗", state.webhooks.failed)), make("ul", {}, ...rows),
  state.webhooks.failed ? make("button", { type: "button", text: "重送失敗的", click: () => run(() => call("POST", "webhooks/redeliver", {})) }) : null);
}

function receivedSection(rows) {
  const items = rows.slice(-12).reverse().map((row) => {
    const shown = make("pre", { text: JSON.stringify({ body: row.body, answer: row.answer }, null, 1) });
    return make("details", { className: row.status >= 400 || row.status === 0 ? "bad" : "", "data-number": row.number },
      make("summary", { text: `${row.status || "—"} ${row.endpoint}${row.reached_count ? `（${row.reached_count} 人）` : ""}` }), shown);
  });
  return section("收到的請求", ...(items.length ? items : [make("p", { className: "empty", text: "還沒有收到請求。" })]));
}

async function refresh() {
  const state = await call("GET", "state");
  const { newest } = await call("GET", "received/summary?endpoint=none");
  const since = Math.max(0, newest - 60);
  const [{ received }, { webhooks }] = await Promise.all([
    call("GET", `received?since=${since}`), call("GET", `webhooks?since=${since}`)]);
  const body = byId("panel-body");
  const opened = new Set([...body.querySelectorAll("details[open]")].map((entry) => entry.dataset.number));
  body.replaceChildren(
    section("帳號", make("dl", {}, pair("名稱", state.settings.display_name), pair("ID", state.settings.basic_id), pair("人數", state.people.toLocaleString("zh-TW")))),
    quotaSection(state.quota), webhookSection(state, webhooks), faultSection(state.faults), receivedSection(received));
  for (const entry of body.querySelectorAll("details")) entry.open = opened.has(entry.dataset.number);
}

async function run(act) {
  try {
    await act();
    await refresh();
  } catch (error) {
    toast(error.message);
  }
}

function show(open) {
  byId("panel").hidden = !open;
  document.body.classList.toggle("with-panel", open);
  clearInterval(timer);
  if (!open) return;
  run(async () => {});
  timer = setInterval(() => {
    if (!byId("panel").contains(document.activeElement) || document.activeElement.tagName !== "SELECT") run(async () => {});
  }, 2000);
}

export function setUpPanel() {
  for (const button of document.querySelectorAll(".open-panel")) {
    button.addEventListener("click", () => show(byId("panel").hidden));
  }
  byId("close-panel").addEventListener("click", () => show(false));
}
