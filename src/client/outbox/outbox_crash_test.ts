import { assert, assertEquals, assertGreater } from "@std/assert";
import { sqlite } from "../../adapters/stores/sqlite.ts";
import { effort } from "../../../testing/effort.ts";
import { outbox } from "./mod.ts";

const LIVES = effort(3, 20);
const WRITER = new URL("../../../testing/crash/outbox_writer.ts", import.meta.url).pathname;
/** How many publish at once. */
const AT_ONCE = 8;

Deno.test("an outbox that is killed while it publishes sends all that it acknowledged, and nothing else", async () => {
  const folder = await Deno.makeTempDir({ prefix: "bellhop-" });
  try {
    for (let life = 0; life < LIVES; life++) {
      const acknowledged = await killed(`${folder}/outbox.db`, life);
      assertGreater(acknowledged.length, 0);
      const sent: string[] = [];
      await using box = await outbox({
        gateway: "http://127.0.0.1/bus",
        store: sqlite(`${folder}/outbox.db`),
        maxInFlight: 64,
        fetch(_url, { body }) {
          sent.push(JSON.parse(body as string).id);
          return Promise.resolve(new Response(null, { status: 202 }));
        },
      });
      await box.flush();
      assertEquals(new Set(sent).size, sent.length, "sent twice in one life");
      const found = new Set(sent);
      assertEquals(acknowledged.filter((id) => !found.has(id)), [], "acknowledged, and gone");
      const invented = sent.filter((id) => {
        const [from, n] = id.split("-").map(Number);
        return from !== life || n >= acknowledged.length + 2 * AT_ONCE;
      });
      assertEquals(invented, []);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** What a writer acknowledged until it was killed, at an instant of chance. */
async function killed(path: string, life: number): Promise<string[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", WRITER, path, String(life)],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const wanted = 1 + Math.floor(Math.random() * 300);
  let text = "";
  let gone = false;
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (gone || text.split("\n").length <= wanted) continue;
    child.kill("SIGKILL");
    gone = true;
  }
  const { signal } = await child.status;
  assert(signal === "SIGKILL", text);
  return text.slice(0, text.lastIndexOf("\n") + 1).trim().split("\n");
}
