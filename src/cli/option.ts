/** One option, as it is read and as `--help` tells it. */
export interface Option {
  /** What stands for its value in the help; an option without one is a switch. */
  readonly value?: string;
  /** Whether it may be repeated. */
  readonly many?: boolean;
  readonly help: string;
}
