/**
 * What a page made of foreign words has to survive: its tags stay the same, whatever is said.
 *
 * @module
 */
import fc from "fast-check";

/** Text that would become markup on a careless page, and whatever comes after it. */
export const injections: fc.Arbitrary<string> = fc.tuple(
  fc.constantFrom(
    "</script><script>alert(1)</script>",
    `"><img src=x onerror=alert(1)>`,
    `' onfocus='alert(1)' autofocus='`,
    "</title></style></textarea><svg/onload=alert(1)>",
    "<!--",
    "]]>",
    "&lt;b&gt;",
    "`${alert(1)}`",
    "\u0000<\u202e\ud800>",
    "<style>*{display:none}</style>",
    "__proto__",
  ),
  fc.string({ unit: "grapheme" }),
).map((parts) => parts.join(""));

/** The tags of a page with the names of their attributes. What scripts and styles hold is no tag, though they are. */
export function tagsOf(page: string): string[] {
  const bare = page.replaceAll(/(<(script|style)\b[^>]*>)[\s\S]*?(<\/\2>)/g, "$1$3");
  return [...bare.matchAll(/<[^>]*>?/g)].map(([tag]) => tag.replaceAll(/="[^"]*"/g, "="));
}
