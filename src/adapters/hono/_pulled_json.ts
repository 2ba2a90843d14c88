import { serialize } from "../../core/envelope/mod.ts";
import type { PulledDelivery } from "../../ports/engine.ts";

/** With its envelope in structured mode, where bytes have a form. */
export function toJson({ ticket, deliveryId, attempt, leaseMs, envelope }: PulledDelivery): string {
  const head = JSON.stringify({ ticket, delivery: deliveryId, attempt, leaseMs }).slice(0, -1);
  return `${head},"envelope":${serialize(envelope)}}`;
}

/** The answer to a request. */
export function listJson(taken: readonly PulledDelivery[]): string {
  return `{"deliveries":[${taken.map(toJson).join(",")}]}`;
}
