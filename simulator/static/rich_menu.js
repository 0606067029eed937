// The rich menu under the chat: its picture with the areas that can be tapped.

import { make } from "./dom.js";
import { onTap } from "./actions.js";

export function drawRichMenu(holder, menu, chat) {
  const { width, height } = menu.size;
  const image = make("img", { alt: menu.chatBarText });
  image.addEventListener("error", () => image.classList.add("broken"));
  image.src = `/simulator/rich-menus/${encodeURIComponent(menu.richMenuId)}/image`;
  const board = make("div", { className: "menu-board", style: { aspectRatio: `${width} / ${height}` } }, image);
  menu.areas.forEach((area, index) => {
    const { x, y, width: wide, height: high } = area.bounds;
    board.append(make("button", { type: "button", className: "area", click: onTap(chat, area.action),
      "aria-label": area.action.label || area.action.text || `選單區域 ${index + 1}`,
      style: { left: `${(x / width) * 100}%`, top: `${(y / height) * 100}%`, width: `${(wide / width) * 100}%`, height: `${(high / height) * 100}%` } }));
  });
  holder.replaceChildren(make("p", { className: "menu-title", text: menu.chatBarText }), board);
}
