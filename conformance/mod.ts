/**
 * The conformance suite: plug an implementation in, run the checks, read the report.
 *
 * @module
 */
export * from "./check.ts";
export * from "./checks/mod.ts";
export * from "./control.ts";
export * from "./failure.ts";
export * from "./requirement.ts";
export * from "./run.ts";
export * from "./session.ts";
