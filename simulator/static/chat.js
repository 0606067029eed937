// One person's chat with the account: messages, quick replies, rich menu, and what the person does.

import { make, picture, toast } from "./dom.js";
import { call, person } from "./calls.js";
import { drawMessage } from "./messages.js";
import { onTap } from "./actions.js";
import { isLiff, openLiff } from "./liff.js";
import { drawRichMenu } from "./rich_menu.js";

const byId = (id) => document.getElementById(id);
const STICKERS = [["446", "1988"], ["446", "1989"], ["789", "10855"], ["1070", "17839"], ["6325", "10979904"], ["8515", "16581242"]];

export class Chat {
  constructor({ onSeen }) {
    this.id = null;
    this.after = 0;
    this.onSeen = onSeen;
    this.menuOpen = true;
    this.menuId = null;
    this.lastDay = "";
    this.setUp();
  }

  open(lineUserId) {
    this.id = lineUserId;
    this.after = 0;
    this.lastDay = "";
    this.menuId = null;
    byId("talk").replaceChildren();
    this.hideQuickReplies();
    byId("rich-menu").hidden = true;
    byId("menu-toggle").hidden = true;
    byId("more-menu").hidden = true;
    byId("choose").hidden = lineUserId !== null;
    for (const name of ["talk", "composer"]) byId(name).hidden = lineUserId === null;
  }

  show(told) {
    const talk = byId("talk");
    const atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 160;
    this.showState(told.person);
    for (const line of told.messages) this.addLine(talk, line);
    if (told.messages.length) {
      this.after = told.messages[told.messages.length - 1].number;
      this.showQuickReplies(told.messages[told.messages.length - 1]);
      this.onSeen(this.id, this.after);
    }
    this.showLoading(talk, told.loading_seconds);
    this.takeRichMenu(told.rich_menu);
    if (atEnd || told.messages.some((line) => line.from === "person")) talk.scrollTop = talk.scrollHeight;
  }

  showState(who) {
    byId("who").textContent = `${who.name}・${who.line_user_id.slice(0, 9)}…${who.phone ? `・${who.phone}` : ""}`;
    byId("stranger").hidden = who.following || who.blocked;
    byId("blocked").hidden = !who.blocked;
    byId("follow").hidden = who.following || who.blocked;
    byId("block").hidden = who.blocked;
    byId("unblock").hidden = !who.blocked;
  }

  addLine(talk, line) {
    const moment = new Date(line.at_ms);
    const day = moment.toLocaleDateString("zh-TW", { month: "long", day: "numeric", weekday: "short" });
    if (day !== this.lastDay) talk.append(make("p", { className: "day", text: day }));
    this.lastDay = day;
    const mine = line.from === "person";
    const time = moment.toLocaleTimeString("zh-TW", { hour: "2-digit", minute: "2-digit", hour12: false });
    const meta = make("span", { className: "meta" }, make("span", { text: mine && line.read ? "已讀" : "" }), make("time", { text: time }));
    const body = make("div", { className: "body" }, drawMessage(line, this));
    const row = make("div", { className: `line ${mine ? "mine" : "theirs"}`, "data-how": line.how, "data-number": line.number });
    if (mine && !line.unsent) meta.prepend(this.unsendButton(line, body));
    if (!mine) row.append(this.avatar(line.message.sender));
    row.append(make("div", { className: "content" }, mine ? null : this.senderName(line.message.sender), make("div", { className: "row" }, body, meta)));
    talk.append(row);
  }

  avatar(sender) {
    const name = (sender && sender.name) || document.body.dataset.account;
    return make("span", { className: "avatar account", text: name.slice(0, 1), "aria-hidden": "true" });
  }

  senderName(sender) {
    return make("span", { className: "sender", text: (sender && sender.name) || document.body.dataset.account });
  }

  unsendButton(line, body) {
    const button = make("button", { type: "button", className: "unsend", text: "收回", click: () => this.run(async () => {
      await person(this.id, "unsend", { message_id: line.message_id });
      body.replaceChildren(make("div", { className: "bubble unsent", text: "已收回訊息" }));
      button.remove();
    }) });
    return button;
  }

  showQuickReplies(line) {
    const items = line.from === "account" && line.message.quickReply ? line.message.quickReply.items : [];
    const box = byId("quick");
    box.replaceChildren(...items.map((item) =>
      make("button", { type: "button", click: onTap(this, item.action) },
        item.imageUrl ? picture(item.imageUrl, { className: "quick-icon" }) : null, make("span", { text: item.action.label }))));
    box.hidden = items.length === 0;
  }

