// The drop zone. Files go to the app's own route in pieces of `data.piece` bytes, one file after the other.
// A piece is accepted only where the file ends on the server, so an interrupted upload goes on
// from there: after a lost connection by itself, after a refresh when the file is dropped again.
// Names are written with textContent: they are never markup.

const RETRIES = 6;

export default function (component) {
  const { parentElement, data, setTriggerValue } = component;
  const root = parentElement.querySelector(".uploader");
  const zone = (root.zone ??= create(root));
  zone.data = data;
  zone.tell = (value) => setTriggerValue("done", value);
  zone.relabel();
}

function create(root) {
  const zone = { data: null, tell: null, queue: [], busy: false };
  const input = root.querySelector("input");
  const drop = root.querySelector(".drop");
  const list = root.querySelector("ul");

  zone.relabel = () => {
    const { labels } = zone.data;
    drop.classList.toggle("compact", zone.data.compact);
    root.querySelector(".title").textContent = labels.title;
    root.querySelector(".hint").textContent = labels.hint;
    root.querySelector(".choose").textContent = labels.choose;
    input.setAttribute("aria-label", labels.choose);
    list.setAttribute("aria-label", labels.list);
    for (const item of zone.queue) item.show();
  };

  root.querySelector(".choose").onclick = () => input.click();
  input.onchange = () => {
    add([...input.files]);
    input.value = "";
  };
  drop.ondragover = (event) => {
    event.preventDefault();
    drop.classList.add("over");
  };
  drop.ondragleave = () => drop.classList.remove("over");
  drop.ondrop = async (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    add(await dropped(event.dataTransfer));
  };

  function add(files) {
    for (const file of files) {
      const item = row(zone, list, file);
      if (file.size > zone.data.limit) item.fail("size");
      zone.queue.push(item);
    }
    work();
  }

  async function work() {
    if (zone.busy) return;
    zone.busy = true;
    let arrived = 0;
    let next;
    while ((next = zone.queue.find((item) => item.state === "waiting"))) {
      await send(zone, next);
      if (next.state === "done") arrived += 1;
    }
    zone.busy = false;
    for (const item of zone.queue.filter((item) => item.state === "done")) item.element.remove();
    zone.queue = zone.queue.filter((item) => item.state !== "done");
    if (arrived) zone.tell({ files: arrived, at: Date.now() });
  }

  zone.work = work;
  return zone;
}

function row(zone, list, file) {
  const element = document.createElement("li");
  const name = document.createElement("span");
  const status = document.createElement("span");
  const again = document.createElement("button");
  const bar = document.createElement("progress");
  name.className = "name";
  status.className = "status";
  again.className = "again";
  again.type = "button";
  bar.max = 1;
  name.textContent = file.name;
  element.append(name, status, again, bar);
  list.append(element);

  const item = { file, element, state: "waiting", sent: 0, reason: null };
  item.show = () => {
    const { labels } = zone.data;
    const share = file.size ? item.sent / file.size : item.state === "done" ? 1 : 0;
    bar.value = share;
    element.className = item.state;
    again.hidden = item.state !== "failed" || item.reason !== "network";
    again.textContent = labels.again;
    status.textContent =
      item.state === "failed"
        ? labels.errors[item.reason] ?? labels.errors.other
        : item.state === "waiting"
          ? labels.waiting
          : item.state === "paused"
            ? labels.paused
            : `${Math.floor(100 * share)}%`;
  };
  item.fail = (reason) => {
    item.state = "failed";
    item.reason = reason;
    item.show();
  };
  again.onclick = () => {
    item.state = "waiting";
    item.show();
    zone.work();
  };
  item.show();
  return item;
}

async function send(zone, item) {
  const { file } = item;
  const url = `${zone.data.url}/${mark(file)}`;
  item.state = "sending";
  item.show();
  let failures = 0;
  let finished = false;
  try {
    item.sent = (await answer(zone, url, "GET")).offset;
  } catch {
    item.sent = 0;
  }
  if (item.sent > file.size) item.sent = 0;
  if (item.sent === file.size && file.size > 0) {
    item.state = "done";
    item.show();
    return;
  }
  while (!finished) {
    const piece = file.slice(item.sent, item.sent + zone.data.piece);
    let reply;
    try {
      reply = await answer(zone, url, "PUT", piece, {
        "Upload-Offset": String(item.sent),
        "Upload-Length": String(file.size),
        "Upload-Name": encodeURIComponent(file.name),
      });
      failures = 0;
    } catch {
      failures += 1;
      if (failures > RETRIES) return item.fail("network");
      item.state = "paused";
      item.show();
      await new Promise((resolve) => setTimeout(resolve, 400 * 2 ** failures));
      item.state = "sending";
      continue;
    }
    if (reply.error === "offset") {
      if (reply.offset > file.size) return item.fail("other");
      item.sent = reply.offset;
      finished = item.sent === file.size && file.size > 0;
    } else if (reply.error === "network") {
      continue;
    } else if (reply.error) {
      return item.fail(reply.error);
    } else {
      item.sent = reply.offset;
      finished = item.sent >= file.size;
    }
    item.show();
  }
  item.state = "done";
  item.show();
}

async function answer(zone, url, method, body, headers) {
  const reply = await fetch(url, {
    method,
    body,
    headers: { "Upload-Token": zone.data.token, ...headers },
    credentials: "same-origin",
  });
  return await reply.json();
}

// The same file dropped again gets the same mark, so that its upload goes on where it stood.
function mark(file) {
  const text = `${file.name}\n${file.size}\n${file.lastModified}`;
  return [1, 2, 3, 4].map((seed) => hash(text, seed)).join("");
}

function hash(text, seed) {
  let h = Math.imul(seed, 0x9e3779b1) ^ text.length;
  for (let i = 0; i < text.length; i += 1) {
    h = Math.imul(h ^ text.charCodeAt(i), 0x85ebca6b);
    h = (h << 13) | (h >>> 19);
  }
  h = Math.imul(h ^ (h >>> 16), 0xc2b2ae35);
  return ((h ^ (h >>> 13)) >>> 0).toString(16).padStart(8, "0");
}

// Files of a drop; of a dropped folder the files inside.
async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files];
  const files = [];
  for (const entry of entries) await collect(entry, files);
  return files;
}

async function collect(entry, files) {
  if (entry.isFile) {
    files.push(await new Promise((resolve, reject) => entry.file(resolve, reject)));
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return;
    for (const inner of some) await collect(inner, files);
  }
}
