import type { Instant } from "../base/instant.ts";
import { overlap, type Span } from "../base/spans.ts";
import { hostTimes, timesKey } from "../calendar/host-times.ts";
import type { CalendarHost } from "../calendar/host-zone.ts";
import type { EntryTime } from "../calendar/model.ts";
import { whenNext } from "../calendar/when-next.ts";
import { closedToText } from "../calendar/words.ts";
import { WINDOWS_MAX } from "./leaf.ts";
import type { Exclusion, PlanInput } from "./model.ts";
import type { Candidate } from "./planner-hosts.ts";

/** The calendar's word on a ring's hosts: those with the same times together, as there are few. */
export interface OpenGroup {
  readonly candidates: readonly Candidate[];
  /** Any of them; for the calendar they are alike. */
  readonly host: CalendarHost;
  /** Null where the calendar leaves them open throughout. */
  readonly open: readonly Span[] | null;
  /** Releases and CAB meetings that close nothing. */
  readonly told: readonly EntryTime[];
}

export function openGroups(
  input: PlanInput,
  candidates: readonly Candidate[],
  span: Span,
): readonly OpenGroup[] {
  const groups = Map.groupBy(candidates, ({ host }) => timesKey(input.calendar, host));
  return [...groups.values()].map((alike) => {
    const host = (alike[0] as Candidate).host;
    const { open, told } = hostTimes(input.calendar, host, { span, urgency: input.class });
    const isThroughout = open.length === 1 && open[0]?.from === span.from && open[0].to === span.to;
    return { candidates: alike, host, open: isThroughout ? null : open, told };
  });
}

/** The first moment at which any of the hosts may start; null where there is none. */
export function firstOpening(groups: readonly OpenGroup[], ring: readonly Span[]): Instant | null {
  const firsts = groups.flatMap(({ open }) => {
    const [first] = open === null ? ring : overlap(ring, open);
    return first === undefined ? [] : [first.from];
  });
  return firsts.length === 0 ? null : Math.min(...firsts);
}

/** What the leaves of such hosts say, cut to what a leaf has room for. */
export function windowsOf(
  group: OpenGroup,
  ring: readonly Span[],
): { readonly windows: readonly Span[]; readonly isCutShort: boolean } {
  const all = group.open === null ? ring : overlap(ring, group.open);
  return { windows: all.slice(0, WINDOWS_MAX), isCutShort: all.length > WINDOWS_MAX };
}

/** Why such hosts cannot start within the wave's time, as the calendar says it at its beginning. */
export function closedBecause(input: PlanInput, group: OpenGroup, wave: Span): Exclusion {
  const { calendar, class: urgency } = input;
  const now = whenNext(calendar, group.host, { now: wave.from, urgency });
  const later = whenNext(calendar, group.host, { now: wave.to, urgency });
  const because = now.closed.map(closedToText).join("; ");
  return { why: "no-window", until: wave.to, opensAt: later.next?.from ?? null, because };
}
