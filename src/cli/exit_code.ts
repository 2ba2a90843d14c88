/** How a command ends, for scripts. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  gateway: 3,
  unknown: 4,
  denied: 5,
  baseline: 6,
  subject: 7,
  suite: 8,
  interrupted: 130,
} as const;

/** What each code means: `bellhop --help` and docs/cli.md show this table. */
export const EXIT_MEANINGS: readonly (readonly [code: number, meaning: string])[] = [
  [EXIT.done, "everything asked for was done; what was waited for is delivered"],
  [EXIT.failed, "something was refused or failed for good, as a message that became a dead letter"],
  [EXIT.usage, "the command line or the input could not be read; nothing was done"],
  [EXIT.gateway, "there is no gateway at the URL, or the gateway could not start"],
  [EXIT.unknown, "a message was taken, and its deliveries had not ended in time"],
  [EXIT.denied, "the gateway refuses the credential, or wants one"],
  [EXIT.baseline, "conform: nothing new is broken, but the baseline is out of date"],
  [EXIT.subject, "conform: the implementation would not start"],
  [EXIT.suite, "conform: nothing was found broken, but the suite itself failed"],
  [EXIT.interrupted, "publish or conform was stopped by SIGINT or SIGTERM"],
];

/** What stops a command: a sentence for the person, and the code it ends with. */
export class Stop extends Error {
  constructor(readonly exitCode: number, message: string) {
    super(message);
  }
}
