import { assertEquals } from "@std/assert";
import { measuresOf, plotOf } from "./measures.ts";
import { type Group, ratio } from "./part.ts";

const never = () => {
  throw new Error("not opened here");
};
const group: Group = {
  id: "system/x/y",
  title: "X",
  unit: "ns",
  floor: "bare loop",
  cases: { "bare loop": never, "Bellhop x()": never, "peer": never },
  goals: { "Bellhop x()": ratio("<=", 2) },
  notes: { "Bellhop x()": "with a grain of salt" },
  beside: [{ name: "peer", title: "X beside the peer", floor: "peer", goals: { "Bellhop x()": ratio("<", 1) } }],
  curve: {
    x: { title: "size", unit: "1", scale: "log" },
    y: "time",
    points: {
      "Bellhop x()": { line: "all", x: 10 },
      "bare loop": { line: "all", x: 1 },
      "peer": { line: "all", x: 100 },
    },
  },
};
const seen = {
  values: new Map([["bare loop", [10, 20, 30]], ["Bellhop x()", [20, 20, 30]]]),
  failures: new Map([["peer", "does not run here"]]),
};

Deno.test("measuresOf() takes ratios within rounds and gives a row with its reason to what could not run", () => {
  const [bare, mine, peer] = measuresOf(group, seen);
  assertEquals([bare.id, mine.id, peer.id], [
    "system/x/y/bare-loop",
    "system/x/y/bellhop-x",
    "system/x/y/peer",
  ]);
  assertEquals(bare.ratio, undefined);
  assertEquals(mine.ratio, { to: "bare loop", median: 1, low: 1, high: 1.5, samples: 3 });
  assertEquals(mine.goal, { of: "ratio", op: "<=", limit: 2 });
  assertEquals(mine.why, "with a grain of salt");
  assertEquals([peer.value, peer.ratio, peer.why], [undefined, undefined, "does not run here"]);
});

Deno.test("measuresOf() shows another floor as a group of its own, even if that floor could not run", () => {
  const [peer, mine] = measuresOf(group, seen).slice(3);
  assertEquals([peer.group, peer.id, peer.why], ["system/x/y/peer", "system/x/y/peer/peer", "does not run here"]);
  assertEquals([mine.id, mine.ratio, mine.goal?.op], ["system/x/y/peer/bellhop-x", undefined, "<"]);
});

Deno.test("plotOf() sorts the points of a line and leaves out what could not run", () => {
  assertEquals(plotOf(group, seen)?.lines, [{ name: "all", points: [[1, 20], [10, 20]] }]);
  assertEquals(plotOf({ ...group, curve: undefined } as unknown as Group, seen), undefined);
});
