import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { ServiceView } from "../../core/registry/view.ts";
import { VIEW } from "./_fake_engine_test.ts";
import { servicePage } from "./_service_page.ts";

interface Page {
  readonly services: readonly ServiceView[];
  readonly after: string | null;
}

const arbitrary = fc.uniqueArray(
  fc.record({ name: fc.stringMatching(/^[a-z][a-z0-9.-]{0,20}$/), version: fc.string({ maxLength: 200 }) }),
  { selector: ({ name }) => name, maxLength: 30 },
).map((all) => all.map((one): ServiceView => ({ ...VIEW, ...one })));

Deno.test("servicePage() shows every service once, in pages of the size asked for and of so many characters", () => {
  fc.assert(
    fc.property(arbitrary, fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 2_000 }), (all, limit, most) => {
      const seen: ServiceView[] = [];
      let after: string | undefined;
      for (let pages = 0; pages <= all.length; pages++) {
        const page: Page = JSON.parse(servicePage(all, limit, after, most));
        assert(page.services.length <= limit);
        assert(page.services.length > 0 || all.length === 0);
        const characters = page.services.reduce((sum, one) => sum + JSON.stringify(one).length, 0);
        assert(page.services.length === 1 || characters <= most);
        seen.push(...page.services);
        if (page.after === null) break;
        after = page.after;
      }
      assertEquals(seen, all.toSorted((one, other) => one.name < other.name ? -1 : 1));
    }),
  );
});

Deno.test("servicePage() goes on where it was when the service that ended the page before has gone", () => {
  const named = (names: string) => [...names].map((name): ServiceView => ({ ...VIEW, name }));
  const page = (names: string, after?: string): Page => JSON.parse(servicePage(named(names), 2, after));
  const first = page("dcba");
  assertEquals([first.services.map(({ name }) => name).join(""), first.after], ["ab", "b"]);
  const second = page("dca", "b");
  assertEquals([second.services.map(({ name }) => name).join(""), second.after], ["cd", null]);
  assertEquals(page("ab", "b"), { services: [], after: null });
});

Deno.test("servicePage() is bounded for a registry that is full", () => {
  const instance = {
    ...{
      instance: "i".repeat(64),
      version: "1",
      endpoint: `http://${"e".repeat(2_000)}`,
      state: "live",
      breaker: "closed",
    },
    ...{ healthy: true, inFlight: 0, leaseMs: 30_000, leaseEndMs: 1, registeredMs: 1 },
  } as const;
  const all = Array.from({ length: 1_000 }, (_, at): ServiceView => ({
    ...{ ...VIEW, name: `s${at}` },
    instances: Array(100).fill(instance),
  }));
  const text = servicePage(all, 1_000, undefined);
  assert(text.length < 1_100_000, `${text.length}`);
  assert(JSON.parse(text).services.length > 1);
});
