import { EXIT, Stop } from "./exit_code.ts";

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Milliseconds of a number with its unit: `500ms`, `90s`, `10m`, `1.5h`, `7d`.
 *
 * @throws {Stop} `usage` for another text, and for what is beyond `mostMs`
 */
export function duration(name: string, text: string, mostMs: number): number {
  const [, count, unit] = /^(\d{1,12}(?:\.\d{1,6})?)(ms|s|m|h|d)$/.exec(text) ?? [];
  if (unit === undefined) {
    throw new Stop(EXIT.usage, `--${name}: wanted a time as 90s, 10m, 2h or 7d, got ${JSON.stringify(text)}`);
  }
  const ms = Math.ceil(Number(count) * UNIT_MS[unit]);
  if (ms <= mostMs) return ms;
  throw new Stop(EXIT.usage, `--${name}: wanted at most ${mostMs / UNIT_MS.d}d, got ${text}`);
}
