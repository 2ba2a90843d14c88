/**
 * Who may import whom: section 2 of the design as data. A folder's row is the longest path that fits a file.
 *
 * @module
 */

/** One row of the table. */
export interface Direction {
  /** Files whose path begins so. */
  readonly path: string;
  /** Paths, or their beginnings, that these files may import besides their own row. `"exports"` = the public API. */
  readonly may: readonly string[];
  /** Packages and platform modules that these files may import; a final `*` stands for any ending. */
  readonly packages: readonly string[];
}

const SRC = ["src/"];
const PUBLIC = ["exports"];
const ANY = ["*"];

export const DIRECTIONS: readonly Direction[] = [
  { path: "src/core/", may: [], packages: [] },
  { path: "src/ports/", may: ["src/core/"], packages: [] },
  { path: "src/retry/", may: ["src/core/", "src/ports/"], packages: [] },
  { path: "src/schema/", may: ["src/core/"], packages: [] },
  { path: "src/security/", may: ["src/core/", "src/ports/"], packages: [] },
  { path: "src/service/", may: ["src/core/", "src/schema/"], packages: [] },
  {
    path: "src/client/",
    may: ["src/core/", "src/ports/", "src/retry/", "src/schema/", "src/service/", "src/security/"],
    packages: [],
  },
  { path: "src/adapters/engines/", may: ["src/core/", "src/ports/"], packages: [] },
  { path: "src/adapters/stores/", may: ["src/core/", "src/ports/"], packages: [] },
  // The store's own file, and what stores over that database share.
  ...["sqlite", "_sqlite"].map((name) => ({
    path: `src/adapters/stores/${name}`,
    may: ["src/core/", "src/ports/", "src/adapters/stores/_"],
    packages: ["node:sqlite", "node:fs", "node:path", "node:timers"],
  })),
  ...["indexed_db", "_indexed_db"].map((name) => ({
    path: `src/adapters/stores/${name}`,
    may: ["src/core/", "src/ports/", "src/adapters/stores/_"],
    packages: ["idb-keyval"],
  })),
  { path: "src/adapters/transports/", may: ["src/core/", "src/ports/", "src/security/"], packages: [] },
  {
    path: "src/adapters/hono/",
    may: ["src/core/", "src/ports/", "src/schema/", "src/service/", "src/security/"],
    packages: ["hono", "hono/route", "hono-openapi"],
  },
  { path: "src/presets/", may: SRC, packages: ["hono", "@hono/node-server", "node:*"] },
  { path: "src/adapters/clocks/", may: ["src/core/", "src/ports/"], packages: [] },
  { path: "src/testing/", may: ["src/core/", "src/ports/"], packages: ["fast-check"] },
  // It runs the suite, which it loads for that alone.
  {
    path: "src/cli/",
    may: [...SRC, "conformance/"],
    packages: ["hono", "@hono/node-server", "cli-progress", "node:*"],
  },
  { path: "mod.ts", may: SRC, packages: [] },
  { path: "conformance/", may: PUBLIC, packages: ANY },
  // A bench of the object store starts workerd as the tests do.
  { path: "bench/", may: [...PUBLIC, "testing/workers/", "testing/browser/"], packages: ANY },
  { path: "examples/", may: PUBLIC, packages: ANY },
  { path: "testing/", may: PUBLIC, packages: ANY },
  // Scripts generate pages from the tables inside, such as the bus's transitions.
  { path: "scripts/", may: [...SRC, ...PUBLIC], packages: ANY },
];

/** Modules that only these places may name, whatever the table allows. */
export const RESERVED: Readonly<Record<string, readonly string[]>> = {
  // Benches measure the store beside the bare database.
  "node:sqlite": ["src/adapters/stores/sqlite", "src/adapters/stores/_sqlite", "bench/system/raw_sqlite"],
};

/** Where each file or folder is one adapter. Files `_x.ts` there are shared, `mod.ts` is the face of all. */
export const ADAPTER_FOLDERS: readonly string[] = [
  "src/adapters/clocks/",
  "src/adapters/engines/",
  "src/adapters/stores/",
  "src/adapters/transports/",
  "src/adapters/",
];

/** Files that are pure and synchronous. */
export const PURE = "src/core/";

/** Names that pure files never say: platform, clock, timers, randomness, promises. */
export const IMPURE_NAMES: ReadonlySet<string> = new Set(
  `Date performance Temporal setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate
  queueMicrotask requestAnimationFrame crypto fetch console Deno Bun process globalThis window self navigator location
  document Buffer require eval Function Promise PromiseLike Awaited AsyncIterable AsyncIterator AsyncGenerator
  AsyncIterableIterator AbortController AbortSignal Event EventTarget CustomEvent EventSource MessageChannel
  MessagePort BroadcastChannel WebSocket Worker SharedWorker Request Response FormData Blob File ReadableStream
  WritableStream TransformStream CompressionStream DecompressionStream indexedDB caches localStorage sessionStorage
  alert prompt confirm WeakRef FinalizationRegistry Atomics SharedArrayBuffer XMLHttpRequest WebAssembly
  Headers URL URLSearchParams TextEncoder TextDecoder`.split(/\s+/),
);

/** Web-standard values without I/O, and the pure folder that may use them. */
export const PURE_WEB: { readonly path: string; readonly names: ReadonlySet<string> } = {
  path: "src/core/envelope/",
  names: new Set(["Headers", "URL", "TextEncoder", "TextDecoder"]),
};
