import { z } from "zod";
import { actionOf, actionSchema } from "../base/action.ts";
import { instantToText, SECOND_MS } from "../base/instant.ts";
import { pipedWeakens } from "../fleet/model.ts";
import type { ShownRollout, ShownTarget } from "./actions-show.ts";
import { bases, type Forecast } from "./forecast.ts";
import { gateAnswers, shownKinds } from "./gate-judge.ts";
import { holdCode, holdToText } from "./hold.ts";
import { likelyText } from "./likely-text.ts";
import type { RolloutRow } from "./store.ts";
import type { KeptWave } from "./store-forecast.ts";
import type { ResumeAsk } from "./store-resume.ts";
import type { HostStaging } from "./store-staging.ts";
import type { GateView } from "./view.ts";

/** Replies of the rollout routes, and how they are made from what the actions return. */

const time = z.string();
const nullableTime = z.string().nullable();

export function textOrNull(instant: number | null): string | null {
  return instant === null ? null : instantToText(instant);
}

export const outcomesSchema = z.strictObject({
  verified: z.number(),
  appliedUnverified: z.number(),
  failed: z.number(),
  rolledBack: z.number(),
  unknown: z.number(),
  skipped: z.number(),
  /** Given up or held before anything was changed there. */
  notStarted: z.number(),
  running: z.number(),
  checking: z.number(),
  waiting: z.number(),
  hosts: z.number(),
});

export const summarySchema = z.strictObject({
  id: z.string(),
  /** As people write it: `R-7`. */
  ref: z.string(),
  title: z.string(),
  patch: z.string(),
  change: z.string(),
  plan: z.string(),
  state: z.enum(["running", "halted", "finished", "stopped"]),
  isFrozen: z.boolean(),
  startedAt: time,
  endedAt: nullableTime,
  /** Rises with every change of state; a cheap way to see that something happened. */
  generation: z.number(),
});

export function summaryOf(row: RolloutRow): z.output<typeof summarySchema> {
  return {
    id: row.id,
    ref: `R-${row.number}`,
    title: row.title,
    patch: `P-${row.patchNumber}`,
    change: `C-${row.changeNumber}`,
    plan: row.plan,
    state: row.state,
    isFrozen: row.isFrozen,
    startedAt: instantToText(row.startedAt),
    endedAt: textOrNull(row.endedAt),
    generation: row.generation,
  };
}

const likelySchema = z.strictObject({
  median: time.describe("as likely before as after"),
  high: time.describe("nine times in ten by then"),
});
const courseSchema = z.strictObject({ startsAt: likelySchema, endsAt: likelySchema });
const gateSchema = z
  .strictObject({
    name: z.string(),
    kind: z.enum(shownKinds),
    answer: z.enum(gateAnswers),
    words: z.string(),
    rule: z.string().nullable().describe("what it asks, and what happens when it fails"),
    measuredAt: nullableTime,
    evidence: z.record(z.string(), z.unknown()),
    actions: z.array(actionSchema),
  })
  .describe("one thing that must hold before the next wave opens");

const waveSchema = z.strictObject({
  number: z.number(),
  ring: z.string(),
  state: z.enum(["waiting", "open", "passed", "ended"]),
  notBefore: time,
  notAfter: time,
  openedAt: nullableTime,
  passedAt: nullableTime,
  outcomes: outcomesSchema,
  inFlight: z.strictObject({ busy: z.number(), allowed: z.number() }),
  failures: z.strictObject({ count: z.number(), allowed: z.number() }),
  gate: z.strictObject({
    answer: z.enum(gateAnswers),
    verified: z.number(),
    needed: z.number(),
    of: z.number(),
    soakSeconds: z.number(),
    soakUntil: nullableTime,
  }),
  gates: z.array(gateSchema),
  staging: z
    .strictObject({ staged: z.number(), refused: z.number(), waiting: z.number() })
    .nullable()
    .describe(
      "hosts that have the files of their job before the wave opens; null: none is asked to",
    ),
  holds: z.array(z.strictObject({ why: z.string(), text: z.string() })),
  /** When it starts and ends as things stand; null where nobody can tell, and once it has ended. */
  forecast: courseSchema.nullable(),
  /** What was forecast when the rollout began. */
  forecastAtStart: courseSchema.nullable(),
});

/** Who asked to have something go on that is halted. */
export const askSchema = z.strictObject({
  by: z.string(),
  words: z.string(),
  at: time,
  needs: z.string().describe("what is missing, as a sentence"),
});

export function askOf(ask: ResumeAsk): z.output<typeof askSchema> {
  const needs = "Somebody else who may approve has to agree.";
  return { by: ask.handle, words: ask.words, at: instantToText(ask.at), needs };
}

