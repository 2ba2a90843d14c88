/**
 * The badge: what was declared and held, as a small picture.
 *
 * @module
 */
import { PROFILES } from "../control.ts";
import type { Requirement } from "../requirement.ts";
import type { Report } from "../run.ts";
import { summaryOf } from "./summary.ts";

/** Width of a character in units of the picture; the text is stretched to fit. */
const CHARACTER = 6.6;
const PADDING = 8;

/**
 * An SVG of one line: the specification's release, and the profiles that hold with the number of requirements that were
 * tested, or the number of failures. Real time is told, for it says less than virtual time.
 *
 * @param requirements the catalogue
 */
export function badge(report: Report, requirements: readonly Requirement[]): string {
  const { passed, checks, known, profiles } = summaryOf(report, requirements);
  const { subject } = report;
  const failed = checks.fail + checks["not-testable"] - known;
  // Of what the subject says of itself only the known words come into the picture.
  const declared = PROFILES.filter((profile) => subject.profiles.includes(profile)).join(" + ") || "nothing declared";
  const held = profiles.reduce((sum, { must, should }) => sum + must.passed + should.passed, 0);
  const exceptions = known === 0 ? "" : `, ${known} known failures`;
  const real = subject.clock === "real" ? ", real time" : "";
  const left = `bellhop ${/^[\d.]{1,10}$/.test(report.spec) ? report.spec : "?"}`;
  const right = passed ? `${declared}: ${held} requirements${exceptions}${real}` : `${failed} checks failed${real}`;
  const colour = !passed ? "#b3261e" : known > 0 || real !== "" || held === 0 ? "#8a6100" : "#1b7f3b";
  const [a, b] = [left, right].map((text) => Math.ceil(text.length * CHARACTER) + 2 * PADDING);
  const label = (text: string, x: number, width: number): string =>
    `<text x="${x + PADDING}" y="14" textLength="${
      width - 2 * PADDING
    }" lengthAdjust="spacingAndGlyphs">${text}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${
    a + b
  }" height="20" role="img" aria-label="${left}: ${right}">
<title>${left}: ${right}</title>
<rect width="${a + b}" height="20" rx="3" fill="${colour}"/>
<path d="M3 0h${a - 3}v20H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z" fill="#444"/>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
${label(left, 0, a)}
${label(right, a, b)}
</g>
</svg>
`;
}
