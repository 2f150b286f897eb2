// Stored documents with a tick each. Every cell is written with textContent: a name is never markup.

export default function (component) {
  const { parentElement, data, setStateValue } = component;
  const root = parentElement.querySelector(".documents");
  const key = JSON.stringify([data.rows.map((row) => row.id), data.version]);
  if (root.dataset.key !== key) {
    root.dataset.key = key;
    root.chosen = new Set(data.selected);
  }
  const chosen = root.chosen;
  const send = () =>
    setStateValue("selected", data.rows.map((row) => row.id).filter((id) => chosen.has(id)));

  const table = document.createElement("table");
  const head = table.createTHead().insertRow();
  const all = tick(data.labels.all, false);
  const first = document.createElement("th");
  first.append(all);
  head.append(first);
  data.labels.columns.forEach((label, i) => {
    const cell = document.createElement("th");
    cell.textContent = label;
    if (data.numeric.includes(i)) cell.className = "num";
    head.append(cell);
  });

  const body = table.createTBody();
  const ticks = [];
  for (const row of data.rows) {
    const line = body.insertRow();
    const box = tick(row.cells[0], chosen.has(row.id));
    ticks.push([row.id, box]);
    line.insertCell().append(box);
    row.cells.forEach((text, i) => {
      const cell = line.insertCell();
      cell.textContent = text;
      if (data.numeric.includes(i)) cell.className = "num";
      if (i === 0) cell.className = "name";
    });
    box.onchange = () => {
      box.checked ? chosen.add(row.id) : chosen.delete(row.id);
      summarize();
      send();
    };
  }
  function summarize() {
    const some = ticks.filter(([id]) => chosen.has(id)).length;
    all.checked = some === ticks.length && some > 0;
    all.indeterminate = some > 0 && some < ticks.length;
  }
  all.onchange = () => {
    for (const [id, box] of ticks) {
      box.checked = all.checked;
      all.checked ? chosen.add(id) : chosen.delete(id);
    }
    summarize();
    send();
  };
  summarize();

  const top = root.scrollTop;
  root.replaceChildren(table);
  root.scrollTop = top;
}

function tick(label, checked) {
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = checked;
  box.setAttribute("aria-label", label);
  return box;
}