export const shownSchema = z.strictObject({
  ...summarySchema.shape,
  /** One sentence: what happens now, or why nothing does. */
  now: z.string(),
  haltReason: z.string().nullable(),
  asked: askSchema.nullable().describe("who asked to go on, where nobody agreed yet"),
  /** When it will be done, from how long its hosts took so far; or why nobody can tell. */
  forecast: z.strictObject({
    endsAt: nullableTime,
    /** Plus or minus; nineteen of twenty hold if the hosts stay alike. */
    marginSeconds: z.number().nullable(),
    /** Hosts that were measured, and which: its own, or what others took. */
    measured: z.number(),
    basis: z.enum(bases),
    reason: z.string().nullable(),
  }),
  approvals: z.strictObject({ have: z.number(), need: z.number() }),
  outcomes: outcomesSchema,
  waves: z.array(waveSchema),
  stabilisation: z
    .strictObject({ seconds: z.number(), until: nullableTime, gates: z.array(gateSchema) })
    .nullable()
    .describe("what goes on being judged after the last wave, and for how long"),
  /** Hosts with a label that may be away at once over all rollouts; the fullest budget first. */
  budgets: z.array(
    z.strictObject({
      key: z.string(),
      value: z.string(),
      /** Hosts of the fleet with the label when the plan was made. */
      members: z.number(),
      /** Worked on, broken by a rollout under way, or out of reach now. */
      used: z.number(),
      allowed: z.number(),
    }),
  ),
  missed: z
    .strictObject({ hosts: z.number(), catchUp: actionSchema })
    .describe("hosts that were off or out of reach until their time was over"),
  rule: z
    .strictObject({
      labels: z.array(z.string()),
      max: z.number().describe("most hosts; kept by this server alone"),
      outside: z
        .array(
          z.strictObject({ host: z.string(), name: z.string(), text: z.string(), since: time }),
        )
        .describe("hosts that it selects and that take no part, the first of them by name"),
      outsideTotal: z.number(),
    })
    .nullable()
    .describe("which hosts may join without a new approval; null: the plan names its hosts"),
  /** Other rollouts that are at work on hosts which wait here. */
  conflicts: z.array(
    z.strictObject({
      rollout: z.string(),
      hosts: z.number(),
      sentence: z.string(),
      href: z.string(),
    }),
  ),
  actions: z.array(actionSchema),
  words: z.array(z.strictObject({ verb: z.string(), by: z.string(), words: z.string(), at: time })),
  hostsOutsideScope: z.number(),
  /** Hosts by their way in; what the weaker one gives up is named. */
  ways: z.strictObject({
    piped: z.number(),
    installed: z.number(),
    notEnrolled: z.number(),
    weakens: z.array(z.string()),
  }),
});

function gateOf({ measuredAt, actions, ...gate }: GateView): z.output<typeof gateSchema> {
  return { ...gate, measuredAt: textOrNull(measuredAt), actions: [...actions] };
}

export function shownOf(shown: ShownRollout): z.output<typeof shownSchema> {
  const { row, view, words, enrolled } = shown;
  return {
    ...summaryOf(row),
    now: view.now,
    haltReason: view.haltReason,
    asked: shown.asked === null ? null : askOf(shown.asked),
    forecast: forecastOf(shown.forecast),
    approvals: shown.approvals,
    outcomes: view.outcomes,
    waves: view.waves.map((wave) => ({
      ...wave,
      notBefore: instantToText(wave.notBefore),
      notAfter: instantToText(wave.notAfter),
      openedAt: textOrNull(wave.openedAt),
      passedAt: textOrNull(wave.passedAt),
      gate: { ...wave.gate, soakUntil: textOrNull(wave.gate.soakUntil) },
      gates: wave.gates.map(gateOf),
      staging: shown.staging.get(wave.number) ?? null,
      holds: [...wave.holds],
      forecast: courseOf(shown.forecast.waves, wave.number),
      forecastAtStart: courseOf(shown.forecastAtStart?.waves ?? [], wave.number),
    })),
    stabilisation:
      view.stabilisation === null
        ? null
        : {
            seconds: view.stabilisation.seconds,
            until: textOrNull(view.stabilisation.until),
            gates: view.stabilisation.gates.map(gateOf),
          },
    actions: view.actions.map(({ verb, isAllowed, reason }) =>
      actionOf(verb, actionLabels[verb], isAllowed ? null : reason),
    ),
    missed: shown.missed,
    rule: ruleOf(shown),
    budgets: [...shown.budgets],
    conflicts: shown.busyElsewhere.map(({ number, title, hosts }) => ({
      rollout: `R-${number}`,
      hosts,
      sentence: `${hosts === 1 ? "1 host waits" : `${hosts} hosts wait`} here: busy in rollout R-${number}, ${title}`,
      href: `/rollouts/R-${number}`,
    })),
    words: words.map((word) => ({ ...word, at: instantToText(word.at) })),
    hostsOutsideScope: shown.hostsOutsideScope,
    ways: {
      piped: enrolled.piped,
      installed: enrolled.installed,
      notEnrolled: enrolled.none,
      weakens: enrolled.piped > 0 ? [...pipedWeakens] : [],
    },
  };
}

