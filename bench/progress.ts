/** Tells on standard error what runs and how long the rest will take: a line each, since CI keeps them. */
export interface Progress {
  begin(name: string): void;
  end(): void;
}

/** @param seconds how long each piece of work should take, in their order */
export function startProgress(seconds: readonly number[], nowMs: () => number = () => performance.now()): Progress {
  const startedMs = nowMs();
  let at = 0;
  const say = (text: string) => Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
  return {
    begin(name) {
      const left = timeText(secondsLeft(seconds, at, (nowMs() - startedMs) / 1_000));
      say(`${String(++at).padStart(3)}/${seconds.length}  ${left} left  ${name}`);
    },
    end: () => say(`done in ${timeText((nowMs() - startedMs) / 1_000)}`),
  };
}

/** What should be left when `done` pieces took `spent` seconds: the plan, stretched as it was stretched so far. */
export function secondsLeft(seconds: readonly number[], done: number, spent: number): number {
  const sum = (part: readonly number[]) => part.reduce((a, b) => a + b, 0);
  const planned = sum(seconds.slice(0, done));
  return sum(seconds.slice(done)) * (planned > 0 ? spent / planned : 1);
}

/** `4:05` */
export function timeText(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
