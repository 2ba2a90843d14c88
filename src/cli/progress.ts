/**
 * A bar on standard error that moves while messages are sent.
 *
 * @module
 */
import { SingleBar } from "cli-progress";
import process from "node:process";

/** A bar, or nothing where nobody watches. */
export interface Progress {
  /** So many bytes of the input were taken in. */
  read(bytes: number): void;
  /** One more message has been dealt with. */
  sent(refused: boolean): void;
  stop(): void;
}

/** Shows nothing. */
export const SILENT: Progress = { read: () => {}, sent: () => {}, stop: () => {} };

/** @param totalBytes size of the input; without it only messages are counted */
export function progressBar(totalBytes: number | undefined): Progress {
  const counts = "{messages} messages, {refused} refused, {duration} s";
  const bar = new SingleBar({
    format: totalBytes === undefined ? ` ${counts}` : ` {bar} {percentage} %  ${counts}`,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
  });
  let bytes = 0;
  let messages = 0;
  let refusals = 0;
  bar.start(Math.max(1, totalBytes ?? 1), 0, { messages, refused: refusals });
  return {
    read: (count) => bytes += count,
    sent(refused) {
      messages++;
      if (refused) refusals++;
      bar.update(totalBytes === undefined ? 0 : Math.min(bytes, totalBytes), { messages, refused: refusals });
    },
    stop: () => bar.stop(),
  };
}
