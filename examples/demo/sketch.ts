/**
 * A scene as it is drawn: each trace event becomes the strokes that its labels say, in the order of the trace.
 *
 * @module
 */
import { draw, header, REMARK, rule } from "./diagram.ts";
import type { Labels, Mark, Role } from "./labels.ts";
import { type Colour, paint, show } from "./paint.ts";
import { isRegistryStep, type MessageStep, type Step } from "./step.ts";
import type { Lifeline, Stroke } from "./stroke.ts";

/** Whose lifeline is whose in a scene: by the name of the service. The bus has the middle one. */
export type Cast = Readonly<Record<string, Lifeline>>;

/** A diagram under way. */
export class Sketch {
  /** What was drawn. */
  readonly strokes: Stroke[] = [];
  private readonly answers: (() => void)[] = [];
  private readonly steps: Step[] = [];
  private readonly watchers = new Set<() => void>();
  private startMs: number | undefined;

  /** @param belongs whether a message's step is one of this scene's */
  constructor(
    titles: readonly string[],
    private readonly labels: Labels,
    private readonly cast: Cast,
    private readonly belongs: (step: MessageStep) => boolean,
  ) {
    show(...header(titles));
  }

  /** The next step of the trace. */
  take(step: Step): void {
    if (!isRegistryStep(step) && !this.belongs(step)) return;
    const marks = this.labels(step);
    if (!isRegistryStep(step) && marks.length > 0) this.drawAnswers();
    for (const mark of marks) {
      const stroke = this.strokeOf(mark, step);
      if (stroke === undefined) continue;
      if (mark.answer === true) this.answers.push(() => this.draw(stroke, step));
      else this.draw(stroke, step);
    }
    this.steps.push(step);
    for (const watcher of this.watchers) watcher();
  }

  /** Draws a line across for what happened to a process. */
  mark(text: string): void {
    show(...rule(text).map((line, first) => first === 0 ? paint("red", line) : line));
  }

  /** Resolves with true when a step such as is wanted was taken, or with false when the time is up. */
  until(wanted: (step: Step) => boolean, timeoutMs = 10_000): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (found: boolean) => {
        clearTimeout(timer);
        this.watchers.delete(look);
        resolve(found);
      };
      const look = () => void (this.steps.some(wanted) && end(true));
      const timer = setTimeout(() => end(false), timeoutMs);
      this.watchers.add(look);
      look();
    });
  }

  private drawAnswers(): void {
    for (const answer of this.answers.splice(0)) answer();
  }

  private draw(stroke: Stroke, step: Step): void {
    this.strokes.push(stroke);
    this.startMs ??= step.atMs;
    const remark = `${step.kind.padEnd(10)} +${Math.round(step.atMs - this.startMs)} ms`;
    show(...draw(stroke, remark).map((line) => coloured(line, step)));
  }

  private strokeOf(mark: Mark, step: Step): Stroke | undefined {
    const from = this.lifeline(mark.from, step);
    const to = this.lifeline(mark.to, step);
    return from === undefined || to === undefined ? undefined : { from, to, label: mark.label };
  }

  private lifeline(role: Role, step: Step): Lifeline | undefined {
    if (role === "bus") return 1;
    if (isRegistryStep(step)) return this.cast[step.service];
    // A client's default source is `/services/` and the name.
    return this.cast[role === "sender" ? step.source.split("/").at(-1)! : step.receiver ?? ""];
  }
}

const COLOURS: Readonly<Record<string, Colour>> = {
  failed: "red",
  retry: "yellow",
  stored: "cyan",
  waiting: "yellow",
  delivered: "green",
};

function coloured(line: string, { kind }: Step): string {
  const [drawn, remark] = line.split(REMARK);
  const colour = COLOURS[kind];
  const painted = colour === undefined
    ? drawn
    : drawn.replaceAll(/[^|]+/g, (part) => part.trim() === "" ? part : paint(colour, part));
  return remark === undefined ? painted : painted + paint("dim", REMARK + remark);
}
