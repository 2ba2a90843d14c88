import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { optionsOf, UsageError } from "./options.ts";

Deno.test("optionsOf() chooses all parts unless something is chosen", () => {
  assertEquals(optionsOf([]).parts, ["outages", "brooker", "growth"]);
  assertEquals(optionsOf(["--quick", "--json", "x"]).parts, ["outages", "brooker", "growth"]);
  assertEquals(optionsOf(["--engine", "bellhop"]).parts, ["outages"]);
  assertEquals(optionsOf(["--brooker"]).parts, ["brooker"]);
  assertEquals(optionsOf(["--growth", "--engine", "floor"]).engines, ["floor"]);
});

Deno.test("optionsOf() reads sizes, times, names and seeds", () => {
  const given =
    "--clients 2_000 --outage 1.5m --scenario herd,steady --scenario silence --policy all --seed 5 --rounds 2";
  const { scenarios, policies, seeds, engines } = optionsOf(given.split(" "));
  assertEquals(scenarios.map(({ name, clients }) => [name, clients]), [
    ["herd", 2_000],
    ["steady", 2_000],
    ["silence", 2_000],
  ]);
  assertEquals(scenarios[0].phases.at(-1)!.fromMs, 90_000);
  assertEquals([policies.length > 4, engines.length > 4, seeds], [true, true, [5, 6]]);
  assertEquals(optionsOf(["--clients", "20000"]).engines, []);
  assertEquals(optionsOf(["--policy", "none", "--engine", "none"]).policies, []);
});

Deno.test("optionsOf() names the option that is wrong and what it may be", () => {
  const wrong: [string, string][] = [
    ["--clients 9", "--clients must be a whole number from 10 to 1000000"],
    ["--clients 1e6", "--clients"],
    ["--outage 60", "--outage must be a time from 1s to 1h, such as 90s or 5m"],
    ["--outage 2h", "--outage"],
    ["--scenario nope", "--scenario must be one of steady, outage"],
    ["--scenario nope.json", "--scenario nope.json cannot be read"],
    ["--policy nope", "--policy must be one of as shipped"],
    ["--seed x", "--seed"],
    ["--rounds 0", "--rounds must be a whole number from 1 to 100"],
    ["--nope", "Unknown option '--nope'"],
    ["nope", "nope"],
  ];
  for (const [words, message] of wrong) {
    const error = assertThrows(() => optionsOf(words.split(" ")), UsageError);
    assertStringIncludes(error.message, message);
  }
});

Deno.test("optionsOf() reads a scenario from a file, and says which field of it is wrong", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const [good, bad] = [`${folder}/good.json`, `${folder}/bad.json`];
    const { scenarios: [herd] } = optionsOf(["--scenario", "herd"]);
    Deno.writeTextFileSync(good, JSON.stringify({ ...herd, name: "mine", clients: 50 }));
    Deno.writeTextFileSync(bad, JSON.stringify({ ...herd, serviceMs: -1 }));
    assertEquals(optionsOf(["--scenario", good]).scenarios.map(({ name, clients }) => [name, clients]), [["mine", 50]]);
    assertEquals(optionsOf(["--scenario", good, "--clients", "70"]).scenarios[0].clients, 70);
    const error = assertThrows(() => optionsOf(["--scenario", bad]), UsageError);
    assertStringIncludes(error.message, "serviceMs must be a number from 0");
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
