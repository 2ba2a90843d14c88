/** The code of a page with all that it imports, as one module. */
export async function bundled(file: URL): Promise<string> {
  const args = ["bundle", "--quiet", "--platform=browser", decodeURIComponent(file.pathname)];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, stdin: "null" }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
