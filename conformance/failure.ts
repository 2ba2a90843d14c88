/**
 * What a check throws when a requirement is not met.
 *
 * @module
 */

/** A requirement is broken. */
export class Failure extends Error {
  /** The name of the class. */
  override readonly name = "Failure";

  /**
   * A failure of one requirement.
   *
   * @param message what was wanted and what came instead
   */
  constructor(
    /** The requirement that is broken. */
    readonly requirement: string,
    message: string,
  ) {
    super(message);
  }
}

/** The check needs what this subject does not have: it does not apply. */
export class NotApplicable extends Error {
  /** The name of the class. */
  override readonly name = "NotApplicable";
}

/** The subject answers nothing, something that cannot be read, or breaks the control plane: nothing can be said of it. */
export class SubjectBroken extends Error {
  /** The name of the class. */
  override readonly name = "SubjectBroken";
}

/** The subject declares what it says it does not know: the check cannot be tried, but the subject is in good health. */
export class NotKnown extends SubjectBroken {
}
