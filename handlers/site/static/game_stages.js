// The three ways to show a draw: wheel, scratch card, daily card. Each has `wait()` and `show(outcome)`, which resolves
// when the friend sees what the server drew. `settle(outcome)` shows it without any motion.

"use strict";

const gameStages = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const later = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

  const drawn = (name, attributes, parent) => {
    const element = document.createElementNS(SVG, name);
    Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
    if (parent) parent.append(element);
    return element;
  };
  const made = (name, className, words) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (words) element.textContent = words;
    return element;
  };
  const inkOn = (colour) => {
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    return red * 0.299 + green * 0.587 + blue * 0.114 > 150 ? "#1f2a26" : "#fff";
  };
  const shown = (outcome, words) => {
    const parts = [];
    if (outcome.picture_url) {
      const picture = made("img");
      picture.src = outcome.picture_url;
      picture.alt = "";
      picture.addEventListener("error", () => picture.remove());
      parts.push(picture);
    }
    parts.push(made("span", "prize", outcome.name || words.nothing));
    return parts;
  };

  // Every prize has a slice of the same width; too few of them are repeated so that it looks like a wheel.
  function slicesOf(game, words) {
    const blank = { id: null, name: words.blank, colour: "#e6ebe8" };
    const spread = game.prizes.length <= 4 ? game.prizes.flatMap((prize) => [prize, blank]) : [...game.prizes, blank];
    const once = game.has_blank ? spread : game.prizes;
    return once.length >= 4 ? once : Array.from({ length: Math.ceil(4 / once.length) }, () => once).flat();
  }

  function wheel(stage, game, words) {
    const slices = slicesOf(game, words);
    const width = 360 / slices.length;
    const svg = drawn("svg", { viewBox: "-108 -116 216 224", role: "img", "aria-label": game.name });
    const disc = drawn("g", { class: "disc" }, svg);
    const at = (degrees, radius) => {
      const turn = ((degrees - 90) * Math.PI) / 180;
      return `${(Math.cos(turn) * radius).toFixed(2)} ${(Math.sin(turn) * radius).toFixed(2)}`;
    };
    slices.forEach((slice, index) => {
      const from = index * width - width / 2;
      const path = `M0 0 L${at(from, 100)} A100 100 0 0 1 ${at(from + width, 100)} Z`;
      drawn("path", { class: "slice", d: path, fill: slice.colour }, disc);
      const most = 7;
      const label = slice.name.length > most ? `${slice.name.slice(0, most - 1)}…` : slice.name;
      const turn = index * width - 90;
      const text = drawn("text", { x: 57, y: 0, fill: inkOn(slice.colour), transform: `rotate(${turn})` }, disc);
      text.textContent = label;
    });
    drawn("circle", { class: "rim", r: 101 }, svg);
    drawn("circle", { class: "hub", r: 12 }, svg);
    drawn("path", { class: "pin", d: "M-9 -114 L9 -114 L0 -90 Z" }, svg);
    stage.classList.add("wheel");
    stage.replaceChildren(svg);
    let turned = 0;

    const turnTo = (outcome) => {
      const fitting = slices.map((slice, index) => (slice.id === outcome.prize_id ? index : -1)).filter((index) => index >= 0);
      if (!fitting.length) return false;
      const target = fitting[Math.floor(Math.random() * fitting.length)];
      const off = (Math.random() - 0.5) * width * 0.7;
      const rest = (((-target * width - off - turned) % 360) + 360) % 360;
      turned += rest + (calm() ? 0 : 360 * 6);
      disc.style.transform = `rotate(${turned}deg)`;
      return true;
    };
    return {
      wait() {},
      async show(outcome) { if (turnTo(outcome) && !calm()) await later(4400); },
      settle: turnTo,
    };
  }

  function scratch(stage, game, words, reveal) {
    const empty = () => {
      const ticket = made("div", "ticket empty");
      ticket.append(made("span", "mark", "？"));
      stage.replaceChildren(ticket);
    };
    const open = (outcome) => {
      const ticket = made("div", "ticket");
      const inside = made("div");
      inside.append(...shown(outcome, words));
      ticket.append(inside);
      stage.replaceChildren(ticket);
      return ticket;
    };
    const cover = (ticket) => {
      const canvas = made("canvas");
      const scale = Math.min(2, window.devicePixelRatio || 1);
      const box = ticket.getBoundingClientRect();
      canvas.width = Math.round(box.width * scale);
      canvas.height = Math.round(box.height * scale);
      canvas.setAttribute("aria-hidden", "true");
      const pen = canvas.getContext("2d");
      pen.fillStyle = "#b9c2be";
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.fillStyle = "#5b6a63";
      pen.font = `600 ${Math.round(15 * scale)}px sans-serif`;
      pen.textAlign = "center";
      pen.fillText(words.scratch, canvas.width / 2, canvas.height / 2);
      pen.globalCompositeOperation = "destination-out";
      pen.lineWidth = 38 * scale;
      pen.lineCap = "round";
      pen.lineJoin = "round";
      ticket.append(canvas);
      return { canvas, pen, scale };
    };
    // Which of 16 by 10 fields the finger passed: half of them are enough.
    const scratched = ({ canvas, pen, scale }) => new Promise((resolve) => {
      const fields = new Set();
      let last = null;
      const done = () => { canvas.classList.add("gone"); reveal.hidden = true; resolve(); };
      const rub = (event) => {
        const box = canvas.getBoundingClientRect();
        const [x, y] = [event.clientX - box.left, event.clientY - box.top];
        pen.beginPath();
        pen.moveTo((last || [x, y])[0] * scale, (last || [x, y])[1] * scale);
        pen.lineTo(x * scale + 0.1, y * scale);
        pen.stroke();
        last = [x, y];
        for (const [dx, dy] of [[0, 0], [-14, 0], [14, 0], [0, -14], [0, 14]]) {
          const column = Math.floor(((x + dx) / box.width) * 16);
          const row = Math.floor(((y + dy) / box.height) * 10);
          if (column >= 0 && column < 16 && row >= 0 && row < 10) fields.add(row * 16 + column);
        }
        if (fields.size > 70) done();
      };
      canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); last = null; rub(event); });
      canvas.addEventListener("pointermove", (event) => { if (event.buttons) rub(event); });
      reveal.hidden = false;
      reveal.addEventListener("click", done, { once: true });
    });
    return {
      wait: empty,
      async show(outcome) {
        const ticket = open(outcome);
        ticket.firstChild.setAttribute("aria-hidden", "true"); // nobody hears what is still covered
        await scratched(cover(ticket));
        ticket.firstChild.removeAttribute("aria-hidden");
      },
      settle: open,
    };
  }

  function daily(stage, game, words) {
    const build = () => {
      const card = made("div", "flip");
      const sides = made("div", "sides");
      const back = made("div", "side back");
      back.append(made("span", "", "？"));
      const front = made("div", "side front");
      sides.append(back, front);
      card.append(sides);
      stage.replaceChildren(card);
      return { card, front };
    };
    const open = (outcome) => {
      const { card, front } = build();
      front.append(...shown(outcome, words));
      return card;
    };
    return {
      wait: build,
      async show(outcome) {
        const card = open(outcome);
        card.getBoundingClientRect(); // the closed card is painted first
        card.classList.add("open");
        if (!calm()) await later(950);
      },
      settle(outcome) { open(outcome).classList.add("open"); },
    };
  }

  return { kinds: { wheel, scratch, daily }, made, drawn, shown };
})();
