import { parse } from "yaml";
import { Failure } from "../../base/failure.ts";

/**
 * YAML of a lock file: texts only, no anchors, so nothing grows and no version becomes a number. Keys
 * that stand twice are let be, because looking for them takes the square of their number.
 */
export function parseLockYaml(text: string, form: string): unknown {
  if (text.length > YAML_CHARACTERS_MAX) {
    throw new Failure(
      "too-large",
      `The ${form} has ${text.length} characters; ${YAML_CHARACTERS_MAX} are the limit. Hand in a bill of materials instead.`,
    );
  }
  try {
    return parse(text, { schema: "failsafe", maxAliasCount: 0, uniqueKeys: false });
  } catch (cause) {
    throw new Failure("invalid", `The ${form} is not readable YAML. Make it anew.`, { cause });
  }
}

/** The largest lock files of monorepos have 3 million; reading YAML takes a second for each. */
const YAML_CHARACTERS_MAX = 6_000_000;
