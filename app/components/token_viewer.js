// A document's losses under two arms: the whole as a strip, one page of its text token by token.
// All text is written with textContent: what a document says is never markup.

const SVG = "http://www.w3.org/2000/svg";
const INVISIBLE = /^[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]$/u;

export default function (component) {
  const { parentElement, data, setTriggerValue } = component;
  const root = parentElement.querySelector(".viewer");
  const jump = (token) => {
    if (token !== null) setTriggerValue("at", Math.round(token));
  };
  root.querySelector(".strip").replaceChildren(strip(data, jump));
  root.querySelector(".axis").replaceChildren(...axis(data));
  turning(root.querySelector(".turn"), data, jump);
  root.querySelector(".caption").textContent = data.labels.caption;
  root.querySelector(".legend").replaceChildren(...legend(data.labels));
  page(root, data, jump);
}

// --- the strip -----------------------------------------------------------------------------------

function strip(data, jump) {
  const { bits, tokens, edges, count, window: shown, training, scale } = data.strip;
  const width = bits.length;
  const svg = drawn("svg", { viewBox: `0 0 ${width} 100`, preserveAspectRatio: "none" });
  bits.forEach((value, i) => {
    if (!tokens[i]) svg.append(drawn("rect", { x: i, y: 0, width: 1, height: 100, class: "unread" }));
    else if (value === null)
      svg.append(drawn("rect", { x: i, y: 0, width: 1, height: 100, class: "broken" }));
    else {
      const height = Math.min(1, Math.abs(value) / scale) * 48;
      const y = value > 0 ? 50 - height : 50;
      svg.append(drawn("rect", { x: i, y, width: 1, height, class: value > 0 ? "b" : "a" }));
    }
  });
  // bins differ in size where little of the text was read
  const x = (token) => {
    let i = 0;
    while (i < width - 1 && edges[i + 1] <= token) i += 1;
    return i + (token - edges[i]) / (edges[i + 1] - edges[i]);
  };
  svg.append(drawn("line", { x1: 0, x2: width, y1: 50, y2: 50, class: "zero" }));
  if (training < count) {
    const at = x(training);
    svg.append(drawn("line", { x1: at, x2: at, y1: 0, y2: 100, class: "training" }));
  }
  const least = width / 160; // a page of a very long document stays visible
  svg.append(
    drawn("rect", {
      x: Math.min(x(shown[0]), width - least), y: 1, height: 98, class: "window",
      width: Math.max(least, x(shown[1]) - x(shown[0])),
    }),
  );
  const box = document.createElement("div");
  box.className = "bins";
  box.tabIndex = 0;
  box.setAttribute("role", "slider");
  box.setAttribute("aria-label", data.labels.strip);
  box.setAttribute("aria-valuemin", 0);
  box.setAttribute("aria-valuemax", count);
  box.setAttribute("aria-valuenow", shown[0]);
  box.setAttribute("aria-valuetext", data.labels.here);
  box.append(svg);
  box.onclick = (event) => {
    const place = box.getBoundingClientRect();
    const share = Math.min(0.9999999, Math.max(0, (event.clientX - place.left) / place.width));
    const bin = Math.floor(share * width);
    jump(Math.floor(edges[bin] + (share * width - bin) * (edges[bin + 1] - edges[bin])));
  };
  box.onkeydown = (event) => {
    const { before, behind } = data.moves;
    const moves = { ArrowLeft: before, PageUp: before, ArrowRight: behind, PageDown: behind };
    Object.assign(moves, { Home: 0, End: count - 1 });
    if (!(event.key in moves)) return;
    event.preventDefault();
    jump(moves[event.key]);
  };
  return box;
}

function axis(data) {
  const ends = [data.labels.first, data.labels.training, data.labels.last];
  return ends.map((text) => worded("span", text));
}

