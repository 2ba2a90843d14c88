import type { After } from "./_after.ts";

/** The tickets that streams have handed out, each with what its stream does when it is answered. */
export interface Tickets {
  /** Somebody has answered; who works on goes on. */
  answered(ticket: string, working: boolean): void;
  /** `ended` is called once: when it is answered, or when its lease has run out. @returns how to take that back */
  hold(ticket: string, leaseMs: number, ended: () => void): () => void;
}

export function tickets(after: After): Tickets {
  const held = new Map<string, { readonly leaseMs: number; readonly ended: () => void; stop: () => void }>();
  const end = (ticket: string): void => {
    const found = held.get(ticket);
    held.delete(ticket);
    found?.stop();
    found?.ended();
  };
  return {
    answered(ticket, working) {
      const found = held.get(ticket);
      if (found === undefined) return;
      if (!working) return end(ticket);
      found.stop();
      found.stop = after(found.leaseMs, () => end(ticket));
    },
    hold(ticket, leaseMs, ended) {
      held.set(ticket, { leaseMs, ended, stop: after(leaseMs, () => end(ticket)) });
      return () => {
        held.get(ticket)?.stop();
        held.delete(ticket);
      };
    },
  };
}
