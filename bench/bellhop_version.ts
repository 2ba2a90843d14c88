import config from "../deno.json" with { type: "json" };

/** The version that is measured: the one of this checkout. */
export function bellhopVersion(): string {
  return config.version;
}
