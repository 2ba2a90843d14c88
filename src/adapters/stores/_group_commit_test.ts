import { assertEquals, assertStrictEquals } from "@std/assert";
import type { StoreOperation } from "../../core/bus/operation.ts";
import { groupCommit } from "./_group_commit.ts";

Deno.test("groupCommit() commits the writes of one moment together, in their order", async () => {
  const { group, commits } = recorded();
  await Promise.all(["a", "b", "c"].map((key) => group.write(put(key))));
  assertEquals(commits, [["a", "b", "c"]]);
});

Deno.test("groupCommit() spends one microtask flush on a turn; what follows waits for the turn's end", async () => {
  const { group, commits, endTurn } = recorded();
  await group.write(put("a"));
  const later = [group.write(put("b"))];
  for (let hop = 0; hop < 100; hop++) await Promise.resolve();
  later.push(group.write(put("c")));
  assertEquals(commits, [["a"]]);
  endTurn();
  assertEquals(commits, [["a"], ["b", "c"]]);
  await Promise.all(later);
  endTurn();
  await group.write(put("d"));
  assertEquals(commits, [["a"], ["b", "c"], ["d"]]);
});

Deno.test("groupCommit() rejects each write of a group that fails, and no other", async () => {
  const failure = new Error("disk");
  const { group, commits, endTurn } = recorded((keys) => {
    if (keys.includes("bad")) throw failure;
  });
  await group.write(put("a"));
  const writes = [group.write(put("b")), group.write(put("bad"))];
  endTurn();
  for (const write of writes) assertStrictEquals(await write.catch((error) => error), failure);
  const last = group.write(put("c"));
  endTurn();
  await last;
  assertEquals(commits, [["a"], ["c"]]);
});

Deno.test("groupCommit() flushes a group at once that has 4,096 operations or 8 Mi characters", () => {
  const { group, commits } = recorded();
  for (let n = 0; n < 4_096; n++) group.write(put(`${n}`));
  assertEquals(commits.map(({ length }) => length), [4_096]);
  for (let n = 0; n < 8; n++) group.write(put("large", "x".repeat(1_048_576)));
  assertEquals(commits.map(({ length }) => length), [4_096, 8]);
  group.flush();
  assertEquals(commits.length, 2);
});

function recorded(check: (keys: readonly string[]) => void = () => {}) {
  const commits: (readonly string[])[] = [];
  let turnEnded: (() => void) | undefined;
  const group = groupCommit((operations) => {
    const keys = operations.map(({ key }) => key);
    check(keys);
    commits.push(keys);
  }, (run) => {
    turnEnded = run;
    return () => turnEnded = undefined;
  });
  return { group, commits, endTurn: () => turnEnded?.() };
}

function put(key: string, value = "1"): readonly StoreOperation[] {
  return [{ keyspace: "messages", key, value }];
}
