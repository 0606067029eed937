// Builds elements. Data only ever becomes text, never markup.

export function make(tag, options = {}, ...children) {
  const element = document.createElement(tag);
  const { className, text, title, click, style, ...attributes } = options;
  if (className) element.className = className;
  if (text !== undefined && text !== null) element.textContent = String(text);
  if (title) element.title = String(title);
  if (click) element.addEventListener("click", click);
  if (style) Object.assign(element.style, style);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const MEDIA = ["https:", "http:", "blob:"];
const LINKS = ["https:", "http:", "tel:", "line:"];

function checked(address, schemes) {
  try {
    return schemes.includes(new URL(address, location.href).protocol) && typeof address === "string" ? address : null;
  } catch {
    return null;
  }
}

export const mediaAddress = (address) => checked(address, MEDIA);
export const linkAddress = (address) => checked(address, LINKS);

export function picture(address, options = {}) {
  const source = mediaAddress(address);
  if (source === null) return make("div", { className: "no-picture", text: "無法顯示圖片" });
  const image = make("img", { alt: "", loading: "lazy", referrerpolicy: "no-referrer", ...options });
  image.addEventListener("error", () => image.classList.add("broken"));
  image.src = source;
  return image;
}

let toastTimer;
export function toast(text) {
  const box = document.getElementById("toast");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { box.hidden = true; }, 2500);
}
