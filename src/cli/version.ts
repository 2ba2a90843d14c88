import config from "../../deno.json" with { type: "json" };

/** The version of this library. */
export const VERSION: string = config.version;
