/**
 * Runs the suite on a template, for tests.
 *
 * @module
 */
import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { CHECKS } from "../checks/mod.ts";
import { stdioSubject } from "../drivers/stdio.ts";
import { runChecks } from "../run.ts";
import { initFiles, type Language } from "./init.ts";

/** Fewer are not the envelope's. */
const LEAST_CHECKS = 300;

/** Writes the template into a new folder, and asserts that every check of `core.envelope` passes on it there. */
export async function assertPassesEnvelope(language: Language, command: string): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bellhop-" });
  try {
    for (const [path, text] of Object.entries(initFiles(language))) {
      await Deno.mkdir(`${folder}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.writeTextFile(`${folder}/${path}`, text);
    }
    const checks = CHECKS.filter(({ needs }) => needs.length > 0 && needs.every((need) => need === "core.envelope"));
    assertGreaterOrEqual(checks.length, LEAST_CHECKS);
    const open = stdioSubject(command, { cwd: folder });
    const { results, subject } = await runChecks({ open, checks, seed: 1, runs: 20 });
    assertEquals(subject.profiles, ["core.envelope"]);
    const others = results.filter(({ verdict }) => verdict !== "pass");
    assertEquals(others.map(({ check, verdict, failure, reason }) => [check, verdict, failure?.message ?? reason]), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Whether a program is on the path. */
export async function isThere(command: string, version = "--version"): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args: [version], stdout: "null", stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}
