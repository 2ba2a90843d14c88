import process from "node:process";
import { type Paint, paintFor } from "./colour.ts";
import { print } from "./output.ts";
import { printable } from "./printable.ts";
import { traceLines } from "./trace_line.ts";
import type { TraceStep } from "./trace_step.ts";
import type { Found } from "./watch_service.ts";

/** What `bellhop dev` has to say. */
export interface DevScreen {
  started(url: string, store: string, services: readonly string[]): void;
  step(step: TraceStep): void;
  found(url: string, found: Found): void;
  missing(url: string, reason: string): void;
}

/** Lines of JSON: those of the trace, and three kinds more. */
export function jsonScreen(): DevScreen {
  const say = (value: unknown) => print(JSON.stringify(value));
  return {
    started: (url, store) => say({ kind: "listening", url, pid: process.pid, store }),
    step: say,
    found: (url, { name, version, subscriptions }) =>
      say({ kind: "discovered", service: name, version, url, subscriptions }),
    missing: (url, reason) => say({ kind: "undiscovered", url, reason }),
  };
}

/** Text for a person. */
export function textScreen(paint: Paint = paintFor()): DevScreen {
  const line = traceLines(paint);
  return {
    started(url, store, services) {
      const kept = store === "memory"
        ? "messages are in memory alone, CRITICAL needs --store FILE"
        : `CRITICAL messages are kept in ${store}`;
      print(`${paint("bold", "bellhop dev")} at ${paint("cyan", url)}, open to this machine; ${kept}`);
      const hints = [`try: bellhop send document.created '{"id":"42"}' --wait 10${gatewayHint(url)}`];
      if (services.length === 0) hints.unshift("services come by `bellhop services add URL`, or register themselves");
      for (const hint of hints) print(paint("dim", `  ${hint}`));
    },
    step: (step) => print(line(step)),
    found(url, { name, version, subscriptions }) {
      const takes = subscriptions.length === 0 ? "subscribes to nothing" : `subscribes to ${subscriptions.join(", ")}`;
      print(paint("green", printable(`found ${name} ${version} at ${url}, ${takes}`, 500)));
    },
    missing(url, reason) {
      const hint = reason.endsWith("answered 404") ? "; is the path it is mounted at missing, as /bellhop?" : "";
      print(paint("yellow", printable(`looking for ${url}: ${reason.replace(url, "it")}${hint}`, 500)));
    },
  };
}

function gatewayHint(url: string): string {
  return url === "http://127.0.0.1:8000" ? "" : ` --gateway ${url}`;
}
