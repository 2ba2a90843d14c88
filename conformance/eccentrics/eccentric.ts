/**
 * What an eccentric is: an implementation that does something odd and nothing wrong, so that no check may fail on it.
 *
 * @module
 */
import type { Answer, Command, OpenSubject, Subject } from "../control.ts";
import { bellhop, type BellhopChanges } from "../subjects/bellhop.ts";

/** One oddity. */
export interface Eccentric {
  /** A few words, `members-reversed`. */
  readonly id: string;
  /** Why the specification allows it. */
  readonly why: string;
  readonly open: OpenSubject;
}

/** How the reference is made odd: what it is told, and what it says. */
export interface Oddity {
  readonly id: string;
  readonly why: string;
  /** Options of the reference. */
  readonly changes?: BellhopChanges;
  /** Takes the place of a command, by one or several; the answers become one. */
  readonly hears?: (command: Command, nowMs: number) => readonly Command[];
  /** Takes the place of an answer. */
  readonly says?: (answer: Answer, command: Command) => Answer;
}

/** The reference with an oddity. */
export function odd({ id, why, changes, hears, says }: Oddity): Eccentric {
  const openReference = bellhop(changes);
  const open = async (): Promise<Subject> => {
    const reference = await openReference();
    let nowMs = 0;
    return {
      close: () => reference.close(),
      async send(seq: number, command: Command): Promise<Answer> {
        let answer: Answer | undefined;
        for (const one of hears?.(command, nowMs) ?? [command]) {
          const next: Answer = await reference.send(seq, one);
          answer = answer === undefined ? next : { ...next, events: [...answer.events, ...next.events] };
          // Time stops at the first event, whatever was meant to come after.
          if (command.do === "advance" && answer.events.length > 0) break;
        }
        nowMs = answer!.nowMs;
        return says === undefined ? answer! : says(answer!, command);
      },
    };
  };
  return { id, why, open };
}
