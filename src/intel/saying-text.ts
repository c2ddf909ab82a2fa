import { never } from "../base/failure.ts";
import type { CpeConfiguration, CpeMatch, Statement, VersionRange } from "./model.ts";

/** What one feed says about a package, as a sentence: its own words, without any judgement of ours. */
export function sayingText({ state, urgency }: Pick<Statement, "state" | "urgency">): string {
  const text = stateText(state);
  return urgency === "unimportant" ? `${text}; not in what the package ships` : text;
}

function stateText(state: Statement["state"]): string {
  switch (state.kind) {
    case "fixed":
      return `fixed in ${state.version}`;
    case "never-affected":
      return state.why === undefined ? "not affected" : `not affected: ${state.why}`;
    case "open":
      return "affected, no fix yet";
    case "deferred":
      return `affected, the fix is put off (${state.why})`;
    case "ignored":
      return `affected, will not be fixed (${state.why})`;
    case "end-of-life":
      return "no longer supported";
    case "undetermined":
      return "not determined yet";
    case "ranges":
      return rangesText(state.ranges, state.versions);
    case "cpe":
      return cpeText(state.configurations);
    default:
      return never(state);
  }
}

const SHOWN_MAX = 6;

function cpeText(configurations: readonly CpeConfiguration[]): string {
  const matches = configurations.flatMap(({ nodes }) => nodes.flatMap((node) => node.matches));
  const [own, others] = [true, false].map((isVulnerable) => [
    ...new Set(matches.filter((m) => m.isVulnerable === isVulnerable).map(cpeMatchText)),
  ]);
  const runs = (others ?? []).length === 0 ? "" : `; running on ${listText(others ?? [])}`;
  return `affected by CPE name: ${listText(own ?? [])}${runs}`;
}

function cpeMatchText({ cpe, from, after, upTo, before }: CpeMatch): string {
  const ends = [
    from === undefined ? "" : ` from ${from}`,
    after === undefined ? "" : ` after ${after}`,
    upTo === undefined ? "" : ` up to ${upTo}`,
    before === undefined ? "" : ` to before ${before}`,
  ];
  return `${cpe}${ends.join("")}`;
}

function listText(texts: readonly string[]): string {
  const more = texts.length > SHOWN_MAX ? ` and ${texts.length - SHOWN_MAX} more` : "";
  return `${texts.slice(0, SHOWN_MAX).join("; ")}${more}`;
}

function rangesText(ranges: readonly VersionRange[], versions: readonly string[]): string {
  const parts = ranges.map(rangeText);
  const listed = versions.slice(0, SHOWN_MAX).join(", ");
  const more = versions.length > SHOWN_MAX ? ` and ${versions.length - SHOWN_MAX} more` : "";
  const all = [
    ...parts.slice(0, SHOWN_MAX),
    ...(parts.length > SHOWN_MAX ? [`${parts.length - SHOWN_MAX} more ranges`] : []),
    ...(versions.length === 0 ? [] : [`exactly ${listed}${more}`]),
  ];
  return `affected: ${all.join("; ")}`;
}

function rangeText({ introduced, fixed, lastAffected }: VersionRange): string {
  const from = introduced === "0" ? "from the start" : `from ${introduced}`;
  if (fixed !== null) return `${from} to before ${fixed}`;
  return lastAffected === null ? `${from}, without an end` : `${from} up to ${lastAffected}`;
}
