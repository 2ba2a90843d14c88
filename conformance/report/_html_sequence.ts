/**
 * Draws a sequence diagram as inline SVG. Colours come from the classes of the page.
 *
 * @module
 */
import { type Markup, markup } from "./_html_markup.ts";
import { durationText, type Sequence, type SequenceStep } from "./sequence.ts";

/** Widths and heights in pixels of the drawing. */
const GUTTER = 84;
const HEAD = 46;
const FOOT = 14;
const ROW = { message: 34, note: 30, wait: 34, gap: 28 } as const;
const CHARACTER = 6.5;
const BOLD = 7.4;
const LANE_GAP = { least: 150, most: 320 } as const;

/**
 * The drawing.
 *
 * @param ending what was found at the end, drawn across
 */
export function sequenceSvg({ lanes, steps, startMs }: Sequence, ending?: string): Markup {
  const gap = laneGap(lanes.length, steps);
  const x = (lane: number) => GUTTER + 66 + lane * gap;
  const width = x(lanes.length - 1) + 90;
  const right = x(lanes.length - 1) + 66;
  let y = HEAD;
  let shownMs: number | undefined;
  const rows = steps.map((step) => {
    const top = y;
    y += ROW[step.kind];
    const time = "atMs" in step && step.kind !== "wait" && step.atMs !== shownMs;
    if (time) shownMs = step.atMs;
    return markup`${
      time && markup`<text class="time" x="${GUTTER - 14}" y="${top + 22}">+${durationText(step.atMs - startMs)}</text>`
    }${drawn(step, top)}`;
  });
  if (ending !== undefined) {
    const label = short(ending, Math.floor((right - GUTTER) / BOLD) - 5);
    rows.push(
      markup`
        <g class="ending">
          <title>${ending}</title>
          <rect x="${GUTTER}" y="${y + 6}" width="${right - GUTTER}" height="26" rx="6" />
          <text x="${(GUTTER + right) / 2}" y="${y + 23}">${`✕ ${label}`}</text>
        </g>
      `,
    );
    y += 38;
  }
  const height = y + FOOT;
  const heads = lanes.map(({ title, role }, lane) =>
    markup`
      <line class="life" x1="${x(lane)}" x2="${x(lane)}" y1="34" y2="${height - 4}" />
      <g class="lane ${role}">
        <title>${title}</title>
        <rect x="${x(lane) - 60}" y="6" width="120" height="28" rx="8" />
        <text x="${x(lane)}" y="24">${short(title, 17)}</text>
      </g>
    `
  );
  return markup`
    <svg class="sequence" role="img" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" style="min-width:${
    Math.round(width * 0.85)
  }px"
      aria-label="${described(lanes, steps)}">${heads}${rows}</svg>
  `;

  function drawn(step: SequenceStep, top: number): Markup {
    const middle = (x(0) + x(lanes.length - 1)) / 2;
    if (step.kind === "message") {
      const [from, to] = [x(step.from), x(step.to)];
      const away = to > from ? -1 : 1;
      const at = top + 25;
      const label = short(step.label, Math.floor((Math.abs(to - from) - 14) / CHARACTER));
      return markup`
        <g class="message ${step.tone}${step.answer ? " answer" : ""}">
          <title>${step.label}</title>
          <line x1="${from}" y1="${at}" x2="${to + away * 7}" y2="${at}" />
          <path d="M${to} ${at}l${away * 9} -4.5v9z" />
          <text x="${(from + to) / 2}" y="${at - 7}">${label}</text>
        </g>
      `;
    }
    if (step.kind === "note") {
      const label = short(step.label, 44);
      const wide = label.length * CHARACTER + 22;
      const left = Math.max(GUTTER, x(step.lane) - wide / 2);
      return markup`
        <g class="note ${step.tone}">
          <title>${step.label}</title>
          <rect x="${left}" y="${top + 5}" width="${wide}" height="21" rx="10.5" />
          <text x="${left + wide / 2}" y="${top + 20}">${label}</text>
        </g>
      `;
    }
    if (step.kind === "wait") {
      return markup`
        <g class="wait">
          <title>${step.ms} ms pass</title>
          <rect x="${GUTTER}" y="${top + 4}" width="${right - GUTTER}" height="26" />
          <text x="${middle}" y="${top + 21}">${`${durationText(step.ms)} pass`}</text>
        </g>
      `;
    }
    return markup`
      <g class="gap">
        <text x="${middle}" y="${top + 18}">${`⋮ ${step.steps} steps left out ⋮`}</text>
      </g>
    `;
  }
}

function laneGap(lanes: number, steps: readonly SequenceStep[]): number {
  let widest: number = LANE_GAP.least;
  for (const step of steps) {
    if (step.kind !== "message") continue;
    const room = step.label.length * CHARACTER + 30;
    widest = Math.max(widest, room / Math.max(1, Math.abs(step.to - step.from)));
  }
  // With many lanes the drawing is wide enough as it is.
  return Math.round(Math.min(widest, lanes > 4 ? 230 : LANE_GAP.most));
}

function described(lanes: Sequence["lanes"], steps: readonly SequenceStep[]): string {
  const said = steps.map((step) => {
    if (step.kind === "message") return `${lanes[step.from].title} to ${lanes[step.to].title}: ${step.label}`;
    if (step.kind === "note") return `${lanes[step.lane].title}: ${step.label}`;
    return step.kind === "wait" ? `${durationText(step.ms)} pass` : `${step.steps} steps left out`;
  });
  return `Sequence diagram. ${said.join(". ")}.`;
}

function short(label: string, most: number): string {
  const letters = [...label];
  return letters.length <= most ? label : `${letters.slice(0, Math.max(1, most - 1)).join("")}…`;
}
