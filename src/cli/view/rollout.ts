import type { Instant } from "../../base/instant.ts";
import { durationToText } from "../../base/instant.ts";
import type { paths } from "../../client/schema.d.ts";
import { renderTable, safeText } from "./table.ts";
import { clockText, whenText } from "./when.ts";

/** The rollout in one picture: waves of hosts, gates with their evidence, budgets, and one sentence. */
type Json<T> = T extends { responses: { 200: { content: { "application/json": infer R } } } }
  ? R
  : never;
export type Rollout = Json<paths["/api/v1/rollouts/{rollout}"]["get"]>;
export type Target = Json<paths["/api/v1/rollouts/{rollout}/targets"]["get"]>["items"][number];
type Row = Json<paths["/api/v1/rollouts"]["get"]>["items"][number];
type Wave = Rollout["waves"][number];

/** State = shape and word: the shapes differ without any colour. */
const CELLS: Readonly<Record<Target["standing"], string>> = {
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
  const width = Math.max(...rollout.waves.map((wave) => wave.ring.length));
  return [
    `${safeText(rollout.title)}  ${rollout.ref}  ${rollout.change}  plan ${rollout.plan.slice(0, 12)}…  ${rollout.state}`,
    "",
    ...rollout.waves.flatMap((wave) => waveLines(wave, targets, { width, now })),
    "",
    `now: ${safeText(rollout.now)}`,
    ...(rollout.haltReason === null ? [] : [`halted: ${safeText(rollout.haltReason)}`]),
    ...rollout.words.map((w) => `${w.verb} at ${clockText(w.at)}: ${safeText(w.words)}`),
    ...rollout.ways.weakens.map((text) => `weaker: ${safeText(text)}`),
  ].join("\n");
}

function waveLines(
  wave: Wave,
  targets: readonly Target[],
  context: { readonly width: number; readonly now: Instant },
): string[] {
  const own = targets.filter((target) => target.wave === wave.number);
  const cells =
    own.length === 0 ? `${wave.outcomes.hosts} hosts` : own.map((t) => CELLS[t.standing]).join("");
  const head = ` ${wave.ring.padEnd(context.width)}  ${cells}  ${countsText(wave)}`;
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
      (target) => `${pad}${CELLS[target.standing]} ${target.name}: ${safeText(target.sentence)}`,
    );
  const holds = wave.holds.map((hold) => `${pad}waits: ${safeText(hold.text)}`);
  return [head, `${pad}${details.join("   ")}`, ...notes, ...holds];
}

function countsText(wave: Wave): string {
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

function gateText(wave: Wave): string {
  const { gate } = wave;
  const mark = { pass: "✓", fail: "✗", "not-yet": "…" }[gate.answer];
  return `gate ${mark} ${gate.verified} of ${gate.of} verified, ${gate.needed} needed, soak ${durationToText(gate.soakSeconds * 1000)}`;
}

/** The same as lines for a log: one a host and state, one a wave and state. */
export function liveText(rollout: Rollout, targets: readonly Target[]): string {
  return [
    ...rollout.waves.map((wave) => `wave ${wave.number} ${wave.ring}: ${wave.state}`),
    ...targets
      .filter((target) => target.standing !== "waiting")
      .map((target) => `${target.name}: ${target.standing}: ${safeText(target.sentence)}`),
    `now: ${safeText(rollout.now)}`,
  ].join("\n");
}

export function targetTable(targets: readonly Target[]): string {
  return renderTable(targets, [
    { head: "host", cell: (t) => t.name },
    { head: "wave", cell: (t) => t.wave, align: "right" },
    { head: "outcome", cell: (t) => t.standing },
    { head: "attempt", cell: (t) => t.attempt, align: "right" },
    { head: "why", cell: (t) => t.sentence, widthMax: 110 },
  ]);
}
