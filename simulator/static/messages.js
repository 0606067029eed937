// Draws one message as LINE shows it.

import { make, mediaAddress, picture } from "./dom.js";
import { onTap } from "./actions.js";
import { person } from "./calls.js";
import { drawFlex } from "./flex.js";

const LINK = /https?:\/\/[^\s<>"「」（）]+/g;

function linked(text) {
  const pieces = [];
  let from = 0;
  for (const found of text.matchAll(LINK)) {
    pieces.push(text.slice(from, found.index));
    pieces.push(make("a", { text: found[0], href: found[0], target: "_blank", rel: "noopener noreferrer" }));
    from = found.index + found[0].length;
  }
  return [...pieces, text.slice(from)];
}

const emoji = (item) =>
  make("span", { className: "emoji", text: "☻", title: `LINE 表情貼 ${item.productId}／${item.emojiId}` });

function drawText(message) {
  const bubble = make("div", { className: "bubble" });
  let from = 0;
  for (const item of [...(message.emojis || [])].sort((one, two) => one.index - two.index)) {
    bubble.append(...linked(message.text.slice(from, item.index)), emoji(item));
    from = item.index + (item.length || 1);
  }
  bubble.append(...linked(message.text.slice(from)));
  return bubble;
}

function drawTextV2(message) {
  const bubble = make("div", { className: "bubble" });
  for (const piece of message.text.split(/(\{[A-Za-z0-9_]+\})/)) {
    const item = (message.substitution || {})[piece.slice(1, -1)];
    if (item && item.type === "emoji") bubble.append(emoji(item));
    else if (item && item.type === "mention") bubble.append(make("b", { text: "@提及" }));
    else bubble.append(...linked(piece));
  }
  return bubble;
}

const drawSticker = (message) =>
  make("div", { className: "sticker", title: "貼圖" }, make("span", { className: "face", text: "◕‿◕" }),
    make("small", { text: `貼圖 ${message.packageId}／${message.stickerId}` }));

function ownAddress(line) {
  return `/simulator/contents/${encodeURIComponent(line.message_id)}`;
}

function drawImage(message, _chat, line) {
  const preview = message.previewImageUrl || ownAddress(line);
  const image = picture(preview, { className: "photo" });
  const original = mediaAddress(message.originalContentUrl || preview);
  return original ? make("a", { href: original, target: "_blank", rel: "noopener noreferrer" }, image) : image;
}

function drawVideo(message, chat, line) {
  const film = make("video", { className: "photo", controls: true, preload: "none", playsinline: true });
  const poster = mediaAddress(message.previewImageUrl);
  if (poster) film.poster = poster;
  film.src = mediaAddress(message.originalContentUrl || ownAddress(line)) || "";
  if (message.trackingId) {
    film.addEventListener("ended", () => person(chat.id, "video-watched", { tracking_id: message.trackingId }));
  }
  return film;
}

function drawAudio(message, _chat, line) {
  const sound = make("audio", { controls: true, preload: "none" });
  sound.src = mediaAddress(message.originalContentUrl || ownAddress(line)) || "";
  return make("div", { className: "bubble sound" }, sound);
}

const drawFile = (message) =>
  make("div", { className: "bubble" }, "▤ ", make("b", { text: message.fileName }), make("small", { text: ` ${message.fileSize} B` }));

const drawLocation = (message) =>
  make("div", { className: "card-message place" }, make("div", { className: "map", text: "●" }),
    make("div", { className: "card-text" }, make("strong", { text: message.title }),
      make("p", { text: message.address }),
      make("small", { text: `${message.latitude}, ${message.longitude}` })));

function drawImagemap(message, chat) {
  const { width, height } = message.baseSize;
  const base = make("div", { className: "imagemap", style: { aspectRatio: `${width} / ${height}` }, title: message.altText });
  base.append(picture(`${message.baseUrl}/1040`));
  const place = (area) => ({
    left: `${(area.x / width) * 100}%`, top: `${(area.y / height) * 100}%`,
    width: `${(area.width / width) * 100}%`, height: `${(area.height / height) * 100}%`,
  });
  for (const action of message.actions || []) {
    const tapped = action.type === "uri" ? { type: "uri", uri: action.linkUri } : action;
    base.append(make("button", { type: "button", className: "area", style: place(action.area),
      "aria-label": action.label || action.text || action.linkUri || "可點選的區域", click: onTap(chat, tapped) }));
  }
  if (message.video) {
    const film = drawVideo(message.video, chat, {});
    Object.assign(film.style, place(message.video.area));
    film.className = "area";
    base.append(film);
  }
  return base;
}

const button = (action, chat) =>
  make("button", { type: "button", className: "template-button", text: action.label, click: onTap(chat, action) });

function drawCard(card, chat, shape) {
  const box = make("div", { className: "card-message template" });
  if (card.thumbnailImageUrl) {
    const image = picture(card.thumbnailImageUrl, { className: "thumbnail" });
    image.style.aspectRatio = shape.imageAspectRatio === "square" ? "1" : "1.51";
    image.style.objectFit = shape.imageSize === "contain" ? "contain" : "cover";
    image.style.backgroundColor = card.imageBackgroundColor || "#fff";
    box.append(image);
  }
  const words = make("div", { className: "card-text" });
  if (card.title) words.append(make("strong", { text: card.title }));
  words.append(make("p", { text: card.text }));
  box.append(words);
  if (card.defaultAction) {
    box.classList.add("tappable");
    box.addEventListener("click", onTap(chat, card.defaultAction));
  }
  box.append(...(card.actions || []).map((action) => button(action, chat)));
  return box;
}

const row = (cards) => make("div", { className: "carousel" }, ...cards);

function drawImageColumn(column, chat) {
  const card = make("button", { type: "button", className: "card-message image-column", click: onTap(chat, column.action) });
  card.append(picture(column.imageUrl));
  if (column.action.label) card.append(make("span", { className: "image-label", text: column.action.label }));
  return card;
}

function drawConfirm(template, chat) {
  const buttons = make("div", { className: "two-buttons" }, ...template.actions.map((action) => button(action, chat)));
  return make("div", { className: "card-message template" },
    make("div", { className: "card-text" }, make("p", { text: template.text })), buttons);
}

const TEMPLATES = {
  buttons: (template, chat) => drawCard(template, chat, template),
  confirm: drawConfirm,
  carousel: (template, chat) => row(template.columns.map((column) => drawCard(column, chat, template))),
  image_carousel: (template, chat) => row(template.columns.map((column) => drawImageColumn(column, chat))),
};

function drawTemplate(message, chat) {
  const draw = TEMPLATES[message.template.type];
  return draw ? draw(message.template, chat) : make("div", { className: "bubble", text: message.altText });
}

const drawCoupon = (message) =>
  make("div", { className: "card-message template" },
    make("div", { className: "card-text" }, make("strong", { text: "優惠券" }), make("p", { text: message.couponId })));

function drawNotification(message, chat) {
  const body = message.body || {};
  const card = make("div", { className: "card-message template" });
  const words = make("div", { className: "card-text" }, make("small", { text: `LINE 通知型訊息・${message.templateKey}` }));
  if (body.emphasizedItem) words.append(make("strong", { text: body.emphasizedItem.content }));
  for (const item of body.items || []) words.append(make("p", { text: `${item.itemKey}：${item.content}` }));
  card.append(words);
  for (const item of body.buttons || []) {
    card.append(button({ type: "uri", label: item.buttonKey, uri: item.url }, chat));
  }
  return card;
}

const DRAW = {
  text: drawText, textV2: drawTextV2, sticker: drawSticker, image: drawImage, video: drawVideo, audio: drawAudio,
  file: drawFile, location: drawLocation, imagemap: drawImagemap, template: drawTemplate,
  flex: (message, chat) => drawFlex(message, chat), coupon: drawCoupon, notification: drawNotification,
};

export function drawMessage(line, chat) {
  if (line.unsent) return make("div", { className: "bubble unsent", text: "已收回訊息" });
  const draw = DRAW[line.message.type];
  if (!draw) return make("div", { className: "bubble unsent", text: `無法顯示的訊息：${line.message.type}` });
  try {
    return draw(line.message, chat, line);
  } catch (error) {
    return make("div", { className: "bubble unsent", text: `無法顯示的訊息（${error.message}）` });
  }
}

const NAMES = { sticker: "貼圖", image: "圖片", video: "影片", audio: "語音訊息", file: "檔案", location: "位置資訊" };

export function summary(line) {
  const message = line.message;
  return line.unsent ? "已收回訊息" : message.text || message.altText || NAMES[message.type] || "新訊息";
}
