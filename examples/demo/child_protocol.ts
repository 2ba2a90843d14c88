/**
 * How the demo talks to its processes: a line of JSON on standard input asks, one on standard output answers.
 *
 * @module
 */
import { TextLineStream } from "./text_lines.ts";

/** What can be asked of a gateway. */
export interface StartGateway {
  readonly do: "start";
  /** SQLite file. */
  readonly store: string;
  /** 0 takes any that is free. */
  readonly port: number;
  /** Whether the retry state is flushed, as it should be. */
  readonly flush: boolean;
}

/** What can be asked of a service. */
export type AskService =
  | { readonly do: "start"; readonly gateway: string; readonly port: number }
  | {
    readonly do: "publish";
    readonly type: string;
    readonly data: unknown;
    readonly options: { readonly priority?: "NORMAL" | "CRITICAL"; readonly target?: string };
  };

/** Answers of a process; an error ends in `error`. */
export interface Reply {
  /** Where it listens. */
  readonly url?: string;
  readonly port?: number;
  /** A message that was taken. */
  readonly id?: string;
  readonly durability?: string;
  readonly error?: string;
}

/**
 * Answers each line until standard input ends: then whoever started this process is gone, and it goes as well.
 *
 * The first line it writes says that it is loaded.
 */
export async function answerLines<Question>(answer: (question: Question) => Promise<Reply>): Promise<never> {
  say({});
  for await (const line of Deno.stdin.readable.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())) {
    say(await answer(JSON.parse(line)).catch((error): Reply => ({ error: String(error) })));
  }
  Deno.exit(0);
}

function say(reply: Reply): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(reply)}\n`));
}
