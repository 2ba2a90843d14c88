/**
 * How much cryptography is under way: it is done in other threads, and comes back after as many turns as the machine
 * has time for, so that nobody could tell otherwise whether a subject is at rest.
 *
 * @module
 */

let underWay = 0;

/** Operations of WebCrypto that were begun in this realm and have not ended. */
export function cryptographyUnderWay(): number {
  return underWay;
}

const subtle = globalThis.crypto.subtle as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;

for (const name of ["digest", "importKey", "sign", "verify"]) {
  const original = subtle[name].bind(subtle);
  Object.defineProperty(subtle, name, {
    configurable: true,
    writable: true,
    value(...args: unknown[]) {
      underWay++;
      const work = original(...args);
      const done = () => void underWay--;
      work.then(done, done);
      return work;
    },
  });
}
