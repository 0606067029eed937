// Draws Flex Messages (docs/messaging-api/flex-message-layout) out of plain elements.

import { make, mediaAddress, picture } from "./dom.js";
import { onTap } from "./actions.js";

const WIDTHS = { nano: 120, micro: 160, deca: 220, hecto: 241, kilo: 260, mega: 300, giga: 386 };
const SPACES = { none: 0, xs: 2, sm: 4, md: 8, lg: 12, xl: 16, xxl: 20 };
const FONTS = { xxs: 11, xs: 13, sm: 14, md: 16, lg: 19, xl: 22, xxl: 29, "3xl": 35, "4xl": 48, "5xl": 74 };
const IMAGES = { xxs: 40, xs: 60, sm: 80, md: 100, lg: 120, xl: 140, xxl: 160, "3xl": 180, "4xl": 200, "5xl": 220 };
const BORDERS = { none: 0, light: 0.5, normal: 1, medium: 2, "semi-bold": 3, bold: 4 };
const MAIN = { start: "flex-start", end: "flex-end", center: "center", top: "flex-start", bottom: "flex-end" };

const color = (value) => (/^#[0-9a-f]{6}([0-9a-f]{2})?$/i.test(value || "") ? value : "");

function size(value, words) {
  if (value in words) return `${words[value]}px`;
  return /^-?\d+(\.\d+)?(px|%)$/.test(value || "") ? value : "";
}

const inRow = (layout) => layout === "horizontal" || layout === "baseline";

function place(element, component, parent) {
  const row = inRow(parent.layout);
  const margin = size(component.margin ?? (parent.first ? undefined : parent.spacing), SPACES);
  if (margin && component.position !== "absolute") element.style[row ? "marginInlineStart" : "marginTop"] = margin;
  const grows = row && !component.width && !["icon", "separator", "spacer"].includes(component.type);
  const flex = component.flex ?? (grows ? 1 : 0);
  element.style.flex = flex > 0 ? `${flex} 0 ${row ? "0" : "auto"}` : "0 0 auto";
  if (component.position === "absolute") element.style.position = "absolute";
  const offsets = { offsetTop: "top", offsetBottom: "bottom", offsetStart: "insetInlineStart", offsetEnd: "insetInlineEnd" };
  for (const [name, side] of Object.entries(offsets)) {
    if (component[name]) element.style[side] = size(component[name], SPACES);
  }
  if (row && parent.layout === "horizontal" && component.gravity) element.style.alignSelf = MAIN[component.gravity] || "";
  return element;
}

function tappable(element, component, chat) {
  if (!component.action) return element;
  element.classList.add("tappable");
  element.addEventListener("click", onTap(chat, component.action));
  return element;
}

function background(element, component) {
  element.style.backgroundColor = color(component.backgroundColor);
  const paint = component.background;
  if (!paint || paint.type !== "linearGradient") return;
  const stops = [color(paint.startColor), color(paint.endColor)];
  if (paint.centerColor) stops.splice(1, 0, `${color(paint.centerColor)} ${size(paint.centerPosition, {}) || "50%"}`);
  const angle = /^-?\d+(\.\d+)?deg$/.test(paint.angle || "") ? paint.angle : "0deg";
  element.style.backgroundImage = `linear-gradient(${angle}, ${stops.join(", ")})`;
}

function pad(element, component) {
  const sides = { paddingAll: "padding", paddingTop: "paddingTop", paddingBottom: "paddingBottom",
    paddingStart: "paddingInlineStart", paddingEnd: "paddingInlineEnd" };
  for (const [name, side] of Object.entries(sides)) {
    if (component[name]) element.style[side] = size(component[name], SPACES);
  }
}

function drawBox(component, chat) {
  const box = make("div", { className: `flex-box ${component.layout === "vertical" ? "vertical" : component.layout}` });
  background(box, component);
  pad(box, component);
  for (const name of ["width", "height", "maxWidth", "maxHeight"]) {
    if (component[name]) box.style[name] = size(component[name], {});
  }
  if (component.borderWidth) {
    box.style.border = `${size(component.borderWidth, BORDERS)} solid ${color(component.borderColor) || "#0000"}`;
  }
  if (component.cornerRadius) box.style.borderRadius = size(component.cornerRadius, SPACES);
  box.style.justifyContent = { ...MAIN, "space-between": "space-between", "space-around": "space-around",
    "space-evenly": "space-evenly" }[component.justifyContent] || "";
  if (component.layout !== "baseline") box.style.alignItems = MAIN[component.alignItems] || "";
  (component.contents || []).forEach((child, index) => {
    const parent = { layout: component.layout, spacing: component.spacing, first: index === 0 };
    const drawn = drawComponent(child, chat, parent);
    if (drawn) box.append(place(drawn, child, parent));
  });
  return tappable(box, component, chat);
}

function letters(element, component) {
  if (component.size) element.style.fontSize = size(component.size, FONTS);
  element.style.color = color(component.color);
  if (component.weight === "bold") element.style.fontWeight = "700";
  if (component.style === "italic") element.style.fontStyle = "italic";
  if (["underline", "line-through"].includes(component.decoration)) element.style.textDecoration = component.decoration;
  return element;
}

function drawText(component, chat) {
  const text = letters(make("div", { className: component.wrap ? "flex-text wrap" : "flex-text" }), component);
  if (component.contents && component.contents.length) {
    text.append(...component.contents.map((span) => letters(make("span", { text: span.text }), span)));
  } else {
    text.textContent = component.text || "";
  }
  if (component.align) text.style.textAlign = component.align;
  if (component.lineSpacing) text.style.lineHeight = `calc(1.4em + ${size(component.lineSpacing, {}) || "0px"})`;
  if (component.wrap && component.maxLines > 0) {
    text.classList.add("clamped");
    text.style.webkitLineClamp = String(component.maxLines);
  }
  return tappable(text, component, chat);
}

function ratio(component) {
  const [width, height] = String(component.aspectRatio || "1:1").split(":").map(Number);
  return width > 0 && height > 0 ? `${width} / ${height}` : "1 / 1";
}

function drawImage(component, chat) {
  const frame = make("div", { className: "flex-image" });
  const full = component.size === "full";
  const inner = picture(component.url);
  inner.style.aspectRatio = ratio(component);
  inner.style.width = full ? "100%" : size(component.size || "md", IMAGES);
  inner.style.objectFit = component.aspectMode === "cover" ? "cover" : "contain";
  inner.style.backgroundColor = color(component.backgroundColor);
  frame.style.justifyContent = MAIN[component.align || "center"];
  frame.append(inner);
  return tappable(frame, component, chat);
}

function drawIcon(component) {
  const icon = picture(component.url, { className: "flex-icon" });
  icon.style.height = size(component.size || "md", FONTS);
  icon.style.aspectRatio = ratio(component);
  return icon;
}

function drawButton(component, chat) {
  const style = component.style || "link";
  const button = make("button", { type: "button", className: `flex-button ${style} ${component.height === "sm" ? "low" : ""}`,
    text: component.action.label, click: onTap(chat, component.action) });
  if (component.color) button.style[style === "link" ? "color" : "backgroundColor"] = color(component.color);
  return button;
}

function drawSeparator(component, _chat, parent) {
  const line = make("div", { className: inRow(parent.layout) ? "flex-line upright" : "flex-line" });
  line.style.backgroundColor = color(component.color);
  return line;
}

function drawVideo(component, chat) {
  const film = make("video", { className: "flex-video", controls: true, preload: "none", playsinline: true });
  film.style.aspectRatio = ratio(component);
  const poster = mediaAddress(component.previewUrl);
  if (poster) film.poster = poster;
  film.src = mediaAddress(component.url) || "";
  return tappable(film, component, chat);
}

function drawSpacer(component) {
  return make("div", { style: { minWidth: size(component.size || "md", SPACES), minHeight: size(component.size || "md", SPACES) } });
}

const DRAW = {
  box: drawBox, text: drawText, image: drawImage, icon: drawIcon, button: drawButton, separator: drawSeparator,
  video: drawVideo, spacer: drawSpacer, filler: () => make("div", { className: "flex-filler" }),
};

function drawComponent(component, chat, parent) {
  const draw = DRAW[component.type];
  return draw ? draw(component, chat, parent) : null;
}

function drawBlock(bubble, name, chat) {
  const component = bubble[name];
  if (!component) return null;
  const style = (bubble.styles || {})[name] || {};
  const block = make("div", { className: `flex-${name}` });
  block.style.backgroundColor = color(style.backgroundColor);
  if (style.separator) block.style.borderTop = `1px solid ${color(style.separatorColor) || "#d4d6da"}`;
  const drawn = drawComponent(component, chat, { layout: "vertical", first: true });
  if (drawn && name !== "hero" && component.paddingAll) block.style.padding = "0";
  if (drawn) block.append(drawn);
  return block;
}

function drawBubble(bubble, chat) {
  const card = make("div", { className: "flex-bubble", dir: bubble.direction === "rtl" ? "rtl" : "ltr" });
  card.style.width = `${WIDTHS[bubble.size] || WIDTHS.mega}px`;
  for (const name of ["header", "hero", "body", "footer"]) {
    const block = drawBlock(bubble, name, chat);
    if (block) card.append(block);
  }
  return tappable(card, bubble, chat);
}

export function drawFlex(message, chat) {
  const contents = message.contents;
  if (contents.type === "carousel") {
    return make("div", { className: "carousel" }, ...contents.contents.map((bubble) => drawBubble(bubble, chat)));
  }
  return drawBubble(contents, chat);
}
