/**
 * Lets the filter show what fits, and keeps what was chosen in the address, so that it can be sent and reloaded.
 *
 * @param changed called when other names are hidden
 * @returns names of the subjects and lines that are hidden, as they are at any time
 */
export function startFilter(changed: () => void): ReadonlySet<string> {
  const form = document.querySelector<HTMLFormElement>("#filter")!;
  const text = form.querySelector<HTMLInputElement>("input[name=text]")!;
  const section = form.querySelector<HTMLSelectElement>("select[name=section]")!;
  const boxes = [...form.querySelectorAll<HTMLInputElement>("input[name=subject]")];
  const output = form.querySelector("output")!;
  const cards = [...document.querySelectorAll<HTMLElement>("main figure, .goal")];
  const hidden = new Set<string>();

  function show(): void {
    const before = [...hidden].join("\n");
    hidden.clear();
    for (const box of boxes) if (!box.checked) hidden.add(box.value);
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let figures = 0;
    for (const card of cards) {
      const said = (card.dataset.words ?? "").toLowerCase();
      const fits = words.every((word) => said.includes(word)) &&
        (section.value === "" || card.dataset.section === section.value) && !hidden.has(card.dataset.subject ?? "");
      card.hidden = !fits;
      if (fits && card.tagName === "FIGURE") figures++;
    }
    for (const part of document.querySelectorAll<HTMLElement>("main section")) {
      const own = [...part.querySelectorAll<HTMLElement>("figure, .goal")];
      part.hidden = own.length > 0 && own.every((card) => card.hidden);
    }
    for (const row of document.querySelectorAll<HTMLElement>("[data-row]")) row.hidden = hidden.has(row.dataset.row!);
    output.textContent = `${figures} of ${cards.filter(({ tagName }) => tagName === "FIGURE").length} shown`;
    if (before !== [...hidden].join("\n")) changed();
  }

  function write(): void {
    const state = new URLSearchParams();
    if (text.value !== "") state.set("text", text.value);
    if (section.value !== "") state.set("section", section.value);
    for (const name of hidden) state.append("hide", name);
    const hash = String(state);
    history.replaceState(null, "", hash === "" ? location.pathname + location.search : `#${hash}`);
  }

  function read(): void {
    const state = new URLSearchParams(location.hash.slice(1));
    text.value = state.get("text") ?? "";
    section.value = state.get("section") ?? "";
    const hide = new Set(state.getAll("hide"));
    for (const box of boxes) box.checked = !hide.has(box.value);
    show();
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => (show(), write()));
  // A form empties itself after this event.
  form.addEventListener("reset", () => setTimeout(() => (show(), write())));
  addEventListener("hashchange", read);
  read();
  return hidden;
}