function drawn(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

// --- the page ------------------------------------------------------------------------------------

function turning(box, data, jump) {
  const button = (label, token) => {
    const made = worded("button", label);
    made.type = "button";
    made.disabled = token === null;
    made.onclick = () => jump(token);
    return made;
  };
  box.replaceChildren(
    button(data.labels.before, data.moves.before),
    worded("span", data.labels.here),
    button(data.labels.behind, data.moves.behind),
  );
}

function legend(labels) {
  return labels.legend.map(([kind, text]) => {
    const line = document.createElement("span");
    const sample = worded("span", kind === "unread" ? "abc" : "a");
    sample.className = `cell ${kind}`;
    line.append(sample, worded("span", text));
    return line;
  });
}

function page(root, data, jump) {
  const text = root.querySelector(".text");
  const readout = root.querySelector(".readout");
  const mark = JSON.stringify([data.key, data.mark, data.labels.readout]);
  if (root.dataset.key === mark) return; // the same page: keep the reader's place
  root.dataset.key = mark;
  text.setAttribute("aria-label", data.labels.page);

  const all = document.createDocumentFragment();
  const cells = data.texts.map((said, i) => {
    const cell = worded("span", visible(said));
    cell.className = `cell ${kind(data, i)}`;
    cell.dataset.i = i;
    const inside = data.mark && data.starts[i] < data.mark[1] && data.starts[i + 1] > data.mark[0];
    if (inside) cell.classList.add("marked");
    all.append(cell);
    if (said.includes("\n")) all.append("\n");
    return cell;
  });
  text.replaceChildren(all);

  let active = 0;
  const show = (i) => {
    readout.textContent = said(data, i);
    cells[i].title = readout.textContent;
  };
  const move = (i) => {
    cells[active].classList.remove("active");
    active = Math.min(cells.length - 1, Math.max(0, i));
    cells[active].classList.add("active");
    show(active);
    within(text, cells[active]);
  };
  text.onmouseover = (event) => {
    const i = event.target.dataset?.i;
    if (i !== undefined) show(Number(i));
  };
  text.onclick = (event) => {
    const i = event.target.dataset?.i;
    if (i !== undefined) move(Number(i));
  };
  const line = (from, step) => {
    let i = from + step;
    while (i > 0 && i < cells.length && !data.texts[i - 1].includes("\n")) i += step;
    return i;
  };
  text.onkeydown = (event) => {
    const moves = {
      ArrowLeft: () => move(active - 1),
      ArrowRight: () => move(active + 1),
      ArrowUp: () => move(line(active, -1)),
      ArrowDown: () => move(line(active, 1)),
      Home: () => move(0),
      End: () => move(cells.length - 1),
      PageUp: () => jump(data.moves.before),
      PageDown: () => jump(data.moves.behind),
    };
    if (!(event.key in moves)) return;
    event.preventDefault();
    moves[event.key]();
  };
  text.onfocus = () => move(active);
  readout.textContent = data.labels.hint;
  const first = cells.findIndex((_, i) => data.starts[i + 1] > data.at);
  active = Math.max(0, first);
  text.scrollTop = 0;
  if (active > 0) within(text, cells[active], true);
  // who asks for a line from further down the page is taken to it
  if (data.mark) root.querySelector(".turn").scrollIntoView({ block: "center" });
}

function kind(data, i) {
  if (!data.read[i]) return "unread";
  if (data.a[i] === null || data.b[i] === null) return "broken";
  const level = data.levels[i];
  return level > 0 ? `b${level}` : level < 0 ? `a${-level}` : "";
}

function said(data, i) {
  const found = data.labels.readout;
  const number = (value) => (value === null ? "–" : value.toFixed(3).replace("-", "−"));
  const values = {
    text: `\u2068${visible(data.texts[i])}\u2069`, // isolated: right-to-left text moves no figure
    position: data.starts[i].toLocaleString("en-US"),
    tokens: data.starts[i + 1] - data.starts[i],
    a: number(data.a[i]),
    b: number(data.b[i]),
  };
  if (!data.read[i]) return filled(found.unread, values);
  if (data.a[i] === null || data.b[i] === null) return filled(found.broken, values);
  const amount = Math.abs(data.a[i] - data.b[i]).toFixed(3);
  const kind = Number(amount) === 0 ? "same" : data.a[i] > data.b[i] ? "better" : "worse";
  values.better = filled(data.labels.better[kind], { amount });
  return filled(found.read, values);
}

function filled(template, values) {
  return template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function visible(said) {
  return Array.from(said, (letter) => {
    if (letter === "\n") return "↵";
    if (letter === "\t") return "→\t";
    if (!INVISIBLE.test(letter)) return letter;
    return `[U+${letter.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}]`;
  }).join("");
}

function within(box, cell, centre) {
  const above = box.getBoundingClientRect().top - box.scrollTop;
  const top = cell.getBoundingClientRect().top - above; // from the start of all that the box holds
  if (centre) box.scrollTop = Math.max(0, top - box.clientHeight / 3);
  else if (top < box.scrollTop) box.scrollTop = top - 8;
  else if (top + cell.offsetHeight > box.scrollTop + box.clientHeight)
    box.scrollTop = top + cell.offsetHeight - box.clientHeight + 8;
}

function worded(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
