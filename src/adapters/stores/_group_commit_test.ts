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

Deno.test("groupCommit() gathers what is asked for while a commit takes its time, and flushes it at the turn's end", async () => {
  const { group, commits, endTurn, finish } = slow();
  const settled: string[] = [];
  const write = (key: string) => group.write(put(key)).then(() => settled.push(key));
  const first = [write("a"), write("b")];
  await hops();
  const second = [write("c")];
  endTurn();
  await hops();
  second.push(write("d"));
  endTurn();
  assertEquals([commits, settled], [[["a", "b"]], []]);
  finish();
  await Promise.all(first);
  // Whom the commit answered joins those who had to wait for it.
  second.push(write("e"));
  await hops();
  assertEquals(commits.length, 1);
  endTurn();
  assertEquals(commits, [["a", "b"], ["c", "d", "e"]]);
  finish();
  await Promise.all(second);
  assertEquals(settled, ["a", "b", "c", "d", "e"]);
});

Deno.test("groupCommit() lets no commit begin before the one ahead has ended, however full the next group is", async () => {
  const { group, commits, finish } = slow();
  const writes = [group.write(put("a"))];
  await hops();
  for (let n = 0; n < 4_097; n++) writes.push(group.write(put(`${n}`)));
  group.flush();
  await hops();
  assertEquals(commits.map(({ length }) => length), [1]);
  finish();
  await hops();
  assertEquals(commits.map(({ length }) => length), [1, 4_096]);
  finish();
  await hops();
  assertEquals(commits.map(({ length }) => length), [1, 4_096, 1]);
  finish();
  await Promise.all(writes);
});

Deno.test("groupCommit() rejects the group whose commit rejects, and goes on with those that wait", async () => {
  const { group, endTurn, finish } = slow();
  const failure = new Error("disk");
  const failed = group.write(put("a"));
  await hops();
  const next = group.write(put("b"));
  const settled = group.settled();
  finish(failure);
  assertStrictEquals(await failed.catch((error) => error), failure);
  endTurn();
  finish(failure);
  assertStrictEquals(await next.catch((error) => error), failure);
  await settled;
});

Deno.test("settled() resolves when all that was asked for has settled, and at once if nothing was", async () => {
  const { group, finish } = slow();
  await group.settled();
  let done = false;
  group.write(put("a"));
  await hops();
  group.write(put("b"));
  const settled = group.settled().then(() => done = true);
  finish();
  await hops();
  assertEquals(done, false);
  finish();
  await settled;
});

/** Commits that end when the test says so. */
function slow() {
  const commits: (readonly string[])[] = [];
  let finish: ((failure?: Error) => void) | undefined;
  let turnEnded: (() => void) | undefined;
  const group = groupCommit((operations) => {
    commits.push(operations.map(({ key }) => key));
    return new Promise((resolve, reject) => finish = (failure) => failure === undefined ? resolve() : reject(failure));
  }, (run) => {
    turnEnded = run;
    return () => turnEnded = undefined;
  });
  return { group, commits, endTurn: () => turnEnded?.(), finish: (failure?: Error) => finish?.(failure) };
}

/** Many microtasks. */
async function hops(): Promise<void> {
  for (let hop = 0; hop < 50; hop++) await Promise.resolve();
}

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
