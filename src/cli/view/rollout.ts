import type { Instant } from "../../base/instant.ts";
import { durationToText, SECOND_MS } from "../../base/instant.ts";
import { ringName } from "../../base/ring-name.ts";
import type { paths } from "../../client/schema.d.ts";
import { freshTimes, shortClock } from "./sentence.ts";
import { renderTable, safeText } from "./table.ts";
import { clockText, whenText } from "./when.ts";

/** The rollout in one picture: waves of hosts, gates with their evidence, budgets, and one sentence. */
type Json<T> = T extends { responses: { 200: { content: { "application/json": infer R } } } }
  ? R
  : never;
export type Rollout = Json<paths["/api/v1/rollouts/{rollout}"]["get"]>;
export type Target = Json<paths["/api/v1/rollouts/{rollout}/targets"]["get"]>["items"][number];
type Row = Json<paths["/api/v1/rollouts"]["get"]>["items"][number];
export type Wave = Rollout["waves"][number];

/** State = shape and word: the shapes differ without any colour. */
export const CELLS: Readonly<Record<Target["standing"], string>> = {
  verified: "■",
  "applied-unverified": "◧",
  failed: "✗",
  "rolled-back": "↩",
  unreachable: "?",
  unknown: "?",
  skipped: "–",
  waiting: "□",
  running: "▣",
  checking: "▤",
  held: "‖",
};

export function rolloutTable(rows: readonly Row[], now: Instant): string {
  if (rows.length === 0)
    return "No rollouts yet. Start an approved change: fettle rollout start C-1";
  return renderTable(rows, [
    { head: "rollout", cell: (r) => r.ref },
    { head: "title", cell: (r) => r.title },
    { head: "state", cell: (r) => r.state },
    { head: "change", cell: (r) => r.change },
    { head: "started", cell: (r) => whenText(r.startedAt, now) },
    { head: "ended", cell: (r) => (r.endedAt === null ? null : whenText(r.endedAt, now)) },
  ]);
}

export function rolloutText(rollout: Rollout, targets: readonly Target[], now: Instant): string {
  const width = Math.max(...rollout.waves.map((wave) => safeText(ringName(wave.ring)).length));
  return [
    `${safeText(rollout.title)}  ${rollout.ref}  ${rollout.change}  plan ${rollout.plan.slice(0, 12)}…  ${rollout.state}`,
    "",
    ...rollout.waves.flatMap((wave) => waveLines(wave, targets, { width, now })),
    "",
    ...stabilisationLines(rollout, now),
    ...ruleLines(rollout),
    ...missedLines(rollout),
    `now: ${freshTimes(rollout.now, now)}`,
    ...forecastLines(rollout, now),
    ...haltLines(rollout),
    ...rollout.words.map((w) => `${w.verb} at ${clockText(w.at)}: ${safeText(w.words)}`),
    ...rollout.ways.weakens.map((text) => `weaker: ${safeText(text)}`),
  ].join("\n");
}

const WAYS_ON = {
  resume: 'resume REF --reason "…"',
  agree: 'agree REF --reason "…"',
  retry: 'retry REF --failed-only --reason "…"',
  revert: 'revert REF --reason "…"',
  stop: 'stop REF --reason "…"',
} as const;

/** Why it stands still, where `now` does not say it, and what its reader may do about it. */
function haltLines({ state, ref, now, haltReason, asked, actions }: Rollout): string[] {
  if (state !== "halted") return [];
  const may = actions.filter(({ verb, allowed }) => allowed && verb in WAYS_ON);
  const width = Math.max(...may.map(({ label }) => label.length));
  return [
    ...(haltReason === null || now.includes(haltReason) ? [] : [`halted: ${safeText(haltReason)}`]),
    ...(asked === null
      ? []
      : [
          `asked to go on by ${safeText(asked.by)} at ${clockText(asked.at)}: ${safeText(asked.words)}`,
        ]),
    ...may.map(({ verb, label }) => {
      const command = WAYS_ON[verb as keyof typeof WAYS_ON].replace("REF", ref);
      return `  ${label.padEnd(width)}  fettle rollout ${command}`;
    }),
  ];
}

