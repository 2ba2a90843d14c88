/**
 * The liars: programs that speak the control plane and implement nothing. None may pass, and each must learn why.
 *
 * @module
 */
import type { Answer, Command, Hello, JsonObject, OpenSubject } from "../control.ts";

/** One way of doing nothing. */
export interface Liar {
  readonly id: string;
  readonly open: OpenSubject;
  /** What the report must say of it. */
  readonly cause: RegExp;
}

/** Declares everything. */
const HELLO: Hello = {
  control: 1,
  name: "liar",
  version: "1.0.0",
  spec: "0.1",
  profiles: ["core", "registry", "http", "pull", "durable", "security"],
  clock: "virtual",
  asks: ["parse", "write", "delay", "policy", "match", "verdict", "sign", "verify"],
  can: [
    "working",
    "store-faults",
    "crash",
    "torn-writes",
    "service",
    "drain",
    "peer",
    "hosts",
    "guard",
    "store-read",
    "streams",
    "mount",
    "bounds",
    "schemas",
    "stops",
    "replies",
  ],
};

/** See the module. */
export const LIARS: readonly Liar[] = [
  liar("always-ok", /wanted|must|answer|advance/i, (command) => ({ ok: command.do === "hello" ? HELLO as never : {} })),
  liar(
    "always-202",
    /wanted|must|answer|advance|instance/i,
    (command) => ({
      ok: command.do === "hello"
        ? HELLO as never
        : { status: 202, headers: {}, body: "{}", source: "/suite", id: "m-1", durability: "memory", receivers: ["b"] },
    }),
  ),
  liar("echo", /hello wants/, (command) => ({ ok: command as unknown as JsonObject })),
  liar(
    "always-refuses",
    /refused|not accepted|not answered/,
    (command) => command.do === "hello" ? { ok: HELLO as never } : { refused: { code: "internal" } },
  ),
  liar(
    "does-not-know",
    /does not know/,
    (command) => command.do === "hello" ? { ok: HELLO as never } : { unsupported: "the subject does not know" },
  ),
  {
    id: "silence",
    cause: /no answer to hello within/,
    open: () => Promise.resolve({ send: () => new Promise<Answer>(() => {}), close: () => Promise.resolve() }),
  },
  {
    id: "silence-after-hello",
    cause: /no answer to .* within/,
    open: () =>
      Promise.resolve({
        send: (seq: number, command: Command) =>
          command.do === "hello"
            ? Promise.resolve({ seq, nowMs: 0, ok: HELLO as never, events: [] })
            : new Promise<Answer>(() => {}),
        close: () => Promise.resolve(),
      }),
  },
  liar("crash", /segmentation fault/, (command) => {
    if (command.do === "hello") return { ok: HELLO as never };
    throw new Error("segmentation fault");
  }),
];

function liar(id: string, cause: RegExp, lie: (command: Command) => Partial<Answer>): Liar {
  const open: OpenSubject = () => {
    let nowMs = 0;
    return Promise.resolve({
      // deno-lint-ignore require-await -- what a lie throws must reject
      send: async (seq: number, command: Command) => {
        if (command.do === "start") nowMs = command.nowMs;
        if (command.do === "advance") nowMs = command.toMs;
        return { seq, nowMs, events: [], ...lie(command) };
      },
      close: () => Promise.resolve(),
    });
  };
  return { id, open, cause };
}
