/** How a command ends, for scripts; `bellhop --help` lists them. */
export const EXIT = {
  /** Everything asked for was done. */
  done: 0,
  /** Some message was refused, failed or had not ended in time. */
  partly: 1,
  /** The command line or the input could not be read. */
  usage: 2,
  /** There is no gateway to talk to, or it could not start. */
  gateway: 3,
  /** Stopped by SIGINT or SIGTERM. */
  interrupted: 130,
} as const;

/** What stops a command: a sentence for the person, and the code it ends with. */
export class Stop extends Error {
  constructor(readonly exitCode: number, message: string) {
    super(message);
  }
}
