import { z } from "zod";
import { type Instant, instantToText } from "../base/instant.ts";
import { dateSentence, presetTitle, toldInputs } from "./deadline-words.ts";
import type { CandidateDate, Deadline } from "./model.ts";

/** Dates as the API tells them, wherever one stands: with a case, a host or a vulnerability. */
const time = z.iso.datetime();

export const dateSchema = z
  .strictObject({
    /** Null where it has no date or its clock stands; `period` and `pause` say which. */
    at: time.nullable(),
    preset: z.string(),
    presetTitle: z.string(),
    version: z.string(),
    rule: z.string(),
    period: z.string(),
    vulnerability: z.string().nullable(),
    /** Why this date, in one sentence. */
    sentence: z.string(),
    inputs: z.array(z.strictObject({ name: z.string(), text: z.string(), isAssumed: z.boolean() })),
    assumed: z.array(z.string()),
    needsForensicTriage: z.boolean(),
    clockStartedAt: time,
    startedBy: z.enum(["release", "detection", "listing"]),
    isStartAssumed: z.boolean(),
    exposure: z.enum(["exposed", "internal", "unknown"]),
    pause: z
      .strictObject({
        mode: z.enum(["resume", "restart"]),
        /** Null where the clock runs again. */
        since: time.nullable(),
        pausedSeconds: z.number(),
        wouldBe: time.nullable(),
      })
      .nullable(),
    note: z.string().nullable(),
  })
  .meta({ id: "CandidateDate" });

export const deadlineSchema = dateSchema
  .extend({
    /** The earliest date of each preset; the first is the one that counts. */
    candidates: z.array(dateSchema),
    policy: z.strictObject({ file: z.string(), version: z.string() }).nullable(),
  })
  .meta({ id: "Deadline" });

const text = (instant: Instant | null): string | null =>
  instant === null ? null : instantToText(instant);

export function dateReply(date: CandidateDate): z.output<typeof dateSchema> {
  const { pause } = date;
  return {
    at: text(date.at),
    preset: date.preset,
    presetTitle: presetTitle(date.preset),
    version: date.version,
    rule: date.rule,
    period: date.period,
    vulnerability: date.vulnerability,
    sentence: dateSentence(date),
    inputs: [...toldInputs(date)],
    assumed: [...date.assumed],
    needsForensicTriage: date.needsForensicTriage,
    clockStartedAt: instantToText(date.clockStartedAt),
    startedBy: date.startedBy,
    isStartAssumed: date.isStartAssumed,
    exposure: date.exposure,
    pause:
      pause === null
        ? null
        : {
            mode: pause.mode,
            since: text(pause.since),
            pausedSeconds: Math.round(pause.pausedMs / 1000),
            wouldBe: text(pause.wouldBe),
          },
    note: date.note,
  };
}

export function deadlineReply(deadline: Deadline): z.output<typeof deadlineSchema> {
  return {
    ...dateReply(deadline),
    candidates: deadline.candidates.map(dateReply),
    policy: deadline.policy,
  };
}
