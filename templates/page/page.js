"use strict";
(function () {
  const STEP = 100;
  const root = document.documentElement;
  const theme = document.querySelector(".theme");
  theme.addEventListener("click", function () {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });
  const words = JSON.parse(document.getElementById("words").textContent);
  const number = new Intl.NumberFormat(root.lang);

  function make(tag, className, text) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  }

  function show(kind, value, badges) {
    if (value === null || value === undefined || value === "") return document.createTextNode(kind === "text" ? "" : "-");
    if (kind === "num") return document.createTextNode(number.format(value));
    if (kind === "pct") {
      // Nothing is rounded up to all, nor down to nothing.
      const shown = value >= 1 ? 100 : value > 0.999 ? 99.9 : value > 0 && value < 0.001 ? 0.1 : value * 100;
      return document.createTextNode(shown.toFixed(value >= 1 || value <= 0 ? 0 : 1) + " %");
    }
    if (kind === "badge") {
      const span = make("span", "badge");
      span.append(make("i", "f" + badges[value].color), badges[value].text);
      return span;
    }
    return document.createTextNode(value);
  }

  function months(list, legend) {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    const height = 60, width = 16;
    const most = Math.max.apply(null, list.map(function (m) { return m[1].reduce(function (a, b) { return a + b; }, 0); }));
    svg.setAttribute("viewBox", "0 0 " + Math.max(list.length * (width + 4), 240) + " " + (height + 2));
    svg.setAttribute("style", "max-width:40rem");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", legend);
    list.forEach(function (month, i) {
      let y = height;
      month[1].forEach(function (count, color) {
        if (!count) return;
        const part = document.createElementNS(space, "rect");
        const size = Math.max(1, count / most * height);
        y -= size;
        part.setAttribute("x", i * (width + 4));
        part.setAttribute("y", y);
        part.setAttribute("width", width);
        part.setAttribute("height", size);
        part.setAttribute("class", "f" + color);
        const title = document.createElementNS(space, "title");
        title.textContent = month[0] + ": " + number.format(count);
        part.append(title);
        svg.append(part);
      });
    });
    return svg;
  }

  function detail(row, extra, span) {
    const tr = make("tr", "detail");
    const td = make("td");
    td.colSpan = span;
    const dl = make("dl");
    extra.facts.forEach(function (fact) { dl.append(make("dt", "", fact[0]), make("dd", "", fact[1])); });
    td.append(dl);
    if (extra.months && extra.months.length) td.append(months(extra.months, row[0]));
    tr.append(td);
    return tr;
  }

  document.querySelectorAll("[data-table]").forEach(function (place) {
    const data = JSON.parse(document.getElementById(place.dataset.table).textContent);
    // Thousands of rows have details; only what is opened is parsed.
    const kept = document.getElementById(place.dataset.table + "-details");
    const details = kept ? kept.textContent.split("\n") : [];
    const filter = data.columns.findIndex(function (c) { return c.kind === "badge"; });
    let order = data.sort, down = true, shown = STEP, view = [];
    const tools = make("div", "tools");
    const search = make("input");
    search.type = "search";
    search.placeholder = words.search;
    search.setAttribute("aria-label", words.search);
    tools.append(search);
    let choice = null;
    if (filter >= 0) {
      choice = make("select");
      choice.setAttribute("aria-label", data.columns[filter].title);
      choice.append(new Option(words.all, ""));
      data.badges.forEach(function (badge, i) { choice.append(new Option(badge.text, String(i))); });
      tools.append(choice);
    }
    const told = make("span", "soft");
    told.setAttribute("role", "status");
    tools.append(told);
    const table = make("table");
    const head = make("thead").appendChild(make("tr"));
    const body = make("tbody");
    data.columns.forEach(function (column, i) {
      const th = make("th", (column.kind === "num" || column.kind === "pct" ? "num" : "") + (column.optional ? " opt" : ""));
      th.scope = "col";
      const button = make("button", "", column.title);
      button.type = "button";
      button.addEventListener("click", function () {
        down = order === i ? !down : column.kind === "num" || column.kind === "pct";
        order = i;
        shown = STEP;
        draw();
      });
      th.append(button);
      head.append(th);
    });
    table.append(head.parentNode, body);
    const more = make("button", "more", words.more);
    more.type = "button";
    more.addEventListener("click", function () { shown += STEP * 5; fill(); });
    const scroll = make("div", "scroll");
    scroll.append(table);
    place.append(tools, scroll, more);

    function value(row, column) { const v = row[column]; return v === null ? -1 : v; }

    function draw() {
      const wanted = search.value.trim().toLowerCase();
      const badge = choice && choice.value !== "" ? Number(choice.value) : null;
      view = [];
      data.rows.forEach(function (row, i) {
        if (badge !== null && row[filter] !== badge) return;
        if (wanted && !row.some(function (cell) { return typeof cell === "string" && cell.toLowerCase().includes(wanted); })) return;
        view.push(i);
      });
      const sign = down ? -1 : 1;
      view.sort(function (a, b) {
        const x = value(data.rows[a], order), y = value(data.rows[b], order);
        if (x < y) return -sign;
        if (x > y) return sign;
        return a - b;
      });
      Array.prototype.forEach.call(head.children, function (th, i) {
        if (i === order) th.setAttribute("aria-sort", down ? "descending" : "ascending"); else th.removeAttribute("aria-sort");
      });
      told.textContent = number.format(view.length) + " / " + number.format(data.rows.length);
      fill();
    }

    function fill() {
      const rows = view.slice(0, shown).map(function (i) {
        const row = data.rows[i];
        const tr = make("tr");
        data.columns.forEach(function (column, c) {
          const td = make("td", (column.kind === "num" || column.kind === "pct" ? "num" : "") + (column.optional ? " opt" : "") + (c === 0 ? " key" : ""));
          if (c === 0 && details[i] && details[i] !== "null") {
            const button = make("button", "", row[0]);
            button.type = "button";
            button.setAttribute("aria-expanded", "false");
            button.addEventListener("click", function () {
              const open = tr.nextSibling && tr.nextSibling.className === "detail";
              if (open) tr.nextSibling.remove(); else tr.after(detail(row, JSON.parse(details[i]), data.columns.length));
              button.setAttribute("aria-expanded", String(!open));
            });
            td.append(button);
          } else {
            td.append(show(column.kind, row[c], data.badges));
          }
          tr.append(td);
        });
        return tr;
      });
      body.replaceChildren.apply(body, rows);
      more.hidden = view.length <= shown;
    }

    let waiting = 0;
    search.addEventListener("input", function () {
      clearTimeout(waiting);
      waiting = setTimeout(function () { shown = STEP; draw(); }, 80);
    });
    if (choice) choice.addEventListener("change", function () { shown = STEP; draw(); });
    draw();
  });
  root.dataset.ready = "yes";
})();
