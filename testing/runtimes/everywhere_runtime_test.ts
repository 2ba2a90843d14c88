import { installed } from "../../scripts/package_fixture.ts";
import { TOOLS } from "../../scripts/package_tools.ts";
import { bundled, workerd } from "../workers/workerd.ts";
import { beginLong, endLong, SECRET, tellStory, TOKEN } from "./order_story.ts";

// One app on every runtime: the same story, and a restart in the middle of a backoff.

const ROOT = new URL("../..", import.meta.url).pathname;

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  deno: [Deno.execPath(), "run", "-A", "--no-check", "--unstable-no-legacy-abort", "server.ts"],
  node: [`${ROOT}${TOOLS}/node_modules/.bin/node`, "--no-warnings", "server.ts"],
  bun: [`${ROOT}${TOOLS}/node_modules/.bin/bun`, "server.ts"],
};

for (const [name, [command, ...args]] of Object.entries(COMMANDS)) {
  Deno.test(`the app runs on ${name}, and goes on after it was killed`, async () => {
    await using fixture = await installed("examples/everywhere", "hono");
    const port = freePort();
    const url = `http://127.0.0.1:${port}`;
    const start = () =>
      new Deno.Command(command, {
        args: [...args],
        cwd: fixture.folder,
        env: { PORT: String(port), BELLHOP_TOKEN: TOKEN, BELLHOP_SIGNING_SECRET: SECRET, NO_COLOR: "1" },
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn();
    const first = start();
    try {
      await tellStory(url);
      await beginLong(url);
    } finally {
      first.kill("SIGKILL");
      await first.status;
    }
    const second = start();
    try {
      await endLong(url);
    } finally {
      second.kill("SIGKILL");
      await second.status;
    }
  });
}

Deno.test("the app runs on workerd, and goes on after it was killed", async () => {
  const program = await bundled("examples/everywhere/worker.ts");
  const folder = await Deno.makeTempDir({ prefix: "bellhop-" });
  const options = { objects: { BUS: "Bus" }, bindings: { TOKEN, SECRET }, self: "SELF", folder };
  const first = await workerd(program, options);
  await tellStory(first.url);
  await beginLong(first.url);
  await first.kill();
  await using second = await workerd(program, options);
  await endLong(second.url);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("the app runs by its wrangler.jsonc", async () => {
  await using fixture = await installed("examples/everywhere", "hono");
  await Deno.writeTextFile(`${fixture.folder}/.dev.vars`, `SECRET=${SECRET}\nTOKEN=${TOKEN}\n`);
  const bin = `${ROOT}${TOOLS}/node_modules/.bin`;
  const port = String(freePort());
  const wrangler = new Deno.Command(`${bin}/wrangler`, {
    args: ["dev", "--local", "--ip", "127.0.0.1", "--port", port, "--inspector-port", String(freePort())],
    cwd: fixture.folder,
    env: { PATH: `${bin}:${Deno.env.get("PATH")}`, WRANGLER_SEND_METRICS: "false", CI: "1", NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    await tellStory(`http://127.0.0.1:${port}`);
  } finally {
    wrangler.kill("SIGTERM");
    await wrangler.status;
  }
});

function freePort(): number {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr;
  listener.close();
  return port;
}
