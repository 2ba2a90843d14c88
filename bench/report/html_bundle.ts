import { fileURLToPath } from "node:url";

let bundled: Promise<string> | undefined;

/** The script of the page with its plotting library, as one text; bundled once in a process, in half a second. */
export function pageScript(): Promise<string> {
  bundled ??= bundle();
  return bundled;
}

async function bundle(): Promise<string> {
  const entry = fileURLToPath(new URL("page/main.ts", import.meta.url));
  const args = ["bundle", "--quiet", "--platform=browser", "--minify", entry];
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, env: { NO_COLOR: "1" } })
    .output();
  if (!success) throw new Error(`the page's script could not be bundled: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout).replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--").trim();
}
