import { assertSurvivesKills } from "../../../testing/crash/killed_engine.ts";

// A file for each store: CI runs two at a time.
Deno.test("embedded() on sqlite() delivers every acknowledged CRITICAL although it is killed, and invents none", () =>
  assertSurvivesKills("sqlite"));
