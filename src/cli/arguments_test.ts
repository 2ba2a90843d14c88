import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { atMost, given, number, texts, whole } from "./arguments.ts";
import { COMMANDS } from "./commands.ts";
import { EXIT, Stop } from "./exit_code.ts";

const OPTIONS = {
  port: { value: "N", help: "" },
  fail: { value: "NAME:N", many: true, help: "" },
  json: { help: "" },
};

function refusal(args: readonly string[]): string {
  const stop = assertThrows(() => given(args, OPTIONS), Stop);
  assertEquals(stop.exitCode, EXIT.usage);
  return stop.message;
}

Deno.test("given() reads options and positionals in any order", () => {
  const { values, positionals } = given(["a", "--fail", "x:1", "--json", "b", "--fail=y:*", "--", "--port"], OPTIONS);
  assertEquals(texts(values, "fail"), ["x:1", "y:*"]);
  assertEquals([values.json, values.port], [true, undefined]);
  assertEquals(positionals, ["a", "b", "--port"]);
  assertEquals(given(["-h"], OPTIONS).values.help, true);
});

Deno.test("given() refuses what is not known, with what may be meant", () => {
  assertEquals(refusal(["--prot", "1"]), "there is no option --prot; did you mean --port?");
  assertEquals(refusal(["--bogus"]), "there is no option --bogus");
  assertEquals(refusal(["-x"]), "there is no option -x");
  assertEquals(refusal(["--constructor"]), "there is no option --constructor");
  assertStringIncludes(refusal(["--port"]), "--port");
  assertStringIncludes(refusal(["--json=yes"]), "--json");
});

Deno.test("number(), whole() and atMost() keep what is given within bounds", () => {
  assertEquals(number({ wait: "1.5" }, "wait", 0, 1, 60), 1.5);
  assertEquals(whole({}, "port", 8_000, 0, 65_535), 8_000);
  for (const value of ["", " ", "x", "-1", "65536", "NaN", "8000.5"]) {
    assertThrows(() => whole({ port: value }, "port", 8_000, 0, 65_535), Stop, "--port: wanted a ");
  }
  atMost(["a"], 1, "one");
  assertThrows(() => atMost(["a", "b"], 1, "one"), Stop, 'wanted one, got "b" besides');
});

Deno.test("every command has options that can be read, and one to help", () => {
  for (const { name, options } of COMMANDS) {
    const args = Object.entries(options).flatMap(([option, { value }]) =>
      value === undefined ? [`--${option}`] : [`--${option}`, "1"]
    );
    const { values } = given([...args, "--help"], options);
    assertEquals(Object.keys(values).sort(), [...Object.keys(options), "help"].sort(), name);
  }
});
