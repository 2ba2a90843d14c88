import { assert, assertEquals } from "@std/assert";

// What the module graph of Deno says: code only, since imports of types are gone when it runs.

/** What an entry may load besides its own folder and the pure core. Who adds a line here makes the entry larger. */
const MAY: Readonly<Record<string, readonly RegExp[]>> = {
  ".": [/^mod\.ts$/],
  "./bus": [],
  "./ports": [/^src\/ports\//],
  "./retry": [/^src\/retry\/(?!breaker)/, /^src\/core\/retry\/(backoff|policy_rules)\.ts$/],
  "./breaker": [/^src\/retry\/(breaker|_platform_clock)\.ts$/, /^src\/core\/(error|retry\/breaker)\.ts$/],
  "./security": [/^src\/(security|ports)\//],
  "./schema": [/^src\/schema\//],
  "./service": [/^src\/(service|schema|security)\//],
  "./client": [/^src\/(client|service|schema|security)\//, /^src\/retry\/(?!breaker)/],
  "./pull": [/^src\/(client|service|schema|security)\//, /^src\/retry\/asked_delay/],
  "./outbox": [/^src\/(client|schema|ports)\//, /^src\/retry\/asked_delay/],
  // A page loads neither the gateway nor any other store.
  "./browser": [
    /^src\/(client|service|schema|security|ports|presets\/browser)\//,
    /^src\/retry\/(?!breaker)/,
    /^src\/adapters\/stores\/(indexed_db|_)/,
    /^npm:\/?idb-keyval@/,
  ],
  "./hono": [/^src\/(service|schema|security|ports)\//, /^src\/adapters\/hono\//, /^npm:\/?(hono|hono-openapi)@/],
  "./engines/embedded": [/^src\/(ports|security)\//, /^src\/adapters\/engines\//],
  "./stores/memory": [/^src\/ports\//, /^src\/adapters\/stores\/(memory|_)/],
  "./stores/indexeddb": [/^src\/ports\//, /^src\/adapters\/stores\/(indexed_db|_)/, /^npm:\/?idb-keyval@/],
  "./stores/durable-object": [/^src\/ports\//, /^src\/adapters\/stores\/(durable_object|_)/],
  "./stores/sqlite": [/^src\/ports\//, /^src\/adapters\/stores\/(sqlite|_)/, /^node:/],
  "./stores/deno-kv": [/^src\/ports\//, /^src\/adapters\/stores\/(deno_kv|_)/, /^node:sqlite$/],
  "./stores/unstorage": [/^src\/ports\//, /^src\/adapters\/stores\/(unstorage|_)/],
  "./transports/fetch": [/^src\/(ports|security)\//, /^src\/adapters\/transports\/(fetch|_)/],
  "./transports/memory": [/^src\/ports\//, /^src\/adapters\/transports\/(memory|_)/],
  "./clocks/system": [/^src\/ports\//, /^src\/adapters\/clocks\/system/],
  "./testing": [/^src\/(ports|testing)\//],
  "./testing/store-contract": [/^src\/(ports|testing)\//, /^npm:\/?fast-check@/],
  // All but what plugs a subject in: that is of a platform, or the library itself.
  "./conformance": [/^conformance\/(?!drivers|subjects)/, /^npm:\/?fast-check@/],
  "./conformance/stdio": [/^conformance\/(drivers\/stdio|failure)\.ts$/, /^node:/],
  "./conformance/http": [/^conformance\/(drivers\/http|failure|control)\.ts$/, /^node:/],
  "./workers": [
    /^src\/(client|service|schema|security|ports|presets\/workers|adapters|retry)\//,
    /^npm:\/?(hono|hono-openapi)@/,
  ],
  // All that a server needs, and neither the command nor what tests need.
  "./server": [
    /^src\/(client|service|schema|security|ports|presets|adapters|retry)\//,
    /^npm:\/?(hono|hono-openapi|@hono\/node-server)@/,
    /^node:/,
  ],
};

/** Entries that stand on the pure core as a whole. */
const WITH_BUS = new Set([".", "./bus", "./engines/embedded", "./server", "./workers"]);
/** Entries whose row says what they may load of the core; all others may load what is not the bus. */
const WITHOUT_CORE = new Set(["./retry", "./breaker", "./conformance", "./conformance/stdio", "./conformance/http"]);

const root = new URL("../", import.meta.url);
const { exports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));

Deno.test("importing an entry loads no other entry, and no module of a platform outside of server, sqlite and deno-kv", async () => {
  const strange: string[] = [];
  for (const [entry, path] of Object.entries<string>(exports)) {
    const loaded = await loadedBy(path);
    assert(loaded.length > 0, entry);
    const core = WITH_BUS.has(entry) ? /^src\/core\// : /^src\/core\/(?!bus\/(?!operation\.ts))/;
    // An entry without a row may load nothing but the core: whoever adds it says here what it needs.
    const may = [...WITHOUT_CORE.has(entry) ? [] : [core], ...MAY[entry] ?? []];
    for (const file of loaded) if (!may.some((pattern) => pattern.test(file))) strange.push(`${entry} loads ${file}`);
  }
  assertEquals(strange, []);
});

Deno.test("every row names an entry that is there", () => {
  assertEquals(Object.keys(MAY).filter((entry) => !(entry in exports)), []);
});

/** Every module that runs when this one is imported: paths in the repository, or specifiers. */
async function loadedBy(path: string): Promise<string[]> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", new URL(path, root).pathname],
    stderr: "null",
  }).output();
  assert(success, path);
  const { roots, modules, redirects } = JSON.parse(new TextDecoder().decode(stdout)) as Info;
  const byName = new Map(modules.map((module) => [module.specifier, module]));
  const found = new Set<string>();
  const visit = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    for (const { code } of byName.get(name)?.dependencies ?? []) {
      if (code?.specifier !== undefined) visit(redirects[code.specifier] ?? code.specifier);
    }
  };
  roots.forEach(visit);
  return [...found].map((name) => name.startsWith(root.href) ? name.slice(root.href.length) : name).sort();
}

interface Info {
  readonly roots: readonly string[];
  readonly redirects: Readonly<Record<string, string>>;
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly { readonly code?: { readonly specifier?: string } }[];
  }[];
}
