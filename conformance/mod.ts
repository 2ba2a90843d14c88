/**
 * The conformance suite: plug an implementation in, run the checks, read the report.
 *
 * @example
 * ```ts
 * import { type Answer, CHECKS, type Command, runChecks, selectChecks, SPECIFICATION, type Subject, summaryOf } from "@bellhop/bellhop/conformance";
 * import { assertEquals } from "@std/assert";
 * // A subject in this process that takes the question of the delay, and gets it wrong.
 * const hello = {
 *   control: 1, name: "my-bus", version: "0.1.0", spec: "0.1",
 *   profiles: ["core.retry"], clock: "virtual", asks: ["delay"], can: [],
 * };
 * const subject: Subject = {
 *   send: (seq: number, command: Command): Promise<Answer> =>
 *     Promise.resolve({ seq, nowMs: 0, ok: command.do === "hello" ? hello : { waitMs: 7 }, events: [] }),
 *   close: () => Promise.resolve(),
 * };
 * const report = await runChecks({
 *   open: () => Promise.resolve(subject),
 *   checks: selectChecks(CHECKS, { only: ["RET-017"] }),
 *   seed: 1,
 *   runs: 10,
 * });
 * assertEquals(summaryOf(report, SPECIFICATION.requirements).passed, false);
 * ```
 *
 * @module
 */
export * from "./baseline.ts";
export * from "./check.ts";
export * from "./checks/mod.ts";
export * from "./control.ts";
export * from "./exclusions.ts";
export * from "./failure.ts";
export * from "./next.ts";
export * from "./requirement.ts";
export * from "./report/mod.ts";
export * from "./run.ts";
export * from "./select.ts";
export * from "./session.ts";
