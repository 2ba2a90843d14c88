/**
 * What a check throws when a requirement is not met.
 *
 * @module
 */

/** A requirement is broken. */
export class Failure extends Error {
  override readonly name = "Failure";

  /**
   * @param requirement the requirement that is broken, `RET-017`
   * @param message what was wanted and what came instead
   */
  constructor(readonly requirement: string, message: string) {
    super(message);
  }
}

/** The check needs what this subject does not have: it does not apply. */
export class NotApplicable extends Error {
  override readonly name = "NotApplicable";
}

/** The subject answers nothing, something that cannot be read, or breaks the control plane: nothing can be said of it. */
export class SubjectBroken extends Error {
  override readonly name = "SubjectBroken";
}
