"use strict";
(() => {
  const form = document.getElementById("filter");
  const shown = document.getElementById("shown");
  const rows = [...document.querySelectorAll("tbody tr, details.evidence")];
  const columns = [...document.querySelectorAll("thead th[data-s]")];

  const misses = (element, name, wanted) => {
    const own = element.dataset[name];
    return wanted !== "" && own !== undefined && !own.split(" ").includes(wanted);
  };
  const apply = () => {
    const wanted = { s: form.s.value, a: form.a.value, v: form.v.value };
    let left = 0;
    for (const row of rows) {
      row.hidden = ["s", "a", "v"].some((name) => misses(row, name, wanted[name]));
      if (!row.hidden && row.matches("details.evidence")) left += 1;
    }
    for (const head of columns) {
      const hide = misses(head, "s", wanted.s);
      const place = head.cellIndex;
      for (const row of head.closest("table").rows) row.cells[place].hidden = hide;
    }
    const filtered = wanted.s + wanted.a + wanted.v !== "";
    shown.textContent = filtered ? left + (left === 1 ? " promise not kept" : " promises not kept") : "";
  };
  form.hidden = false;
  form.addEventListener("change", apply);
  form.addEventListener("reset", () => setTimeout(apply));
  form.addEventListener("submit", (event) => event.preventDefault());

  const key = (row, place) => {
    const cell = row.cells[place];
    return cell.dataset.n === undefined ? cell.textContent.trim() : Number(cell.dataset.n);
  };
  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number" ? a - b
      : typeof a === typeof b ? a.localeCompare(b, "en", { numeric: true })
        : typeof a === "number" ? -1 : 1;
  const sort = (head) => {
    const body = head.closest("table").tBodies[0];
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const place = head.cellIndex;
    const sorted = [...body.rows].map((row) => [key(row, place), row]);
    sorted.sort((a, b) => (down ? -1 : 1) * compare(a[0], b[0]));
    body.append(...sorted.map((pair) => pair[1]));
  };
  for (const head of document.querySelectorAll("thead th")) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(head));
    head.append(button);
  }

  const follow = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.closest("[hidden]")) {
      form.reset();
      apply();
    }
    for (let part = target; part; part = part.parentElement) if (part.matches("details")) part.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", follow);
  follow();
  addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll("details.evidence")) part.open = true;
  });
})();
