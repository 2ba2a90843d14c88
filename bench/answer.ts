/** What an answer of a subject's process begins with: libraries print lines of their own. */
export const ANSWER = "bench: ";

/** What a subject's process answers. */
export interface Answer {
  readonly ready?: true;
  readonly value?: number;
  readonly why?: string;
}
