"use strict";
// What a reader does with the page, and what must be there afterwards.
addEventListener("load", async () => {
  const all = (what) => [...document.querySelectorAll(what)];
  const pause = () => new Promise((done) => setTimeout(done, 50));
  const must = (fact, words) => fact || wrong.push(words);
  const form = document.getElementById("filter");

  must(!form.hidden, "the filter is hidden");
  must(document.documentElement.scrollWidth <= innerWidth + 1, "the page is wider than its window");

  // Filter by each of the three: what is left is about what was asked for.
  for (const name of ["s", "a", "v"]) {
    const own = (row) => row.dataset[name].split(" ");
    const wanted = all(`tbody tr[data-${name}]`).map((row) => own(row)[0]).find((value) => value !== "");
    if (wanted === undefined) continue;
    form[name].value = wanted;
    form.dispatchEvent(new Event("change"));
    const rows = all(`tbody tr[data-${name}]`);
    must(rows.every((row) => row.hidden !== own(row).includes(wanted)), `filter ${name}=${wanted} is wrong`);
    must(rows.some((row) => !row.hidden), `filter ${name}=${wanted} leaves nothing`);
    form.reset();
    await pause();
    must(rows.every((row) => !row.hidden), "the filter cannot be taken back");
  }

  // Sort every table by its last column: figures by size, both ways.
  for (const table of all("table")) {
    const heads = [...table.tHead.rows[0].cells];
    const head = heads[heads.length - 1];
    for (const way of ["ascending", "descending"]) {
      head.querySelector("button").click();
      must(head.getAttribute("aria-sort") === way, `${table.id} is not ${way}`);
      const figures = [...table.tBodies[0].rows].map((row) => row.cells[heads.length - 1].dataset.n);
      const known = figures.filter((figure) => figure !== undefined).map(Number);
      const sign = way === "ascending" ? 1 : -1;
      must(known.every((figure, n) => n === 0 || sign * (figure - known[n - 1]) >= 0), `${table.id} is not sorted`);
    }
  }

  // A link to a failure opens its evidence; a link to a requirement finds its row.
  const failure = document.querySelector("details.evidence");
  if (failure) {
    location.hash = failure.id;
    await pause();
    must(failure.open, "a link does not open its evidence");
    for (const part of ["Promise", "Expected", "Replay"]) {
      must(failure.textContent.toLowerCase().includes(part.toLowerCase()), `the evidence has no ${part}`);
    }
  }
  const requirement = document.querySelector("#by-requirement tbody tr[id]");
  if (requirement) must(/^[A-Z]+-\d+$/.test(requirement.id), `${requirement.id} is no stable anchor`);

  for (const plot of all("svg.plot")) {
    const said = ["title", "desc"].map((part) => plot.querySelector(part)?.textContent ?? "");
    must(said.every((text) => text.length > 0), "a plot has no text alternative");
  }

  const loaded = performance.getEntriesByType("navigation")[0].loadEventStart;
  const figures = `${all("table").length} tables, ${all("svg.plot").length} plots, loaded in ${Math.round(loaded)} ms`;
  const end = document.createElement("pre");
  end.id = "browser-test";
  end.textContent = wrong.length === 0 ? `passed: ${figures}` : `FAILED: ${wrong.join("; ")}`;
  document.body.append(end);
});
