import { z } from "zod";
import { grammar } from "../base/document.ts";
import { DAY_MS, durationFromText, HOUR_MS, MINUTE_MS, SECOND_MS } from "../base/instant.ts";
import { strictFields } from "../base/yaml-text.ts";
import { budgets, rate as startRate } from "./rings-budgets.ts";
import { amount, duration, rate, selector, share } from "./rings-fields.ts";
import { gatesSchema, revertBudget, stabilisationSchema } from "./rings-gates.ts";
import { hookRules } from "./rings-hooks.ts";
import { oneWaySchema } from "./rings-one-way.ts";
import { anyOrder, order } from "./rings-order.ts";
import { procedureRules } from "./rings-procedures.ts";
import { rebootRules } from "./rings-reboots.ts";
import { rotationRules } from "./rings-rotations.ts";
import { anySources, sourceRules } from "./rings-sources.ts";
import { tierRules } from "./rings-tiers.ts";
import { ringWaves, wholeRing } from "./rings-waves.ts";

/** The text form of a rings policy. Everything is checked here, once; inside, types are trusted. */

/** Host protocol §3: an order may revert for at most this long; longer is a new plan. */
const REVERT_MS_MAX = 30 * DAY_MS;
const VALIDITY_MS_MAX = 30 * DAY_MS;
const VALIDITY_MS_MIN = 5 * MINUTE_MS;
const RINGS_MAX = 32;
const IN_FLIGHT_MAX = 10_000;
/** Host protocol §1.3: a bundle carries at most 8 approvals. */
const NEED_MAX = 8;
const ATTEMPTS_MAX = 10;

/** A rule that says nothing about hosts must not quietly mean all of them. */
const ringHosts = selector.refine((requirements) => requirements.length > 0, {
  message: "name the hosts of the ring by a label expression such as ring=canary",
});

/** When the failures of a wave prove the patch bad: the rates that are told apart, and how surely. */
const failureTest = strictFields({
  baseline: rate("the share of hosts on which a good patch fails"),
  bad: rate("the share of hosts on which nobody would accept it"),
  alpha: rate("how often a good patch may be stopped", 0.5).default(0.01),
  beta: rate("how often a bad patch may be missed", 0.5).default(0.05),
}).refine(({ baseline, bad }) => baseline < bad, {
  message: "the bad rate must be above the baseline",
  path: ["bad"],
});

const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

const timeOfDay = z.string("write a time of day such as 22:00").transform((text, context) => {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
  if (match !== null) return Number(match[1]) * 60 + Number(match[2]);
  context.addIssue("write a time of day in UTC such as 22:00 (in quotes)");
  return z.NEVER;
});

const dailyWindow = strictFields({
  days: z.array(z.enum(DAYS)).min(1),
  from: timeOfDay,
  to: timeOfDay,
}).transform(({ days, from, to }) => ({
  days: days.map((day) => DAYS.indexOf(day)),
  fromMinute: from,
  toMinute: to,
}));

const permit = z.string().transform((text, context) => {
  if (text === "online") return { kind: "online" as const };
  const seconds = Number(/^lease (\d{1,4})s$/.exec(text)?.[1] ?? 0);
  // Host protocol §7.4: a permit may be fetched up to an hour early.
  if (seconds >= 1 && seconds <= 3600) return { kind: "lease" as const, seconds };
  context.addIssue("write online, or lease and seconds up to 3600 such as lease 900s");
  return z.NEVER;
});

const revert = z.string().transform((text, context) => {
  if (text === "self") return { kind: "self" as const };
  const ms = durationFromText(text.replace(/^order /, ""));
  if (text.startsWith("order ") && ms !== null && ms >= 1000 && ms <= REVERT_MS_MAX) {
    return { kind: "order" as const, seconds: ms / 1000 };
  }
  context.addIssue("write self, or order and for how long, up to 30 d, such as order 72h");
  return z.NEVER;
});

const classPolicy = strictFields({
  need: z.int().min(1).max(NEED_MAX),
  validity: duration({ min: VALIDITY_MS_MIN, max: VALIDITY_MS_MAX }),
  soak: share("the part of each soak that this class keeps").default(1),
}).transform(({ need, validity, soak }) => ({ need, validityMs: validity, soakShare: soak }));

