import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { createReceivers } from "./_receivers.ts";

const ALL = { name: "all", order: 2 };

Deno.test("createReceivers() keeps the answers of two generations of types, and forgets what is not asked for", () => {
  const receivers = createReceivers(2);
  receivers.subscribe(ALL, [">"]);
  const [a, b] = ["a", "b"].map(receivers.resolve);
  for (const type of ["c", "d"]) receivers.resolve(type);
  assertStrictEquals(receivers.resolve("b"), b); // in the older generation, and young again
  receivers.resolve("e");
  assertStrictEquals(receivers.resolve("b"), b);
  assertNotStrictEquals(receivers.resolve("a"), a);
  const kept = createReceivers(2);
  kept.subscribe(ALL, [">"]);
  const first = kept.resolve("a");
  for (const type of ["b", "c"]) kept.resolve(type);
  assertStrictEquals(kept.resolve("a"), first);
  const dropped = createReceivers(2);
  dropped.subscribe(ALL, [">"]);
  const gone = dropped.resolve("a");
  for (const type of ["b", "c", "d", "e"]) dropped.resolve(type);
  assertNotStrictEquals(dropped.resolve("a"), gone);
});

Deno.test("createReceivers() keeps the answer for a type of 1,024 characters, and for none longer", () => {
  const receivers = createReceivers(5);
  receivers.subscribe(ALL, [">"]);
  const [most, more] = [1_024, 1_025].map((length) => "x".repeat(length));
  assertStrictEquals(receivers.resolve(most), receivers.resolve(most));
  assertNotStrictEquals(receivers.resolve(more), receivers.resolve(more));
  assertEquals(receivers.resolve(more), ["all"]);
});

Deno.test("createReceivers() forgets every answer when a subscription comes or goes, and none when there is none in it", () => {
  const receivers = createReceivers(1);
  receivers.subscribe(ALL, [">"]);
  for (const type of ["a", "b"]) receivers.resolve(type); // the first is in the older generation now
  const b = receivers.resolve("b");
  receivers.subscribe({ name: "none", order: 1 }, []);
  receivers.unsubscribe({ name: "none", order: 1 }, []);
  assertStrictEquals(receivers.resolve("b"), b);
  const first = { name: "first", order: 1 };
  receivers.subscribe(first, ["a", "b"]);
  assertEquals(["a", "b"].map(receivers.resolve), [["first", "all"], ["first", "all"]]);
  receivers.unsubscribe(first, ["a", "b"]);
  assertEquals(["a", "b"].map(receivers.resolve), [["all"], ["all"]]);
  assert(Object.isFrozen(receivers.resolve("a")));
  receivers.unsubscribe(ALL, [">"]);
  assertEquals(["a", "b"].map(receivers.resolve), [[], []]);
  assert(Object.isFrozen(receivers.resolve("a")));
});
