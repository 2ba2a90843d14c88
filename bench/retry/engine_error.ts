/** What was named is no engine that the bench can drive. Its message says what to do. */
export class EngineError extends Error {
  override readonly name = "EngineError";

  /** @param specifier as it was given: a name, a package, a path */
  constructor(readonly specifier: string, what: string) {
    super(`${specifier}${what}`);
  }
}