function ruleOf({ row, outside }: ShownRollout): z.output<typeof shownSchema>["rule"] {
  if (row.rule === null || outside === null) return null;
  return {
    labels: [...row.rule.labels],
    max: row.rule.max,
    outside: outside.rows.map(({ host, name, hold, since }) => ({
      ...{ host, name, since: instantToText(since) },
      text: `held: ${holdToText(hold, since)}`,
    })),
    outsideTotal: outside.total,
  };
}

const actionLabels = {
  halt: "Halt",
  resume: "Resume",
  agree: "Agree to resume",
  stop: "Stop for good",
  retry: "Retry failed hosts",
  skip: "Leave a host out",
  revert: "Take back",
} as const;

function forecastOf(given: Forecast): z.output<typeof shownSchema>["forecast"] {
  const { endsAt, marginMs, measured, basis, reason } = given;
  const marginSeconds = marginMs === null ? null : Math.ceil(marginMs / SECOND_MS);
  return { endsAt: textOrNull(endsAt), marginSeconds, measured, basis, reason };
}

function courseOf(
  waves: readonly KeptWave[],
  number: number,
): z.output<typeof courseSchema> | null {
  const found = waves.find((wave) => wave.number === number);
  if (found === undefined) return null;
  return { startsAt: likelyText(found.startsAt), endsAt: likelyText(found.endsAt) };
}

export const targetSchema = z.strictObject({
  host: z.string(),
  name: z.string(),
  wave: z.number(),
  standing: z.enum([
    "verified",
    "applied-unverified",
    "failed",
    "rolled-back",
    "unreachable",
    "skipped",
    "unknown",
    "waiting",
    "running",
    "checking",
    "held",
  ]),
  /** The engine's own state (host protocol §11). */
  state: z.string(),
  attempt: z.number(),
  sentence: z.string(),
  holds: z.array(z.strictObject({ why: z.string(), text: z.string() })),
  staging: z
    .strictObject({
      state: z.enum(["waiting", "staged", "refused", "over"]),
      code: z.string().nullable(),
      why: z.string().nullable(),
      files: z.number(),
      kilobytes: z.number(),
      at: nullableTime,
    })
    .nullable()
    .describe("whether the files of its job came before its time, by the host's own signed word"),
  step: z.string().nullable(),
  /** The host's own code, or what stood in the way to it, such as `host-key-changed`. */
  code: z.string().nullable(),
  way: z.string().nullable(),
  retryAt: nullableTime,
  endedAt: nullableTime,
  evidence: z.unknown(),
  keys: z
    .array(z.strictObject({ path: z.string(), before: z.string().nullable(), after: z.string() }))
    .describe("keys and certificates that the job made anew, by the SHA-256 of their files"),
  actions: z.array(actionSchema),
});

export function targetOf({
  target,
  explanation,
  staging,
  actions,
}: ShownTarget): z.output<typeof targetSchema> {
  const code = (target.hold === null ? null : holdCode(target.hold)) ?? target.resultCode;
  return {
    host: target.host,
    name: target.name,
    wave: target.wave,
    standing: explanation.standing,
    state: target.state,
    attempt: target.attempt,
    sentence: explanation.sentence,
    holds: explanation.holds.map(({ hold, text }) => ({ why: hold.why, text })),
    staging: staging === null ? null : stagingOf(staging),
    step: target.step,
    // The host protocol writes `-` where there is none.
    code: code === "-" ? null : code,
    way: target.way,
    retryAt: textOrNull(target.retryAt),
    endedAt: textOrNull(target.endedAt),
    evidence: target.evidence,
    keys: keysOf(target.keys ?? null),
    actions: [...actions],
  };
}

function keysOf(said: string | null): z.output<typeof targetSchema>["keys"] {
  if (said === null) return [];
  return said.split(",").map((one) => {
    const [path = "", before = "none", after = ""] = one.split(":");
    return { path, before: before === "none" ? null : before, after };
  });
}

function stagingOf({ state, code, why, files, kilobytes, triedAt }: HostStaging) {
  return { state, code, why, files, kilobytes, at: textOrNull(triedAt) };
}
