"use strict";
// Tables that sort by their headers and leave as CSV. What is in them is text, and stays text.
(() => {
  const NUMBER = /^[+\u2212-]?[\d,]+(\.\d+)?( %)?$/;
  const FORMULA = /^([=@\t\r\uff1d\uff20]|[+\-\uff0b\uff0d][\s\S]*[^0-9 ().\-/])/;

  // A figure as other programs read it: 1,234 is 1234, and the minus sign a hyphen.
  const plain = (text) =>
    NUMBER.test(text) ? text.replace(/,/g, "").replace("\u2212", "-") : text;

  const guarded = (text) => (FORMULA.test(text) ? "'" + text : text);

  const quoted = (text) =>
    /^$|[",\r\n]|^\s|\s$/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;

  const cells = (row) =>
    [...row.cells].filter((cell) => cell.getAttribute("aria-hidden") !== "true");

  const text = (cell) => {
    const button = cell.querySelector("button");
    return (button || cell).textContent.trim();
  };

  // The first number of a cell: of "GBP 1,234.50 to 2,000" 1234.5; none is below all.
  const figure = (cell) => {
    const found = text(cell).replace(/,(?=\d)/g, "").match(/[+\u2212-]?\d+(\.\d+)?/);
    return found ? Number(found[0].replace("\u2212", "-")) : -Infinity;
  };

  const sort = (table, place, head) => {
    const down = head.classList.contains("sp-n");
    const before = head.getAttribute("aria-sort");
    const order = before ? (before === "ascending" ? "descending" : "ascending")
      : down ? "descending" : "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    const compare = down
      ? (a, b) => (figure(a.cells[place]) - figure(b.cells[place]) || 0)
      : (a, b) => text(a.cells[place]).localeCompare(text(b.cells[place]), "en", { numeric: true });
    const body = table.tBodies[0];
    for (const row of [...body.rows].sort((a, b) => sign * compare(a, b))) body.append(row);
  };

  const csv = (table) =>
    [table.tHead.rows[0], ...table.tBodies[0].rows]
      .map((row) => cells(row).map((cell) => quoted(guarded(plain(text(cell))))).join(","))
      .join("\r\n") + "\r\n";

  const download = (table) => {
    const blob = new Blob(["\ufeff", csv(table)], { type: "text/csv;charset=utf-8" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = table.dataset.name + ".csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  for (const table of document.querySelectorAll("table.sp[data-name]")) {
    if (table.tBodies[0].rows.length > 1) {
      [...table.tHead.rows[0].cells].forEach((head, place) => {
        if (head.getAttribute("aria-hidden") === "true") return;
        const button = document.createElement("button");
        button.type = "button";
        button.className = "sort";
        button.append(...head.childNodes);
        head.append(button);
        button.addEventListener("click", () => sort(table, place, head));
      });
    }
    const save = document.createElement("button");
    save.type = "button";
    save.className = "csv";
    save.textContent = "Save as CSV";
    save.setAttribute("aria-label", "Save as CSV: " + table.caption.textContent);
    save.addEventListener("click", () => download(table));
    table.parentElement.after(save);
  }
})();
