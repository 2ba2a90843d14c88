/**
 * The requirements of the specification, as the suite knows them.
 *
 * @module
 */
import { ROWS } from "./_catalogue.ts";

/** One numbered sentence of the specification. */
export interface Requirement {
  /** Letters of the chapter and a number that is never given to another, `RET-017`. */
  readonly id: string;
  /** How binding it is (RFC 2119). */
  readonly level: "MUST" | "SHOULD" | "MAY";
  /** Who has to keep it. */
  readonly role: "gateway" | "service" | "client";
  /** The part of the protocol that it belongs to. */
  readonly profile: "core" | "registry" | "http" | "pull" | "outbox" | "durable" | "security";
  /** What a check of it needs of time. */
  readonly timing: "virtual" | "real" | "none";
  /** What has to hold. */
  readonly sentence: string;
  /** Page of the specification, as `retry`. */
  readonly chapter: string;
  /** Heading in that page. */
  readonly section: string;
}

/** The release of the specification, and its requirements in the order of the chapters. */
export const SPECIFICATION: { readonly spec: string; readonly requirements: readonly Requirement[] } = {
  spec: "0.1",
  requirements: ROWS.map(([id, level, role, profile, timing, chapter, section, sentence]) =>
    ({ id, level, role, profile, timing, sentence, chapter, section }) as Requirement
  ),
};

/** The requirement of that id. */
export function requirementOf(id: string): Requirement | undefined {
  return BY_ID.get(id);
}

const BY_ID = new Map(SPECIFICATION.requirements.map((requirement) => [requirement.id, requirement]));
