/**
 * `bellhop dev`: an open gateway for one who develops, with what happens in sight.
 *
 * @module
 */
import { fetchTransport } from "../adapters/transports/fetch.ts";
import { type Given, text, texts, whole } from "./arguments.ts";
import { ask } from "./ask_gateway.ts";
import { type Command, NDJSON_OPTION } from "./command.ts";
import { jsonScreen, textScreen } from "./dev_screen.ts";
import { EXIT, Stop } from "./exit_code.ts";
import { failPlan } from "./fail_plan.ts";
import { failingTransport } from "./failing_transport.ts";
import { injections } from "./injections.ts";
import { tell } from "./output.ts";
import { startGateway } from "./run_gateway.ts";
import { untilStopped } from "./stop_signal.ts";
import { FILTER_OPTIONS, traceFilter } from "./trace_filter.ts";
import { followTrace } from "./trace_stream.ts";
import { type Found, serviceUrl, watchService } from "./watch_service.ts";

export const DEV: Command = {
  name: "dev",
  summary: "a gateway to develop with: finds services, shows what happens, fails on demand",
  about: `Runs an open gateway on 127.0.0.1 until SIGINT or SIGTERM, and shows each step of each message. The services
    at the URLs are looked for once a second: they may start later, go away, and come back with other subscriptions.`,
  usage: "[URL]... [options]",
  options: {
    port: { value: "N", help: "port to listen on; 0 takes any that is free (default 8000)" },
    store: {
      value: "FILE",
      help: "SQLite file that keeps CRITICAL messages; without it nothing is kept, and a CRITICAL is refused",
    },
    fail: {
      value: "NAME:N",
      many: true,
      help: "let the next N attempts to a service fail as by status 503, before they reach it; 'NAME:*' for all; " +
        "may be repeated",
    },
    renewals: FILTER_OPTIONS.renewals,
    ...NDJSON_OPTION,
  },
  examples: [
    "bellhop dev http://127.0.0.1:8001/bellhop",
    "bellhop dev localhost:8001/bellhop localhost:8002/bellhop --store bus.db",
    "bellhop dev localhost:8001/bellhop --fail 'document-svc:2' --fail 'search:*'",
    `bellhop dev --json | jq -c 'select(.kind == "dead-letter")'`,
  ],
  run,
};

const DEADLINE_MS = 2_000;

async function run({ values, positionals }: Given): Promise<number> {
  const urls = positionals.map(checkedUrl);
  const plan = failPlan(texts(values, "fail"));
  const store = text(values, "store", "memory");
  const port = whole(values, "port", 8_000, 0, 65_535);
  const isWanted = traceFilter(values);
  const screen = values.json === true ? jsonScreen() : textScreen();
  const made = injections();
  const transport = failingTransport(fetchTransport(), plan, made.add);
  const stopped = untilStopped();
  const gateway = await startGateway({ port, store, transport });
  const address = { url: gateway.url, from: "bellhop dev", token: undefined };
  screen.started(gateway.url, store, urls);

  const ended = new AbortController();
  const { signal } = ended;
  const discover = (url: string) => ask(address, "POST", "/discover", { url }) as Promise<Found>;
  const watch = { transport, discover, onFound: screen.found, onMissing: screen.missing };
  const watching: Promise<void>[] = [];
  const following = followTrace(address, signal, {
    onStep: (step) => isWanted(step) && screen.step(made.mark(step)),
    // Not before: the trace is to show the registrations too.
    onOpen: (again) => {
      if (!again) watching.push(...urls.map((url) => watchService(url, watch, signal)));
    },
    onLost: () => tell("the trace came faster than it could be shown: some steps are missing here"),
  });
  try {
    await Promise.race([stopped, following]);
  } finally {
    ended.abort();
    await gateway.close(DEADLINE_MS);
  }
  await Promise.all(watching);
  return EXIT.done;
}

function checkedUrl(text: string): string {
  const url = serviceUrl(text);
  if (url !== undefined) return url;
  const got = JSON.stringify(text);
  throw new Stop(EXIT.usage, `wanted the URL of a service, as http://127.0.0.1:8001/bellhop, got ${got}`);
}
