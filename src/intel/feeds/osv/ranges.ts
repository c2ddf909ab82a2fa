import { cleanText, type ProblemList } from "../../feed-format.ts";
import type { VersionRange } from "../../model.ts";
import { orderOf } from "../../versions/order.ts";
import type { Affected, OsvRange } from "./affected.ts";

/**
 * Turns OSV events into intervals (OSV schema, "Evaluation"): sorted by version, `introduced` opens,
 * `fixed` and `limit` close before, `last_affected` closes after. `introduced: "0"` is the start of
 * everything.
 */
export function rangesOf(
  entry: Affected,
  place: string,
  problems: ProblemList,
): readonly VersionRange[] {
  const ecosystem = entry.package?.ecosystem ?? "";
  return (entry.ranges ?? [])
    .filter((range) => range.type === "SEMVER" || range.type === "ECOSYSTEM")
    .flatMap((range) => {
      const intervals = intervalsOf(sortedEvents(range, ecosystem));
      if (intervals !== null) return intervals;
      problems.add(place, "has a range that ends before anything was introduced");
      return [];
    });
}

interface Boundary {
  readonly kind: "introduced" | "fixed" | "last";
  readonly version: string;
}

function sortedEvents(range: OsvRange, ecosystem: string): readonly Boundary[] {
  const events = range.events.flatMap((event): Boundary[] => {
    const of = (kind: Boundary["kind"], text: string | undefined): Boundary[] =>
      text === undefined ? [] : [{ kind, version: cleanText(text, 200) }];
    return [
      ...of("introduced", event.introduced),
      ...of("fixed", event.fixed ?? event.limit),
      ...of("last", event.last_affected),
    ];
  });
  // Most are one interval from the start of everything, and stand in their order already.
  if (events.length < 2 || (events.length === 2 && events[0]?.version === "0")) return events;
  const order = orderOf(ecosystem);
  if (order === null) return events;
  return events.toSorted((a, b) => {
    if (a.version === b.version) return 0;
    if (a.version === "0" || b.version === "0") return a.version === "0" ? -1 : 1;
    // What cannot be compared stays where the publisher put it; the match then says so.
    return order(a.version, b.version) ?? 0;
  });
}

function intervalsOf(events: readonly Boundary[]): readonly VersionRange[] | null {
  const intervals: VersionRange[] = [];
  let introduced: string | null = null;
  for (const event of events) {
    if (event.kind === "introduced") {
      introduced ??= event.version;
      continue;
    }
    // A second end of the same interval adds nothing, as with `fixed` after `limit`.
    if (introduced === null && intervals.length > 0) continue;
    if (introduced === null) return null;
    intervals.push(
      event.kind === "fixed"
        ? { introduced, fixed: event.version, lastAffected: null }
        : { introduced, fixed: null, lastAffected: event.version },
    );
    introduced = null;
  }
  if (introduced !== null) intervals.push({ introduced, fixed: null, lastAffected: null });
  return intervals;
}
