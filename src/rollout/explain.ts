import type { HostId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { keepLast, keptFor } from "../base/kept.ts";
import type { Labels } from "../base/labels.ts";
import { ringName } from "../base/ring-name.ts";
import type { Span } from "../base/spans.ts";
import { timesKey } from "../calendar/host-times.ts";
import type { CalendarHost } from "../calendar/host-zone.ts";
import type { Calendar } from "../calendar/model.ts";
import { whenNext } from "../calendar/when-next.ts";
import type { RolloutFacts } from "./decision.ts";
import { countsToText, type Hold, haltToText, holdToText } from "./hold.ts";
import { journalToText } from "./journal-words.ts";
import {
  type JobKind,
  type Standing,
  standingOf,
  type TargetState,
  type Verdict,
} from "./model.ts";
import type { LoadedFacts, LoadedRolloutFacts, LoadedWave, RolloutRow } from "./store.ts";

/**
 * Why a host stands where it stands, from the same typed holds that stop the engine: what is shown
 * here is what the engine acts on, never a second opinion.
 */
export interface TargetFacts {
  readonly host: HostId;
  readonly name: string;
  readonly wave: number;
  readonly kind: JobKind;
  readonly state: TargetState;
  readonly isBegun: boolean;
  readonly attempt: number;
  readonly verdict: Verdict | null;
  readonly hold: Hold | null;
  readonly retryAt: Instant | null;
  readonly troubleSince: Instant | null;
  /** The newest line of the host's journal. */
  readonly step: string | null;
  readonly resultCode: string | null;
  readonly way: string | null;
  readonly evidence: unknown;
  /** Keys that its job made anew, as the host said it; null: none. */
  readonly keys?: string | null;
  readonly endedAt: Instant | null;
  /** Another rollout that works on the host now. */
  readonly busyWith: number | null;
  readonly isQuarantined: boolean;
  /** What the calendar asks of a host. */
  readonly labels: Labels;
  readonly zone: string | null;
  /** The approved times of this host where they are not its wave's; null: the wave's. */
  readonly ownWindows: readonly Span[] | null;
}

export interface Explanation {
  readonly standing: Standing;
  readonly sentence: string;
  readonly holds: readonly { readonly hold: Hold; readonly text: string }[];
}

export function explainTarget(
  target: TargetFacts,
  loaded: LoadedFacts,
  calendar: Calendar,
): Explanation {
  const { now } = loaded;
  const holds = holdsOf(target, loaded, calendar).map((hold) => ({
    hold,
    text: holdToText(hold, now),
  }));
  const standing = standingOf(target);
  const reasons = holds.map(({ text }) => text).join("; ");
  const what = whatHappened(target, standing);
  return { standing, sentence: reasons === "" ? what : `${what}: ${reasons}`, holds };
}

/** Every reason that holds the host back now, the widest first. */
export function holdsOf(
  target: TargetFacts,
  loaded: LoadedFacts,
  calendar: Calendar,
): readonly Hold[] {
  switch (target.state) {
    case "ready":
      return [
        ...startHolds(target, loaded, calendar),
        ...(target.hold === null ? [] : [target.hold]),
      ];
    case "done":
    case "noop":
      return target.verdict === null
        ? [{ why: "being-checked", since: target.endedAt ?? loaded.now }]
        : [];
    case "held":
      return [...(target.hold === null ? [] : [target.hold]), ...left(target, loaded.row)];
    case "unknown":
      return [...(target.hold === null ? [] : [target.hold]), ...spent(target, loaded.row)];
    case "failed":
    case "rolled-back":
      return [...(target.hold === null ? [] : [target.hold]), ...spent(target, loaded.row)];
    case "permitted":
    case "applying":
    case "rebooting":
    case "verifying":
      return target.kind === "apply" ? pastWindow(target, loaded) : [];
    default:
      return [];
  }
}

/** What stops a start on this host before the host itself is asked. */
export function startHolds(
  target: TargetFacts,
  loaded: LoadedFacts,
  calendar: Calendar,
): readonly Hold[] {
  const { facts, row, now } = loaded;
  if (row.state === "finished" || row.state === "stopped") {
    return [{ why: "rollout-ended", state: row.state }];
  }
  const holds: Hold[] = [];
  if (target.kind === "apply") {
    if (facts.halted !== null) holds.push({ why: "halted", ...facts.halted });
    if (facts.approvalHold !== null) holds.push(facts.approvalHold);
    holds.push(...waveHolds(target.wave, facts), ...budgetHolds(target, facts));
    holds.push(...ownWindowHolds(target, now), ...calendarHolds(target, { row, now, calendar }));
  }
  if (target.isQuarantined) holds.push({ why: "host-quarantined" });
  if (target.busyWith !== null) holds.push({ why: "host-busy", rollout: target.busyWith });
  return holds;
}

/** A full budget holds those of the wave's hosts that have its label. */
function budgetHolds({ wave, labels }: TargetFacts, facts: LoadedRolloutFacts): readonly Hold[] {
  const said = facts.waves.find(({ number }) => number === wave)?.holds ?? [];
  return said.flatMap((hold) =>
    hold.why === "budget-full" && labels[hold.key] === hold.value ? [{ ...hold, hosts: null }] : [],
  );
}

function ownWindowHolds({ ownWindows }: TargetFacts, now: Instant): readonly Hold[] {
  if (ownWindows === null || ownWindows.some(({ from, to }) => from <= now && now < to)) return [];
  const next = ownWindows.find(({ from }) => from > now);
  return [{ why: "window-closed", opensAt: next?.from ?? null }];
}

/** A window says when a host may start: what began in it goes on to its end, and that is told. */
function pastWindow(
  { wave: number, ownWindows }: TargetFacts,
  { facts, now }: LoadedFacts,
): readonly Hold[] {
  const wave = facts.waves.find((one) => one.number === number);
  if (wave === undefined) return [];
  const given = ownWindows ?? wave.windows;
  const times = given.length > 0 ? given : [{ from: wave.notBefore, to: wave.notAfter }];
  if (times.some(({ from, to }) => from <= now && now < to)) return [];
  const ended = times.map(({ to }) => to).filter((to) => to <= now);
  return ended.length === 0 ? [] : [{ why: "past-window", endedAt: Math.max(...ended) }];
}

/** What the calendar says of the host now; the approved times are another question. */
export function calendarHolds(
  host: CalendarHost,
  of: {
    readonly row: Pick<RolloutRow, "class">;
    readonly now: Instant;
    readonly calendar: Calendar;
  },
): readonly Hold[] {
  const { now, calendar } = of;
  const urgency = of.row.class;
  const kept = keptFor(saidOf, calendar);
  const key = `${now} ${urgency} ${timesKey(calendar, host)}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  const { closed } = whenNext(calendar, host, { now, urgency });
  const holds = closed.map((one): Hold => ({ why: "calendar", closed: one, hosts: null }));
  return keepLast(kept, SAID_KEPT_MAX, [key, holds]);
}

/** A list shows hundreds of hosts of which the calendar says the same. */
const saidOf = new WeakMap<Calendar, Map<string, readonly Hold[]>>();
const SAID_KEPT_MAX = 200;

/** Of the wave's own holds only those that stop starts; a gate stops the next wave, not this one. */
function waveHolds(number: number, facts: LoadedRolloutFacts): readonly Hold[] {
  const wave = facts.waves.find((w) => w.number === number);
  const start = [
    "wave-order",
    "too-early",
    "wave-unsigned",
    "sign-off-missing",
    "itsm",
    "witnesses-missing",
    "wave-over",
    "window-closed",
    "budget-used",
    "rate-used",
  ];
  const own = (wave?.holds ?? []).filter((hold) => start.includes(hold.why));
  const before = facts.waves.find((w) => w.number === number - 1);
  const gate = own.some((hold) => hold.why === "wave-order") ? (before?.holds ?? []) : [];
  return [...own, ...gate.filter((hold) => hold.why !== "budget-used")];
}

/** What is left for a host that did not start; the reasons of time alone say it themselves. */
function left(target: TargetFacts, row: RolloutRow): readonly Hold[] {
  const isOver = row.state === "finished" || row.state === "stopped";
  if (!isOver || target.isBegun) return spent(target, row);
  const { why = null } = target.hold ?? {};
  if (why === "rollout-ended" || why === "wave-over" || why === "revert-over") return [];
  return [{ why: "rollout-ended", state: row.state }];
}

function spent(target: TargetFacts, row: RolloutRow): readonly Hold[] {
  return target.attempt >= row.attemptsMax && target.state !== "unknown"
    ? [{ why: "attempts-used", attempts: row.attemptsMax }]
    : [];
}

function whatHappened(target: TargetFacts, standing: Standing): string {
  const code = target.resultCode === null || target.resultCode === "-" ? "" : target.resultCode;
  switch (standing) {
    case "waiting":
      return target.kind === "revert" ? "waits to be taken back" : "waits";
    case "running":
      return target.step === null ? "is given the job" : `at work: ${journalToText(target.step)}`;
    case "checking":
      return "is being checked";
    case "verified":
      return target.state === "noop"
        ? "had it already, and is verified"
        : "is patched and verified";
    case "applied-unverified":
      return `is patched, but not verified${evidenceText(target.evidence)}`;
    case "failed":
      return `failed${code === "" ? "" : ` with ${code}`}`;
    case "rolled-back":
      return `was put back to its earlier versions${code === "" ? "" : ` after ${code}`}`;
    case "unreachable":
      return "was never reached, and nothing was changed";
    case "skipped":
      return "was left out by a person";
    case "unknown":
      return target.state === "lost" ? "was declared lost" : "is unknown: it may have been changed";
    case "held":
      return "did not start";
  }
}

function evidenceText(evidence: unknown): string {
  const seen = evidence as Partial<Record<string, unknown>> | null;
  if (typeof seen?.["problem"] === "string") return ` (${seen["problem"]})`;
  const parts = [
    ["packages", "versions differ"],
    ["stale", "old code still runs"],
    ["stopped", "services do not run"],
  ].filter(([key = ""]) => Array.isArray(seen?.[key]) && (seen[key] as unknown[]).length > 0);
  return parts.length === 0 ? "" : ` (${parts.map(([, text]) => text).join(", ")})`;
}

/** One sentence about the whole rollout: what happens now, or why nothing does. */
export function nowSentence(loaded: LoadedFacts): string {
  const { row, facts, now } = loaded;
  if (row.state === "finished") return `finished: ${totals(facts)}`;
  if (row.state === "stopped") return `stopped by a person: ${totals(facts)}`;
  if (row.state === "halted" && row.haltReason !== null) {
    return `halted: ${haltToText(row.haltReason)}; nothing starts until somebody resumes`;
  }
  if (facts.halted !== null) return holdToText({ why: "halted", ...facts.halted }, now);
  if (facts.approvalHold !== null) return `waits: ${holdToText(facts.approvalHold, now)}`;
  const wave = facts.waves.find((w) => w.state === "open") ?? firstWaiting(facts.waves);
  if (wave === undefined) {
    // Every wave is judged; what is said of the last one is about the time after it.
    const isOver = facts.after === undefined && facts.isOpenToJoin === undefined;
    const [after] = isOver ? [] : (facts.waves.at(-1)?.holds ?? []);
    return after === undefined ? totals(facts) : `${totals(facts)}; ${holdToText(after, now)}`;
  }
  const { active, checking } = wave.counts;
  const doing = countsToText([
    [active, "running"],
    [checking, "being checked"],
  ]);
  const [hold] = wave.holds;
  if (hold === undefined)
    return `${ringName(wave.ring)}: ${doing === "" ? "goes on in a moment" : doing}`;
  return `${ringName(wave.ring)}: ${doing === "" ? "waits" : doing}; ${holdToText(hold, now)}`;
}

function firstWaiting(waves: readonly LoadedWave[]): LoadedWave | undefined {
  return waves.find((wave) => wave.state === "waiting");
}

function totals(facts: RolloutFacts): string {
  const sum = (pick: (counts: RolloutFacts["waves"][number]["counts"]) => number): number =>
    facts.waves.reduce((total, wave) => total + pick(wave.counts), 0);
  const parts: readonly (readonly [number, string])[] = [
    [sum((c) => c.verified), "verified"],
    [sum((c) => c.unverified), "applied but unverified"],
    [sum((c) => c.failed), "failed"],
    [sum((c) => c.rolledBack), "rolled back"],
    [sum((c) => c.unknown + c.lost), "unknown"],
    [sum((c) => c.held), "not started"],
    [sum((c) => c.skipped), "left out"],
  ];
  return countsToText(parts) || "no host has ended yet";
}
