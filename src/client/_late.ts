import { BellhopError } from "../core/error.ts";

/** The end of a time limit, with what had gone wrong until then. */
export function late(what: string, last: unknown): BellhopError {
  const why = last instanceof Error ? `: ${last.message}` : "";
  return new BellhopError("deadline-exceeded", what + why, last === undefined ? {} : { cause: last });
}
