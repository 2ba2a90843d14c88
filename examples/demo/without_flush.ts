import { BellhopError } from "@bellhop/bellhop";
import type { OpenStore } from "@bellhop/bellhop/ports";

/** A store on which the retry state is never flushed: to see that the demo notices. */
export function withoutFlush(open: OpenStore): OpenStore {
  return async () => {
    const store = await open();
    return {
      ...store,
      write(operations) {
        const isRetryState = operations.some(({ keyspace, value }) => keyspace === "deliveries" && value !== undefined);
        if (isRetryState) return Promise.reject(new BellhopError("not-durable", "the demo was told not to flush"));
        return store.write(operations);
      },
    };
  };
}