  hideQuickReplies() {
    byId("quick").hidden = true;
  }

  showLoading(talk, seconds) {
    const shown = talk.querySelector(".loading");
    if (shown) shown.remove();
    if (seconds <= 0) return;
    const dots = make("div", { className: "bubble dots", "aria-label": "輸入中" }, make("i"), make("i"), make("i"));
    const line = make("div", { className: "line theirs loading" }, this.avatar(), make("div", { className: "content" }, dots));
    talk.append(line);
    setTimeout(() => line.remove(), seconds * 1000);
  }

  takeRichMenu(menu) {
    byId("menu-toggle").hidden = !menu;
    const id = menu ? menu.richMenuId : null;
    if (id === this.menuId) return;
    this.menuId = id;
    if (menu) {
      drawRichMenu(byId("rich-menu"), menu, this);
      byId("menu-toggle").title = menu.chatBarText;
      this.menuOpen = menu.selected;
    }
    this.showRichMenu(Boolean(menu) && this.menuOpen);
  }

  showRichMenu(open) {
    this.menuOpen = open;
    byId("rich-menu").hidden = !open || !this.menuId;
  }

  say(text) {
    this.hideQuickReplies();
    return person(this.id, "say", { text });
  }

  fillIn(text) {
    const input = byId("text");
    input.value = text;
    input.focus();
    this.grow();
  }

  chooseImage() {
    byId("file").click();
  }

  grow() {
    const input = byId("text");
    input.style.height = "auto";
    input.style.height = `${Math.min(input.scrollHeight, 120)}px`;
  }

  async run(act) {
    try {
      await act();
    } catch (error) {
      toast(error.message);
    }
  }

  setUp() {
    const act = (id, name) => byId(id).addEventListener("click", () => this.run(async () => {
      byId("more-menu").hidden = true;
      await person(this.id, name);
    }));
    for (const id of ["follow", "banner-follow"]) act(id, "follow");
    for (const id of ["block", "banner-block"]) act(id, "block");
    for (const id of ["unblock", "banner-unblock"]) act(id, "unblock");
    this.setUpMenus();
    this.setUpLinks();
    this.setUpComposer();
    this.setUpStickers();
  }

  setUpMenus() {
    for (const [button, menu] of [["more", "more-menu"], ["attach", "attach-menu"]]) {
      byId(button).addEventListener("click", (event) => {
        event.stopPropagation();
        byId(menu).hidden = !byId(menu).hidden;
      });
    }
    document.addEventListener("click", () => {
      byId("more-menu").hidden = true;
      byId("attach-menu").hidden = true;
    });
    byId("menu-toggle").addEventListener("click", () => this.showRichMenu(!this.menuOpen));
    byId("send-image").addEventListener("click", () => this.chooseImage());
    byId("send-location").addEventListener("click", () => this.run(() => person(this.id, "location")));
  }

  setUpLinks() {
    byId("talk").addEventListener("click", (event) => {
      const link = event.target.closest("a[href]");
      if (!link || !isLiff(link.href)) return;
      event.preventDefault();
      openLiff(this.id, link.href);
    });
  }

  setUpComposer() {
    const input = byId("text");
    input.addEventListener("input", () => this.grow());
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      byId("composer").requestSubmit();
    });
    byId("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      const text = input.value.trim();
      if (!text) return;
      input.value = "";
      this.grow();
      this.run(() => this.say(text));
    });
    byId("file").addEventListener("change", () => this.run(async () => {
      const [file] = byId("file").files;
      byId("file").value = "";
      if (file) await call("POST", `people/${this.id}/image`, file);
    }));
  }

  setUpStickers() {
    const dialog = byId("stickers");
    dialog.querySelector(".sticker-grid").append(...STICKERS.map(([packageId, stickerId]) =>
      make("button", { type: "button", className: "sticker", click: () => this.run(async () => {
        dialog.close();
        await person(this.id, "sticker", { package_id: packageId, sticker_id: stickerId });
      }) }, make("span", { className: "face", text: "◕‿◕" }), make("small", { text: `${packageId}／${stickerId}` }))));
    byId("send-sticker").addEventListener("click", () => dialog.showModal());
  }
}
