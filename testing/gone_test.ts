import { assertEquals } from "@std/assert";
import { gone } from "./gone.ts";

Deno.test({
  name: "gone() waits for whoever is meant, and takes a dead one that nobody has collected for gone",
  ignore: Deno.build.os !== "linux",
  async fn() {
    // The shell becomes `sleep`, and leaves it a child that it will never collect.
    const child = new Deno.Command("sh", { args: ["-c", "sleep 0 & exec sleep 60"], detached: true }).spawn();
    let ended = false;
    const waiting = gone(({ group }) => group === child.pid).then(() => ended = true);
    await gone(({ pid }) => pid === -1);
    assertEquals(ended, false);
    child.kill("SIGKILL");
    await waiting;
    await child.status;
  },
});