/** What goes on being judged after the last wave; nothing where the policy asks for nothing. */
function stabilisationLines({ stabilisation }: Rollout, now: Instant): string[] {
  if (stabilisation === null) return [];
  const lasts = durationToText(stabilisation.seconds * SECOND_MS);
  const until =
    stabilisation.until === null
      ? `for ${lasts} after the last wave`
      : `until ${shortClock(stabilisation.until, now)} (${whenText(stabilisation.until, now)})`;
  const gates = policyGateLines(stabilisation.gates, now).map((line) => `   ${line}`);
  return [` stabilises ${until}`, ...gates, ""];
}

/** Who comes back when the approved time is over needs a plan of its own. */
function missedLines({ missed: { hosts }, ref }: Rollout): string[] {
  if (hosts === 0) return [];
  const who = hosts === 1 ? "1 host was" : `${hosts} hosts were`;
  return [` ${who} missed; plan for them: fettle plan create --catch-up ${ref}`, ""];
}

/** Whom the rule lets in, and whom it selects that cannot come. */
function ruleLines({ rule, outcomes }: Rollout): string[] {
  if (rule === null) return [];
  const more = rule.outsideTotal - rule.outside.length;
  return [
    ` by rule ${safeText(rule.labels.join(" "))}: ${outcomes.hosts} of at most ${rule.max} hosts`,
    ...rule.outside.map(({ name, text }) => `   ‖ ${name}: ${safeText(text)}`),
    ...(more > 0 ? [`   ‖ ${more} more wait outside`] : []),
    "",
  ];
}

/** When it will be done, and from what that is known; or why nobody can tell. */
export function forecastText(rollout: Rollout, now: Instant): string {
  const { endsAt, marginSeconds, measured, basis, reason } = rollout.forecast;
  if (endsAt === null) return `no forecast: ${safeText(reason)}`;
  const from = measured === 1 ? "one host" : `${measured} hosts`;
  const where = basis === "own" ? `${from} so far` : `${from} of earlier rollouts`;
  return `forecast ${clockWithMargin(endsAt, marginSeconds, now)} (${whenText(endsAt, now)}), from ${where}${atStartText(rollout, now)}`;
}

/** What was said when it began, beside what is said or seen now; empty where nothing was. */
export function atStartText({ waves }: Rollout, now: Instant): string {
  const first = waves.at(-1)?.forecastAtStart ?? null;
  if (first === null) return "";
  const { median, high } = first.endsAt;
  return `; at its start ${shortClock(median, now)}, 9 in 10 by ${shortClock(high, now)}`;
}

/** `22:38Z ±6 min`. */
export function clockWithMargin(
  endsAt: string,
  marginSeconds: number | null,
  now: Instant,
): string {
  return `${shortClock(endsAt, now)} ±${durationToText((marginSeconds ?? 0) * SECOND_MS)}`;
}

function forecastLines(rollout: Rollout, now: Instant): string[] {
  return rollout.state === "running" ? [forecastText(rollout, now)] : [];
}

function waveLines(
  wave: Wave,
  targets: readonly Target[],
  context: { readonly width: number; readonly now: Instant },
): string[] {
  const own = targets.filter((target) => target.wave === wave.number);
  const cells =
    own.length === 0 ? `${wave.outcomes.hosts} hosts` : own.map((t) => CELLS[t.standing]).join("");
  const head = ` ${safeText(ringName(wave.ring)).padEnd(context.width)}  ${cells}  ${countsText(wave)}`;
  const details = [
    gateText(wave),
    `at once ${wave.inFlight.busy}/${wave.inFlight.allowed}`,
    `failed ${wave.failures.count}/${wave.failures.allowed} allowed`,
  ];
  const pad = " ".repeat(context.width + 3);
  const notes = own
    .filter((target) => !["verified", "waiting"].includes(target.standing))
    .slice(0, 5)
    .map(
      (target) =>
        `${pad}${CELLS[target.standing]} ${target.name}: ${freshTimes(target.sentence, context.now)}`,
    );
  const files = stagingText(wave);
  if (files !== null) details.push(files);
  const holds = wave.holds.map((hold) => `${pad}waits: ${freshTimes(hold.text, context.now)}`);
  const gates = policyGateLines(wave.gates, context.now).map((line) => `${pad}${line}`);
  return [head, `${pad}${details.join("   ")}`, ...gates, ...notes, ...holds];
}

