import { z } from "zod";
import { actionOf, actionSchema, lacksRight } from "../base/action.ts";
import { type Actor, holdsAnywhere } from "../base/actor.ts";
import { instantToText } from "../base/instant.ts";
import { type Route, route } from "../db/world.ts";
import { decidePace, type PaceSheet, paceSheet } from "./actions-pace.ts";
import { choices } from "./pace-sheet.ts";

/** Speed versus stability of a case over HTTP. */
const range = z.strictObject({ low: z.number(), high: z.number() });
const texts = z.array(z.string());

const sheetSchema = z
  .strictObject({
    exposure: z.strictObject({
      hosts: z.number(),
      exposedHosts: z.number(),
      knownExploited: z.array(z.string()),
      perDay: range,
      unknown: z.number(),
    }),
    waiting: z.array(
      z.strictObject({
        choice: z.enum(choices),
        days: z.number(),
        exposedHostDays: z.number(),
        exploited: range,
      }),
    ),
    change: z.strictObject({
      basis: z.enum(["source", "kind", "all", "none"]),
      record: z.strictObject({ hosts: z.number(), failed: z.number() }),
      failureRate: range,
      failedHosts: range,
    }),
    /** Each side in sentences, with what it rests on. */
    speed: texts,
    stability: texts,
    /** Newest first; each with both sides as they were. */
    decisions: z.array(
      z.strictObject({
        choice: z.enum(choices),
        words: z.string(),
        sheet: texts,
        by: z.string(),
        at: z.iso.datetime(),
      }),
    ),
    actions: z.array(actionSchema),
  })
  .meta({ id: "PaceSheet" });

const params = z.strictObject({ patch: z.string().min(1).max(64) });

function reply(sheet: PaceSheet, actor: Actor): z.output<typeof sheetSchema> {
  const { exposure, waiting, change } = sheet;
  const { state } = sheet.patch;
  const isOver = state === "closed" || state === "dropped";
  const right = lacksRight(holdsAnywhere(actor, "patch.edit"), "patch.edit");
  return {
    exposure: { ...exposure, knownExploited: [...exposure.knownExploited] },
    waiting: waiting.map((one) => ({ ...one, exploited: { ...one.exploited } })),
    change: {
      ...change,
      record: { ...change.record },
      failureRate: { ...change.failureRate },
      failedHosts: { ...change.failedHosts },
    },
    speed: [...sheet.speed],
    stability: [...sheet.stability],
    decisions: sheet.decisions.map((one) => ({
      ...one,
      sheet: [...one.sheet],
      at: instantToText(one.at),
    })),
    actions: [actionOf("decide", "Decide", right ?? (isOver ? `The case is ${state}.` : null))],
  };
}

const getSheet = route({
  method: "GET",
  path: "/api/v1/patches/{patch}/pace",
  summary: "What each day of waiting exposes, beside what the change may break.",
  permission: "patch.read",
  params,
  reply: sheetSchema,
  errors: ["not-found"],
  handle: async ({ world, actor }, { params: { patch } }) =>
    reply(await paceSheet(world, actor, patch), actor),
});

const postDecision = route({
  method: "POST",
  path: "/api/v1/patches/{patch}/pace",
  summary: "Records the decision between going now and waiting, with its reasons and both sides.",
  permission: "patch.edit",
  params,
  body: z.strictObject({
    choice: z.enum(choices),
    words: z.string().trim().min(1).max(4000),
  }),
  reply: sheetSchema,
  errors: ["not-found", "forbidden", "blocked"],
  handle: async ({ world, actor }, { params: { patch }, body }) =>
    reply(await decidePace(world, actor, { patch, ...body }), actor),
});

export const paceRoutes: readonly Route[] = [getSheet, postDecision];
