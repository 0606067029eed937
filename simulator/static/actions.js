// What happens when an action of a message or of the rich menu is tapped.

import { linkAddress, toast } from "./dom.js";
import { person } from "./calls.js";
import { isLiff, openLiff } from "./liff.js";

const INPUT = { date: "date", time: "time", datetime: "datetime-local" };

function askTime(action) {
  const dialog = document.getElementById("picker");
  const input = dialog.querySelector("input");
  const plain = (value) => (value ? value.replace("t", "T") : "");
  input.type = INPUT[action.mode] || "date";
  input.value = plain(action.initial);
  input.min = plain(action.min);
  input.max = plain(action.max);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "ok" ? input.value : null), { once: true });
  });
}

function openLink(chat, address) {
  const safe = linkAddress(address);
  if (safe === null) toast("這個網址不能開啟");
  else if (isLiff(safe)) openLiff(chat.id, safe);
  else if (/^https?:/.test(safe)) window.open(safe, "_blank", "noopener,noreferrer");
  else toast(`會開啟 ${safe}`);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast("已複製");
  } catch {
    toast(`複製：${text}`);
  }
}

async function tapPostback(chat, action) {
  if (action.text) await chat.say(action.text);
  await person(chat.id, "postback", { data: action.data, display_text: action.displayText });
  if (action.inputOption === "openKeyboard") chat.fillIn(action.fillInText || "");
  if (action.inputOption === "openRichMenu") chat.showRichMenu(true);
  if (action.inputOption === "closeRichMenu") chat.showRichMenu(false);
}

const PERFORM = {
  message: (chat, action) => chat.say(action.text),
  postback: tapPostback,
  uri: (chat, action) => openLink(chat, action.uri),
  clipboard: (_chat, action) => copy(action.clipboardText),
  camera: (chat) => chat.chooseImage(),
  cameraRoll: (chat) => chat.chooseImage(),
  location: (chat) => person(chat.id, "location"),
  richmenuswitch: (chat, action) =>
    person(chat.id, "switch-rich-menu", { alias: action.richMenuAliasId, data: action.data }),
  async datetimepicker(chat, action) {
    const chosen = await askTime(action);
    if (chosen) await person(chat.id, "postback", { data: action.data, params: { [action.mode]: chosen } });
  },
};

export async function perform(chat, action) {
  const act = action && PERFORM[action.type];
  if (!act) return;
  chat.hideQuickReplies();
  try {
    await act(chat, action);
  } catch (error) {
    toast(error.message);
  }
}

export function onTap(chat, action) {
  return (event) => {
    event.stopPropagation();
    perform(chat, action);
  };
}
