import { z } from "zod";
import { tones } from "../base/tone.ts";
import { trendDaySchema } from "../intel/trend-reply.ts";

/** The overview: a decision first, then what it rests on, each number with the list behind it. */
const time = z.iso.datetime();
const count = z.number().int();
const href = z.string();

export const verdictSchema = z.strictObject({
  tone: z.enum(tones),
  /** The sentence in parts, so that its numbers can be links. */
  parts: z.array(z.strictObject({ text: z.string(), href: href.nullable() })),
});

const fleet = z.strictObject({
  hosts: count,
  /** By respect: within one respect every host counts once. */
  states: z.array(
    z.strictObject({
      respect: z.enum(["reach", "fresh", "reboot", "risk"]),
      state: z.enum(tones),
      label: z.string(),
      count,
      href,
    }),
  ),
});

const deadlines = z.strictObject({
  overdue: count,
  /** Due within three days. */
  soon: count,
  /** Wholly excepted: at risk only by the date on which that ends. */
  excepted: count,
  items: z.array(
    z.strictObject({
      ref: z.string(),
      title: z.string(),
      urgency: z.enum(["critical", "high", "medium", "low"]),
      state: z.string(),
      at: time,
      isOverdue: z.boolean(),
      sentence: z.string(),
      href,
    }),
  ),
});

const rollout = z.strictObject({
  id: z.string(),
  ref: z.string(),
  title: z.string(),
  state: z.enum(["running", "halted", "finished", "stopped"]),
  sentence: z.string(),
  waves: z.array(
    z.strictObject({
      number: count,
      ring: z.string(),
      state: z.enum(["waiting", "open", "passed", "ended"]),
      hosts: count,
      verified: count,
      running: count,
      failed: count,
      unknown: count,
    }),
  ),
  startedAt: time,
  href,
});

const waiting = z.strictObject({
  /** Changes that wait for my approval. */
  forMe: count,
  changes: z.array(
    z.strictObject({
      ref: z.string(),
      title: z.string(),
      requester: z.string(),
      expiresAt: time,
      sentence: z.string(),
      href,
    }),
  ),
});

const feed = z.strictObject({
  name: z.string(),
  state: z.enum(tones),
  sentence: z.string(),
  href,
});

export const overviewSchema = z
  .strictObject({
    asOf: time,
    verdict: verdictSchema,
    /** The one thing to do next; null when nothing is to be done. */
    action: z.strictObject({ text: z.string(), href }).nullable(),
    fleet: fleet.nullable(),
    deadlines: deadlines.nullable(),
    rollouts: z.array(rollout).nullable(),
    waiting: waiting.nullable(),
    trend: z.array(trendDaySchema).nullable(),
    feeds: z.array(feed).nullable(),
    firstSteps: z.array(
      z.strictObject({
        done: z.boolean(),
        text: z.string(),
        command: z.string().nullable(),
        href: href.nullable(),
      }),
    ),
    /** The parts that are null, each with why. */
    notShown: z.array(z.strictObject({ part: z.string(), reason: z.string() })),
  })
  .meta({ id: "Overview" });

export type Overview = z.output<typeof overviewSchema>;
