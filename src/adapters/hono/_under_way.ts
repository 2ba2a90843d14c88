/**
 * How much of one kind is under way at once: a proxied call holds a connection on both sides for as long as its answer
 * streams, a discovery one until the service has answered.
 *
 * @module
 */
import { BellhopError } from "../../core/error.ts";

/** What is under way of one kind, in one gateway. */
export interface UnderWay {
  /** Counts one in; the function counts it out, once. @throws {BellhopError} `too-many-streams` */
  enter(): () => void;
}

/** @param most at once; @param what as it is said: "proxied calls" */
export function underWay(most: number, what: string): UnderWay {
  let open = 0;
  return {
    enter() {
      if (open >= most) throw new BellhopError("too-many-streams", `${most} ${what} may be open`);
      open++;
      let inside = true;
      return () => {
        if (inside) open--;
        inside = false;
      };
    },
  };
}
