// A table that is sorted by its headings, with a way from every row to another page.
// Every cell is written with textContent: a name is never markup.

export default function (component) {
  const { parentElement, data, setTriggerValue } = component;
  const root = parentElement.querySelector(".sorted");
  const key = JSON.stringify(data);
  if (root.dataset.key === key) return;
  root.dataset.key = key;
  root.order = root.order ?? { column: data.sorted, falling: data.falling };

  const table = document.createElement("table");
  const head = table.createTHead().insertRow();
  const body = table.createTBody();
  const headings = data.columns.map((label, i) => {
    const cell = document.createElement("th");
    cell.scope = "col";
    if (data.numeric.includes(i)) cell.className = "num";
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.onclick = () => {
      const { column, falling } = root.order;
      root.order = { column: i, falling: column === i && !falling };
      fill();
    };
    cell.append(button);
    head.append(cell);
    return cell;
  });
  head.append(document.createElement("th"));

  function fill() {
    const { column, falling } = root.order;
    headings.forEach((cell, i) => {
      cell.setAttribute("aria-sort", i !== column ? "none" : falling ? "descending" : "ascending");
    });
    body.replaceChildren(...[...data.rows].sort(by(column, falling)).map(line));
  }

  function line(row) {
    const made = document.createElement("tr");
    row.cells.forEach((text, i) => {
      const cell = made.insertCell();
      cell.textContent = text;
      if (data.numeric.includes(i)) cell.className = "num";
      if (i === 0) cell.className = "name";
    });
    const open = made.insertCell();
    if (row.opens) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "open";
      button.textContent = data.open;
      button.setAttribute("aria-label", `${data.open}: ${row.cells[0]}`);
      button.onclick = () => setTriggerValue("opened", row.id);
      open.append(button);
    }
    return made;
  }

  fill();
  root.replaceChildren(table);
}

// what has no value stands last, whichever way is sorted
function by(column, falling) {
  return (one, other) => {
    const [a, b] = [one.values[column], other.values[column]];
    if (a === null || b === null) return (a === null) - (b === null);
    const order = typeof a === "string" ? a.localeCompare(b, undefined, { numeric: true }) : a - b;
    return falling ? -order : order;
  };
}
