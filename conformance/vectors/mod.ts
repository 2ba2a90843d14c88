/**
 * Every file of vectors, imported so that the suite needs no file system.
 *
 * @module
 */
import delay from "./delay.json" with { type: "json" };
import match from "./match.json" with { type: "json" };
import order from "./order.json" with { type: "json" };
import parse from "./parse.json" with { type: "json" };
import policy from "./policy.json" with { type: "json" };
import sign from "./sign.json" with { type: "json" };
import verdict from "./verdict.json" with { type: "json" };
import verify from "./verify.json" with { type: "json" };
import write from "./write.json" with { type: "json" };
import type { VectorFile } from "./expand.ts";

/** The files as they are written: repeated parts are not expanded. */
export const VECTOR_FILES: readonly VectorFile[] = [
  parse,
  write,
  delay,
  policy,
  match,
  verdict,
  order,
  sign,
  verify,
] as unknown as readonly VectorFile[];
