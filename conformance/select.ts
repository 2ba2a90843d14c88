/**
 * Which requirements and checks are meant.
 *
 * @module
 */
import type { Check } from "./check.ts";
import { type Requirement, requirementOf } from "./requirement.ts";

/** What to try; what is left out does not narrow. */
export interface Selection {
  /** Ids of checks or requirements, or how they begin: `RET-`, `retry/full-jitter`. */
  readonly only?: readonly string[];
  /** Profiles, as `core` or `core.envelope`. */
  readonly profiles?: readonly string[];
  /** Levels in capitals. */
  readonly levels?: readonly Requirement["level"][];
}

/** The checks that are about what is meant, in their order. */
export function selectChecks(checks: readonly Check[], { only, profiles, levels }: Selection): readonly Check[] {
  const wanted = only?.map((part) => {
    // A whole id means that one, whatever else begins so.
    const whole = checks.some(({ id }) => id === part);
    return (check: Check) => whole ? check.id === part : check.id.startsWith(part) || isAbout(check, part);
  });
  return checks.filter((check) => {
    const about = check.requirements.map(requirementOf);
    return (wanted === undefined || wanted.some((fits) => fits(check))) &&
      (profiles === undefined ||
        profiles.some((profile) =>
          (check.needs as readonly string[]).includes(profile) || about.some((one) => one?.profile === profile)
        )) &&
      (levels === undefined || about.some((one) => one !== undefined && levels.includes(one.level)));
  });
}

/** The requirements that are meant, in their order: by their own ids, or those that checks so named are about. */
export function selectRequirements(
  requirements: readonly Requirement[],
  checks: readonly Check[],
  { only, profiles, levels }: Selection,
): readonly Requirement[] {
  const byCheck = new Set(
    only?.flatMap((part) => checks.filter(({ id }) => id.startsWith(part))).flatMap((check) => check.requirements),
  );
  return requirements.filter(({ id, profile, level }) =>
    (only === undefined || byCheck.has(id) || only.some((part) => id.startsWith(part))) &&
    (profiles === undefined || profiles.some((one) => one === profile || one.startsWith(`${profile}.`))) &&
    (levels === undefined || levels.includes(level))
  );
}

function isAbout(check: Check, part: string): boolean {
  return check.requirements.some((id) => id.startsWith(part));
}
