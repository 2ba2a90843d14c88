/**
 * A report in every form: for people, for programs, and as a picture.
 *
 * @module
 */
export * from "./badge.ts";
export * from "./failure_text.ts";
export * from "./html.ts";
export * from "./json.ts";
export * from "./junit.ts";
export * from "./requirement_results.ts";
export * from "./sequence.ts";
export * from "./sequence_text.ts";
export * from "./summary.ts";
export * from "./terminal.ts";
