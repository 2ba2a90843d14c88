import { assertEquals } from "@std/assert";
import { type Asked, interleaved } from "./rounds.ts";

function asked(name: string, log: string[], answers: readonly (number | string)[]): Asked {
  let at = 0;
  return {
    ask: (question) => {
      log.push(`${name} ${question.name} ${question.ms}`);
      const answer = answers[at++ % answers.length];
      return Promise.resolve(typeof answer === "string" ? { why: answer } : { ns: answer }) as never;
    },
  };
}

Deno.test("interleaved() asks all in each round, each round beginning with another, and throws the first away", async () => {
  const log: string[] = [];
  const seen = await interleaved([asked("a", log, [1, 2, 3]), asked("b", log, [10, 20, 30])], "success", {
    rounds: 2,
    ms: 5,
  });
  assertEquals(log.map((line) => line[0]).join(""), "abbaab");
  assertEquals(log[0], "a success 5");
  assertEquals(seen, [[2, 3], [20, 30]]);
});

Deno.test("interleaved() asks no more when one says why, and goes on with the others", async () => {
  const log: string[] = [];
  const seen = await interleaved([asked("a", log, [1]), asked("b", log, [2, "it broke"])], "cancel", {
    rounds: 3,
    ms: 1,
  });
  assertEquals(seen, [[1, 1, 1], "it broke"]);
  assertEquals(log.filter((line) => line.startsWith("b")).length, 2);
});
