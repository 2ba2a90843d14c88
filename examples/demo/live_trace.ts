import { TRACE_KINDS } from "@bellhop/bellhop/bus";
import type { Step } from "./step.ts";

/** A gateway's trace as it happens (`GET /trace`, Server-Sent Events). */
export interface LiveTrace {
  close(): void;
}

/** Resolves when the gateway has begun to stream: whatever it does from then on is told. */
export function liveTrace(gateway: string, listener: (step: Step) => void): Promise<LiveTrace> {
  const source = new EventSource(`${gateway}/trace`);
  for (const kind of ["registered", ...TRACE_KINDS]) {
    source.addEventListener(kind, ({ data }) => listener(JSON.parse(data)));
  }
  return new Promise((resolve, reject) => {
    source.onopen = () => resolve({ close: () => source.close() });
    source.onerror = () => {
      // Opened again it would leave out what happened in between; the scene opens the next gateway's by itself.
      source.close();
      reject(new Error(`no trace at ${gateway}`));
    };
  });
}