/** Which hosts have the files of their job before the wave opens; null where none is asked to. */
export function stagingText({ staging }: Pick<Wave, "staging">): string | null {
  if (staging === null) return null;
  const { staged, refused, waiting } = staging;
  const rest = [
    ...(refused > 0 ? [`${refused} refused`] : []),
    ...(waiting > 0 ? [`${waiting} to come`] : []),
  ];
  return `files on ${staged}${rest.length > 0 ? `, ${rest.join(", ")}` : ""}`;
}

export function countsText(wave: Pick<Wave, "outcomes">): string {
  const o = wave.outcomes;
  const parts = [
    [o.verified, "verified"],
    [o.appliedUnverified, "applied, unverified"],
    [o.failed, "failed"],
    [o.rolledBack, "rolled back"],
    [o.unknown, "unknown"],
    [o.running, "running"],
    [o.checking, "being checked"],
    [o.waiting, "waiting"],
    [o.notStarted, "held"],
    [o.skipped, "skipped"],
  ] as const;
  return parts
    .filter(([n]) => n > 0)
    .map(([n, name]) => `${n} ${name}`)
    .join(" · ");
}

/** An answer by its shape: `?` wants a person. */
const GATE_MARKS = { pass: "✓", fail: "✗", "not-yet": "…", inconclusive: "?" } as const;

/** The gates that the policy names beside hosts and soak, one a line. */
export function policyGateLines(gates: Wave["gates"], now: Instant): string[] {
  return gates
    .filter((gate) => gate.rule !== null)
    .map(
      (gate) =>
        `gate ${GATE_MARKS[gate.answer]} ${safeText(gate.name)} (${gate.answer}): ${freshTimes(gate.words, now)}`,
    );
}

export function gateText(wave: Pick<Wave, "gate">): string {
  const { gate } = wave;
  const mark = GATE_MARKS[gate.answer];
  return `gate ${mark} ${gate.verified} of ${gate.of} verified, ${gate.needed} needed, soak ${durationToText(gate.soakSeconds * 1000)}`;
}

export function targetTable(targets: readonly Target[], now: Instant): string {
  return renderTable(targets, [
    { head: "host", cell: (t) => t.name },
    { head: "wave", cell: (t) => t.wave, align: "right" },
    { head: "outcome", cell: (t) => t.standing },
    { head: "attempt", cell: (t) => t.attempt, align: "right" },
    { head: "why", cell: (t) => freshTimes(t.sentence, now), widthMax: 110 },
  ]);
}

/**
 * How a rollout ended, as an exit code: 1 where a host failed or is not known to be good, 3 where it
 * stands still or hosts were left with a reason, 0 where every host is verified or was skipped.
 */
export function rolloutExit({ state, outcomes }: Rollout): 0 | 1 | 3 {
  const { failed, rolledBack, unknown, appliedUnverified, notStarted, waiting } = outcomes;
  if (failed + rolledBack + unknown + appliedUnverified > 0) return 1;
  return state === "finished" && notStarted + waiting === 0 ? 0 : 3;
}

export function endText(rollout: Rollout): string {
  const { outcomes } = rollout;
  const parts = [
    [outcomes.verified, "verified"],
    [outcomes.appliedUnverified, "applied, unverified"],
    [outcomes.failed, "failed"],
    [outcomes.rolledBack, "rolled back"],
    [outcomes.unknown, "unknown"],
    [outcomes.skipped, "skipped"],
    [outcomes.running + outcomes.checking, "still at work"],
    [outcomes.notStarted + outcomes.waiting, "not started"],
  ] as const;
  const counts = parts.filter(([n]) => n > 0).map(([n, name]) => `${n} ${name}`);
  const why = rollout.haltReason === null ? "" : ` ${safeText(rollout.haltReason)}`;
  return `${rollout.ref} is ${rollout.state}: ${counts.join(", ")} of ${outcomes.hosts} hosts.${why}`;
}
