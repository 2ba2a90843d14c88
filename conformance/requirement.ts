/**
 * The requirements of the specification, as the suite knows them.
 *
 * @module
 */
import catalogue from "../docs/spec/catalogue.json" with { type: "json" };

/** One numbered sentence of the specification. */
export interface Requirement {
  readonly id: string;
  readonly level: "MUST" | "SHOULD" | "MAY";
  /** Who has to keep it. */
  readonly role: "gateway" | "service" | "client";
  readonly profile: "core" | "registry" | "http" | "durable" | "security";
  readonly timing: "virtual" | "real" | "none";
  readonly sentence: string;
  readonly chapter: string;
  readonly section: string;
}

/** The release of the specification, and its requirements in the order of the chapters. */
export const SPECIFICATION: { readonly spec: string; readonly requirements: readonly Requirement[] } = {
  spec: "0.1",
  requirements: catalogue as unknown as readonly Requirement[],
};

/** The requirement of that id. */
export function requirementOf(id: string): Requirement | undefined {
  return BY_ID.get(id);
}

const BY_ID = new Map(SPECIFICATION.requirements.map((requirement) => [requirement.id, requirement]));
