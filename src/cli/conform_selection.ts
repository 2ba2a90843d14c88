import type { Requirement, Selection } from "../../conformance/mod.ts";
import { type Given, texts } from "./arguments.ts";
import { EXIT, Stop } from "./exit_code.ts";
import type { Option } from "./option.ts";
import { suggestion } from "./suggest.ts";

const PROFILES = ["core", "core.envelope", "core.retry", "registry", "http", "pull", "durable", "security", "outbox"];

/** What of the suite is meant. */
export const SELECTION_OPTIONS: Readonly<Record<string, Option>> = {
  only: { value: "PREFIX", many: true, help: "ids of requirements or checks that begin so, as RET-; may be repeated" },
  profile: { value: "PROFILE", many: true, help: `${PROFILES.join(", ")}; may be repeated` },
  level: { value: "LEVEL", help: "what is about a requirement of that level: must or should" },
};

/** @throws {Stop} `usage` for a profile or level that is not known */
export function selectionOf(values: Given["values"]): Selection {
  const [only, profiles] = [texts(values, "only"), texts(values, "profile")];
  for (const profile of profiles) {
    if (PROFILES.includes(profile)) continue;
    const hint = suggestion(profile, PROFILES, "") || `; there are ${PROFILES.join(", ")}`;
    throw new Stop(EXIT.usage, `there is no profile ${JSON.stringify(profile)}${hint}`);
  }
  const { level } = values;
  if (level !== undefined && level !== "must" && level !== "should") {
    throw new Stop(EXIT.usage, `--level: wanted must or should, got ${JSON.stringify(level)}`);
  }
  return {
    ...(only.length === 0 ? {} : { only }),
    ...(profiles.length === 0 ? {} : { profiles }),
    ...(level === undefined ? {} : { levels: [level.toUpperCase() as Requirement["level"]] }),
  };
}
