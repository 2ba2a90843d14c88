/**
 * The gateway of the demo, as a process of its own.
 *
 * @module
 */
import { PRIORITY_POLICIES } from "@bellhop/bellhop";
import { gateway, serve, sqlite } from "@bellhop/bellhop/server";
import { answerLines, type StartGateway } from "./child_protocol.ts";
import { withoutFlush } from "./without_flush.ts";

// The wait must outlast the start of a process on a slow machine, and be the same each time the demo is shown.
const CRITICAL = { ...PRIORITY_POLICIES.CRITICAL, baseMs: 2_000, jitter: "none" } as const;

await answerLines(async ({ store, port, flush }: StartGateway) => {
  const bus = gateway({
    open: true,
    store: flush ? sqlite(store) : withoutFlush(sqlite(store)),
    bus: { policies: { ...PRIORITY_POLICIES, CRITICAL } },
  });
  await bus.ready;
  const { url } = await serve(bus, { port });
  return { url, port: Number(new URL(url).port) };
});
