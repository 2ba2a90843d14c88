import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { PRIORITIES, PRIORITY_TABLE, type Rank, rankOf } from "./table.ts";
import { PriorityQueue, ROUND } from "./queue.ts";

const rank = fc.constantFrom<Rank>(0, 1, 2, 3);
const bound = (of: Rank): number => Math.ceil(15 / PRIORITY_TABLE[PRIORITIES[of]].weight);

Deno.test("ROUND holds each class as often as its weight says", () => {
  for (const priority of PRIORITIES) {
    assertEquals(ROUND.filter((r) => r === rankOf(priority)).length, PRIORITY_TABLE[priority].weight);
  }
  assertEquals(ROUND.map((r) => "LNHC"[r]).join(" "), "C H C N C H C L C H C N C H C");
});

Deno.test("PriorityQueue.pop() serves place p of its class within ceil(15/w)*p pops, whatever else arrives", () => {
  fc.assert(
    fc.property(
      fc.array(rank, { maxLength: 200 }),
      fc.array(fc.array(rank, { maxLength: 3 }), { minLength: 1, maxLength: 300 }),
      fc.nat({ max: 14 }),
      (start, arrivals, turn) => {
        const queue = new PriorityQueue();
        for (let i = 0; i < turn; i++) {
          queue.push(0, 0);
          queue.pop();
        }
        const due = new Map<number, number>();
        const rankOfItem = new Map<number, Rank>();
        let item = 0;
        let pops = 0;
        const push = (r: Rank) => {
          queue.push(++item, r);
          rankOfItem.set(item, r);
          due.set(item, pops + bound(r) * queue.sizeOf(r));
        };
        start.forEach(push);
        for (const batch of arrivals) {
          batch.forEach(push);
          const popped = queue.pop();
          if (popped === -1) continue;
          pops++;
          assert(
            pops <= due.get(popped)!,
            `rank ${rankOfItem.get(popped)} came at pop ${pops}, due ${due.get(popped)}`,
          );
          due.delete(popped);
        }
        for (const [late, by] of due) assert(by >= pops, `item ${late} should have come by ${by}, now ${pops}`);
      },
    ),
  );
});

Deno.test("PriorityQueue keeps each class first in, first out through pushes, pops, removals and evictions", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom("push", "push", "pop", "remove", "evict"), rank, fc.nat()), { maxLength: 400 }),
      (steps) => {
        const queue = new PriorityQueue();
        const model: number[][] = [[], [], [], []];
        let next = 0;
        let place = 0;
        for (const [step, r, pick] of steps) {
          if (step === "push") {
            queue.push(next, r);
            model[r].push(next++);
          } else if (step === "pop") {
            const waiting = [3, 2, 1, 0].filter((c) => model[c].length > 0);
            if (waiting.length === 0) {
              assertEquals(queue.pop(), -1);
              continue;
            }
            const turn = ROUND[place];
            place = (place + 1) % 15;
            assertEquals(queue.pop(), model[model[turn].length > 0 ? turn : waiting[0]].shift());
          } else if (step === "remove") {
            const at = model[r].length === 0 ? -1 : pick % model[r].length;
            const victim = at === -1 ? 1_000_000 : model[r].splice(at, 1)[0];
            assertEquals(queue.remove(victim, r), at !== -1);
          } else {
            const lowest = [0, 1, 2].find((c) => c < r && model[c].length > 0);
            assertEquals(queue.canEvictBelow(r), lowest !== undefined);
            assertEquals(queue.evictBelow(r), lowest === undefined ? -1 : model[lowest].pop());
          }
          assertEquals(queue.size, model.reduce((sum, line) => sum + line.length, 0));
          assertEquals(queue.empty, queue.size === 0);
        }
      },
    ),
  );
});
