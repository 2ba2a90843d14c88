/** The version of this library: that of `deno.json`, as a test makes sure. */
export const VERSION = "0.1.0";
