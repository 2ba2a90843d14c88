/** The version that is measured: the one of this checkout. */
export function bellhopVersion(): string {
  return JSON.parse(Deno.readTextFileSync(new URL("../deno.json", import.meta.url))).version;
}
