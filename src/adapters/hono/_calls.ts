/**
 * How many proxied calls there are at once: each holds a connection on both sides for as long as its answer streams.
 *
 * @module
 */
import { BellhopError } from "../../core/error.ts";

/** The proxied calls of one gateway. */
export interface Calls {
  /** Counts one in; the function counts it out, once. @throws {BellhopError} `too-many-streams` */
  enter(): () => void;
}

/** @param most at once */
export function proxiedCalls(most: number): Calls {
  let open = 0;
  return {
    enter() {
      if (open >= most) throw new BellhopError("too-many-streams", `${most} proxied calls may be open`);
      open++;
      let inside = true;
      return () => {
        if (inside) open--;
        inside = false;
      };
    },
  };
}
