/**
 * What a publisher or the registry may ask of messages under way.
 *
 * @module
 */
import { BellhopError } from "../error.ts";
import { retire } from "./_lines.ts";
import type { BusMessage } from "./message.ts";
import type { BusState } from "./_state.ts";
import type { Target } from "./target.ts";
import { endAll, endOne } from "./wake.ts";

/** The message of that source and id, if it is remembered. */
export function find(state: BusState, source: string, id: string): BusMessage | undefined {
  return state.remembered.get(source, id) ?? state.rememberedDurable.get(source, id);
}

/**
 * Cancels what is left of a message. An attempt under way may still be acknowledged.
 *
 * @returns how many deliveries it reached
 * @throws {BellhopError} `message-unknown`, `message-ended`
 */
export function cancel(state: BusState, nowMs: number, source: string, id: string): number {
  const message = find(state, source, id);
  if (message === undefined || (message.token !== 0 && message.runs === undefined)) {
    throw new BellhopError("message-unknown", `No message ${id} of ${source} is known`, { field: "id" });
  }
  const reached = endAll(state, nowMs, message, "cancelled", "cancelled");
  if (reached === 0) throw new BellhopError("message-ended", `Every delivery of ${id} has ended`, { field: "id" });
  return reached;
}

/** A service has deregistered: what waits for it ends. @returns how many deliveries it reached */
export function removeReceiver(state: BusState, nowMs: number, receiver: string): number {
  const target = state.targets.get(receiver);
  if (target === undefined) return 0;
  const reached = endWhere(state, nowMs, target, () => true, "receiver-gone");
  retire(state, target);
  return reached;
}

/** An instance has left for good: what insists on it ends. @returns how many deliveries it reached */
export function removeInstance(state: BusState, nowMs: number, receiver: string, instance: string): number {
  const target = state.targets.get(receiver);
  // Seldom is there any: to look for them costs a pass over all messages.
  if (target === undefined || state.pinned === 0) return 0;
  return endWhere(
    state,
    nowMs,
    target,
    (message) => message.pinned && message.instance === instance,
    "instance-gone",
  );
}

/** The services that deliveries under way are for, each with the instances that some of them insist on. */
export function receiversOf(state: BusState): { receiver: string; instances: string[] }[] {
  const found = new Map<string, Set<string>>();
  for (const message of state.messages) {
    if (message === undefined) continue;
    for (let place = 0; place < message.targets.length; place++) {
      if (message.progress[place] >= 0) continue;
      const { name } = message.targets[place];
      let instances = found.get(name);
      if (instances === undefined) found.set(name, instances = new Set());
      if (message.pinned) instances.add(message.instance!);
    }
  }
  return [...found].map(([receiver, instances]) => ({ receiver, instances: [...instances] }));
}

function endWhere(
  state: BusState,
  nowMs: number,
  target: Target,
  wanted: (message: BusMessage) => boolean,
  outcome: "receiver-gone" | "instance-gone",
): number {
  let reached = 0;
  for (const message of state.messages) {
    if (message === undefined || !wanted(message)) continue;
    const place = message.targets.indexOf(target);
    if (place === -1 || message.progress[place] >= 0) continue;
    if (endOne(state, nowMs, ~message.progress[place], outcome, outcome)) reached++;
  }
  return reached;
}