const ring = strictFields({
  name: z.string("write the ring's name (in quotes when it is a number)").regex(grammar.id, {
    message: "a ring's name has lower-case letters, digits, dots and dashes",
  }),
  hosts: ringHosts,
  batch: strictFields({ size: amount(1), inFlightMax: z.int().min(1).max(IN_FLIGHT_MAX) }),
  soak: duration({ min: 0, max: 30 * DAY_MS }),
  success: share("the share of hosts that must succeed"),
  failedMax: amount(0).optional(),
  failures: failureTest.optional(),
  opens: z
    .union([z.literal("always"), z.array(dailyWindow).min(1).max(8)])
    .transform((opens) => (opens === "always" ? null : opens)),
  lasts: duration({ min: MINUTE_MS, max: VALIDITY_MS_MAX }).optional(),
  onFailure: strictFields({ rollback: z.enum(["host", "wave", "none"]) }),
  need: z.int().min(1).max(NEED_MAX).default(1),
  waves: ringWaves.optional(),
  gates: gatesSchema("hold"),
  openSignatures: z.int().min(0).max(NEED_MAX).default(0),
  rate: startRate.optional(),
  stage: duration({ min: MINUTE_MS, max: VALIDITY_MS_MAX }).optional(),
})
  .refine(({ failedMax, failures }) => failedMax !== undefined || failures !== undefined, {
    message: "say when the ring stops: failedMax, failures, or both",
    path: ["failedMax"],
  })
  .transform(
    ({ soak, success, lasts, failedMax, failures, waves, rate: starts, stage, ...rest }) => ({
      ...rest,
      waves: waves ?? wholeRing,
      rate: starts ?? null,
      stageMs: stage ?? null,
      // Without a number only the test stops the ring.
      failedMax: failedMax ?? { kind: "percent" as const, percent: 100 },
      failures: failures ?? null,
      soakMs: soak,
      successRateMin: success,
      lastsMs: lasts ?? null,
    }),
  );

const probeRule = strictFields({
  probe: z.string().regex(grammar.name, { message: "a probe's name has letters, digits, . _ - :" }),
  when: selector.default([]),
  service: z.string().regex(grammar.name).optional(),
}).transform(({ service, ...rest }) => ({ ...rest, service: service ?? null }));

/** A network that checks may reach: an address with the length of its prefix (RFC 4632). */
const network = z.union([z.cidrv4(), z.cidrv6()], "write a network such as 10.0.0.0/8");

/** Host protocol §7.7: only within the time of `revert order` can a host be taken back. */
function coversStabilisation(policy: {
  readonly revert: { readonly kind: "self" } | { readonly kind: "order"; readonly seconds: number };
  readonly stabilisation?: { readonly forMs: number } | undefined;
}): boolean {
  const { revert, stabilisation } = policy;
  if (stabilisation === undefined) return true;
  return revert.kind === "order" && revert.seconds * SECOND_MS >= stabilisation.forMs;
}

export const ringsSchema = strictFields({
  format: z.literal("fettle-rings 1", { message: 'write "fettle-rings 1", the one format known' }),
  name: z.string().regex(grammar.id, { message: "a name has lower-case letters, digits, - and ." }),
  inventoryAgeMax: duration({ min: MINUTE_MS, max: 90 * 24 * HOUR_MS }),
  irreversible: z.enum(["no", "acknowledged"]),
  attempts: z.int().min(1).max(ATTEMPTS_MAX),
  permit,
  revert,
  classes: strictFields({ normal: classPolicy.optional(), emergency: classPolicy.optional() }),
  rings: z.array(ring).min(1).max(RINGS_MAX),
  sources: sourceRules.default(anySources),
  probes: z.array(probeRule).max(64).default([]),
  hooks: hookRules,
  stabilisation: stabilisationSchema.optional(),
  reverts: revertBudget.optional(),
  networks: z.array(network).max(64).optional(),
  oneWay: oneWaySchema,
  reboots: rebootRules,
  rotations: rotationRules,
  budgets,
  order: order.optional(),
  tiers: tierRules,
  procedures: procedureRules,
})
  .refine(coversStabilisation, {
    message:
      "hosts can be taken back for a shorter time than the stabilisation lasts; write order and at least as long",
    path: ["revert"],
  })
  .refine(
    ({ hooks, rotations }) =>
      rotations.every(({ run }) =>
        hooks.every(({ drain, rejoin }) => run !== drain && run !== rejoin),
      ),
    {
      message: "a hook that makes keys anew is none that drains or rejoins: name another file",
      path: ["rotations"],
    },
  )
  .refine((policy) => new Set(policy.rings.map((r) => r.name)).size === policy.rings.length, {
    message: "two rings have the same name",
    path: ["rings"],
  })
  .transform(
    ({ inventoryAgeMax, classes, order: sequence, stabilisation, reverts, networks, ...rest }) => ({
      ...rest,
      stabilisation: stabilisation ?? null,
      reverts: reverts ?? null,
      networks: networks ?? null,
      inventoryAgeMaxMs: inventoryAgeMax,
      order: sequence ?? anyOrder,
      classes: {
        ...(classes.normal === undefined ? {} : { normal: classes.normal }),
        ...(classes.emergency === undefined ? {} : { emergency: classes.emergency }),
      },
    }),
  );

/** The published schema of the file, for editors; the rules above say more than it can. */
export function ringsJsonSchema(): unknown {
  return z.toJSONSchema(ringsSchema, { io: "input", target: "draft-2020-12" });
}
