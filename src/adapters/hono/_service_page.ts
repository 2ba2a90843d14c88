import type { ServiceView } from "../../core/registry/view.ts";

/** A page ends when it has so many characters, though it holds fewer services than were asked for. */
const PAGE_CHARACTERS = 1_048_576;

/**
 * A page of services as JSON, in the order of their names: so the name of its last one says where the next begins,
 * whoever comes and goes meanwhile.
 *
 * @param after the last name of the page before
 */
export function servicePage(
  services: readonly ServiceView[],
  limit: number,
  after: string | undefined,
  mostCharacters = PAGE_CHARACTERS,
): string {
  const rest = services.filter(({ name }) => after === undefined || name > after)
    .sort((one, other) => one.name < other.name ? -1 : 1);
  const page: string[] = [];
  let characters = 0;
  while (page.length < Math.min(limit, rest.length)) {
    const text = JSON.stringify(rest[page.length]);
    characters += text.length;
    // One at least, or there would be no end.
    if (page.length > 0 && characters > mostCharacters) break;
    page.push(text);
  }
  const next = page.length < rest.length ? rest[page.length - 1].name : null;
  return `{"services":[${page.join()}],"after":${JSON.stringify(next)}}`;
}
