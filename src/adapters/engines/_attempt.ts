import { deliveryId } from "../../core/bus/delivery_id.ts";
import type { Flight } from "../../core/bus/flight.ts";
import type { Envelope } from "../../core/envelope/mod.ts";
import type { Delivery } from "../../ports/transport.ts";

/** An attempt as the transport sees it; the delivery's id is made only if it is asked for. */
export class Attempt implements Delivery {
  constructor(
    readonly flight: Flight,
    readonly instance: string,
    readonly endpoint: string,
    readonly timeoutMs: number,
  ) {}

  get envelope(): Envelope {
    return this.flight.envelope;
  }

  get attempt(): number {
    return this.flight.attempt;
  }

  get receiver(): string {
    return this.flight.target.name;
  }

  get deliveryId(): string {
    const { message, target, run } = this.flight;
    return deliveryId(message.source, message.id, target.name, run);
  }
}
