/**
 * Which checks the reference has to pass, on each runtime and each store, and which of a report it did not.
 *
 * @module
 */
import { type Check, CHECKS, type Hello, type Report, selectChecks } from "../mod.ts";
import { bellhop } from "../subjects/bellhop.ts";

const hello = await helloOf();

/** All that ask for nothing beyond what it declares. */
export const ALL: readonly Check[] = CHECKS.filter(({ needs, can = [], asks }) =>
  needs.every((profile) => hello.profiles.includes(profile) || hello.profiles.includes(core(profile))) &&
  can.every((ability) => hello.can.includes(ability)) && (asks === undefined || hello.asks.includes(asks))
);

/** Those of them that are about durability, which a store on a disk has to pass. */
export const DURABLE: readonly Check[] = selectChecks(ALL, { profiles: ["durable"] });

/** The checks that did not pass, and why: nobody's left out, nor one that says it does not apply. */
export function notPassed({ results }: Report, checks: readonly Check[]): unknown[] {
  const found = new Map(results.map((result) => [result.check, result]));
  return checks.map(({ id }) => found.get(id) ?? { check: id, verdict: "missing" as const })
    .filter(({ verdict }) => verdict !== "pass")
    .map((result) => [result.check, result.verdict, "failure" in result ? result.failure?.message : undefined]);
}

function core(profile: string): Hello["profiles"][number] {
  return (profile.startsWith("core.") ? "core" : profile) as Hello["profiles"][number];
}

async function helloOf(): Promise<Hello> {
  const subject = await bellhop()();
  const { ok } = await subject.send(0, { do: "hello" });
  await subject.close();
  return ok as unknown as Hello;
}
