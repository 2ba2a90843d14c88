/** The credential of a page, which it has from the app. */
export async function token(): Promise<string> {
  return await (await fetch("/token")).text();
}
