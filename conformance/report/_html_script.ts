/**
 * The script of the page: filter, panel, keys, copy. It reads what stands in the page and knows no data of its own.
 *
 * @module
 */

/** The text between the tags. */
export const PAGE_SCRIPT = `
"use strict";
(() => {
  const one = (selector) => document.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const form = one("#filter"), panel = one("#panel"), body = one("#panel-body"), output = one("#filter output");
  const NAMES = ["text", "chapter", "profile", "level", "verdict"];
  const rows = all("#catalogue .requirement").map((element) => ({
    element,
    cell: document.getElementById("cell-" + element.id),
    words: element.textContent.toLowerCase() + " " + element.dataset.chapter,
  }));
  const byId = new Map(rows.map((row) => [row.element.id, row]));
  const failures = all(".failure");
  let opened = "", cameFrom;
  document.documentElement.classList.add("js");

  function read() {
    const hash = decode(location.hash.slice(1));
    const plain = byId.has(hash);
    const wanted = new URLSearchParams(plain ? "open=" + hash : location.hash.slice(1));
    for (const name of NAMES) form.elements[name].value = wanted.get(name) ?? "";
    filter();
    show(wanted.get("open") ?? "", false);
  }

  function decode(text) {
    try { return decodeURIComponent(text); } catch { return ""; }
  }

  function write() {
    const state = new URLSearchParams();
    for (const name of NAMES) if (form.elements[name].value !== "") state.set(name, form.elements[name].value);
    if (opened !== "") state.set("open", opened);
    const hash = String(state);
    history.replaceState(null, "", hash === "" ? location.pathname + location.search : "#" + hash);
  }

  function filter() {
    const { text, ...exact } = Object.fromEntries(NAMES.map((name) => [name, form.elements[name].value]));
    const words = text.toLowerCase().split(/\\s+/).filter(Boolean);
    const kept = new Set();
    for (const { element, cell, words: found } of rows) {
      const fits = Object.entries(exact).every(([name, value]) => value === "" || element.dataset[name] === value) &&
        words.every((word) => found.includes(word));
      element.hidden = cell.parentElement.hidden = !fits;
      if (fits) kept.add(element.id);
    }
    for (const part of all(".section")) part.hidden = !part.querySelector("li:not([hidden])");
    for (const part of all(".chapter")) part.hidden = !part.querySelector(".section:not([hidden])");
    for (const part of all(".of-chapter")) part.hidden = !part.querySelector(".requirement:not([hidden])");
    const whole = kept.size === rows.length;
    for (const failure of failures) {
      const { requirement, about } = failure.dataset;
      failure.hidden = !whole && !(requirement === "" ? about.split(" ") : [requirement]).some((id) => kept.has(id));
    }
    output.textContent = whole ? rows.length + " shown" : kept.size + " of " + rows.length + " shown";
    reach();
  }

  /** One stop of the Tab key in all cells; the arrows go on from there. */
  function reach(cell) {
    const shown = rows.filter((row) => !row.element.hidden).map((row) => row.cell);
    const stop = cell ?? shown.find((one) => one.hasAttribute("aria-current")) ?? shown[0];
    for (const row of rows) row.cell.tabIndex = row.cell === stop ? 0 : -1;
    return shown;
  }

  function show(id, keep = true) {
    for (const cell of all(".cell[aria-current]")) cell.removeAttribute("aria-current");
    const row = byId.get(id);
    opened = row === undefined ? "" : id;
    panel.hidden = row === undefined;
    if (row !== undefined) {
      row.cell.setAttribute("aria-current", "true");
      const copy = row.element.cloneNode(true);
      for (const name of ["id", "tabindex", "hidden"]) copy.removeAttribute(name);
      const heading = copy.querySelector("h3");
      heading.firstChild.remove();
      one("#panel-title").textContent = id;
      body.replaceChildren(copy);
      panel.scrollTop = 0;
      reach(row.cell);
    }
    if (keep) write();
  }

  function close() {
    const back = cameFrom ?? byId.get(opened)?.cell;
    show("");
    back?.focus({ preventScroll: true });
  }

  async function copyText(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  }

  form.addEventListener("input", () => { filter(); write(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { filter(); write(); }));
  one("#panel-close").addEventListener("click", close);
  addEventListener("hashchange", read);

  document.addEventListener("click", async (event) => {
    const button = event.target.closest(".copy");
    if (button !== null) {
      const label = button.firstChild, before = "Copy";
      label.data = await copyText(button.dataset.copy) ? "Copied" : "Select it";
      button.classList.toggle("done", label.data === "Copied");
      setTimeout(() => { label.data = before; button.classList.remove("done"); }, 2000);
      return;
    }
    const link = event.target.closest('a[href^="#"]');
    if (link === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const target = link.getAttribute("href").slice(1);
    if (byId.has(target)) {
      event.preventDefault();
      cameFrom = link;
      show(opened === target && link.classList.contains("cell") ? "" : target);
    } else if (target.startsWith("verdict=")) {
      event.preventDefault();
      const value = target.slice(8), field = form.elements.verdict;
      field.value = field.value === value ? "" : value;
      filter();
      write();
    } else {
      // The hash keeps the filter; so the page goes there by itself.
      event.preventDefault();
      const place = document.getElementById(target);
      if (place === null) return;
      if (place.classList.contains("failure")) for (const part of all(".diagram", place)) part.open = true;
      place.scrollIntoView();
      place.focus({ preventScroll: true });
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && opened !== "") return close();
    if (!event.target.classList?.contains("cell")) return;
    const shown = reach(event.target), at = shown.indexOf(event.target);
    const up = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    let next;
    if (event.key === "ArrowRight") next = shown[at + 1];
    else if (event.key === "ArrowLeft") next = shown[at - 1];
    else if (event.key === "Home") next = shown[0];
    else if (event.key === "End") next = shown[shown.length - 1];
    else if (up !== 0) next = beyond(event.target, shown, up);
    else return;
    event.preventDefault();
    if (next === undefined) return;
    reach(next);
    next.focus();
    if (opened !== "") show(next.id.slice(5));
  });

  /** The nearest cell of the next row. */
  function beyond(cell, shown, way) {
    const box = cell.getBoundingClientRect();
    let best, least = Infinity;
    for (const other of shown) {
      const { left, top } = other.getBoundingClientRect();
      const down = (top - box.top) * way;
      if (down < 6) continue;
      const far = down * 2 + Math.abs(left - box.left);
      if (far < least) [best, least] = [other, far];
    }
    return best;
  }

  addEventListener("beforeprint", () => { for (const part of all("#failures .diagram")) part.open = true; });
  read();
})();
`;

/** The hash that the page's policy allows; a test says the right one after a change. */
export const PAGE_SCRIPT_HASH = "sha256-65BxicEGVvDzjlIVRTfJ/7xEI4/hJso7kZQtL+ZvmGQ=";
