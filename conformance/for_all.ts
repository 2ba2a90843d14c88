/**
 * Properties: fast-check draws, shrinks and replays; the session is begun anew by each try.
 *
 * @module
 */
import fc from "fast-check";
import type { Effort } from "./check.ts";
import { Failure, NotApplicable, SubjectBroken } from "./failure.ts";
import type { Session } from "./session.ts";

/** Milliseconds that one property may take; more is a failure, never a pass. */
const TIME_LIMIT_MS = 120_000;

/** A failure, and the smallest input that was found to cause it. */
export class PropertyFailure extends Failure {
  /**
   * @param counterexample the input as text
   * @param path where fast-check goes on in a replay
   */
  constructor(requirement: string, message: string, readonly counterexample: string, readonly path: string) {
    super(requirement, message);
  }
}

/** Tries a property on inputs that are drawn. @throws {PropertyFailure} with the smallest input that breaks it */
export async function forAll<T>(
  session: Session,
  { seed, runs, path }: Effort,
  inputs: fc.Arbitrary<T>,
  property: (input: T) => Promise<void>,
): Promise<void> {
  let last: Failure | undefined;
  // A report shows what led to the failure, not every try: shrinking goes on after the smallest input has failed.
  const before = session.log;
  let failedLog = before;
  const details = await fc.check(
    fc.asyncProperty(inputs, async (input) => {
      session.log = [...before];
      try {
        await property(input);
        session.judgeLint();
      } catch (error) {
        if (error instanceof Failure) last = error;
        failedLog = session.log;
        throw error;
      }
    }),
    {
      seed,
      numRuns: runs,
      ...(path === undefined ? {} : { path, endOnFailure: false }),
      interruptAfterTimeLimit: TIME_LIMIT_MS,
      markInterruptAsFailure: true,
    },
  );
  if (!details.failed) return;
  session.log = failedLog;
  const cause = details.errorInstance;
  if (cause instanceof NotApplicable || cause instanceof SubjectBroken) throw cause;
  if (last === undefined) {
    throw cause ?? new Error(`the property was not finished within ${TIME_LIMIT_MS / 1_000} s`);
  }
  throw new PropertyFailure(
    last.requirement,
    last.message,
    fc.stringify(details.counterexample?.[0]),
    details.counterexamplePath ?? "",
  );
}
