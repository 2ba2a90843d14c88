import { BellhopError } from "../core/error.ts";

/** @throws {BellhopError} `argument-invalid` with the name of the field */
export function inRange(field: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return;
  throw new BellhopError("argument-invalid", `${field}: wanted ${least} to ${most}`, { field });
}
