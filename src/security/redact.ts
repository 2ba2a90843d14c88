/**
 * A secret that does not slip out: into a log, a trace, an error or a JSON document.
 *
 * @module
 */

const SHOWN = "[secret]";

/**
 * A text that shows itself as `[secret]` in templates, JSON, `console.log` of Deno, Node and Bun, and on cloning shows
 * nothing at all. Wrap a token or a signing secret where it enters the program; every function of this entry takes it.
 *
 * @example
 * ```ts
 * import { Secret } from "@bellhop/bellhop/security";
 * import { assertEquals } from "@std/assert";
 * const token = new Secret("bhp_canary");
 * assertEquals(`${token} ${JSON.stringify({ token })}`, '[secret] {"token":"[secret]"}');
 * assertEquals(token.reveal(), "bhp_canary");
 * ```
 */
export class Secret {
  readonly #text: string;

  /** Wraps the text. */
  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself: call it where it is used, and nowhere else. */
  reveal(): string {
    return this.#text;
  }

  /** `[secret]` */
  toString(): string {
    return SHOWN;
  }

  /** `[secret]` */
  toJSON(): string {
    return SHOWN;
  }

  /** `[secret]`, to `console.log` of Node and Bun. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return SHOWN;
  }

  /** `[secret]`, to `console.log` of Deno. */
  [Symbol.for("Deno.customInspect")](): string {
    return SHOWN;
  }
}

/** The text of a secret, wrapped or not. */
export function revealed(secret: string | Secret): string {
  return secret instanceof Secret ? secret.reveal() : secret;
}
