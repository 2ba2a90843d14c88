import type { Answer, Delivery, Transport } from "../ports/transport.ts";
import type { FailPlan } from "./fail_plan.ts";

/** What a receiver that is too busy would have answered. */
const BUSY: Answer = Object.freeze({ verdict: "nak", reason: "status-503", answered: true });

/**
 * A transport, made of functions that need no `this`, whose attempts fail as planned before they reach anybody; all else goes on to the other.
 *
 * @param onFail told of each attempt that failed so, and how many are left
 */
export function failingTransport(
  other: Transport,
  plan: FailPlan,
  onFail: (delivery: Delivery, left: number) => void = () => {},
): Transport {
  return {
    ...other,
    deliver(delivery) {
      const left = plan.take(delivery.receiver);
      if (left === undefined) return other.deliver(delivery);
      onFail(delivery, left);
      return BUSY;
    },
  };
}
