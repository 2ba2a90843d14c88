import { EXIT, Stop } from "./exit_code.ts";

/** Which attempts are to fail on purpose. */
export interface FailPlan {
  /** Takes one failure of this service. @returns how many are left after it, or `undefined` if the attempt may go on */
  take(service: string): number | undefined;
}

const MOST = 1_000_000;

/**
 * Reads what `--fail` was given: `document-svc:2` for the next 2 attempts to that service, `document-svc:*` for all.
 *
 * @throws {Stop} `usage` for any other text
 */
export function failPlan(texts: readonly string[]): FailPlan {
  const left = new Map<string, number>();
  for (const text of texts) {
    const [, name, count] = /^([a-z0-9][a-z0-9-]{0,62}):(\*|\d{1,7})$/.exec(text) ?? [];
    const times = count === "*" ? Infinity : Number(count);
    if (name === undefined || times < 1 || (times > MOST && count !== "*")) {
      throw new Stop(EXIT.usage, `--fail: wanted NAME:COUNT or 'NAME:*', as users:2, got ${JSON.stringify(text)}`);
    }
    left.set(name, (left.get(name) ?? 0) + times);
  }
  return {
    take(service) {
      const before = left.get(service) ?? 0;
      if (before === 0) return undefined;
      left.set(service, before - 1);
      return before - 1;
    },
  };
}
