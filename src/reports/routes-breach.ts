import { z } from "zod";
import { scopesFor } from "../base/actor.ts";
import { counted } from "../base/counted.ts";
import { instantToText } from "../base/instant.ts";
import { markTones } from "../base/word.ts";
import { type Route, route } from "../db/world.ts";
import { isEverywhere } from "../inventory/scope.ts";
import { exceptedReply, exceptedSchema } from "../triage/routes-excepted.ts";
import { breachForecast, type CaseForecast } from "./actions-breach.ts";
import { type Verdict, verdicts, verdictWords } from "./breach.ts";

/** Which hosts will miss which date, and why, over HTTP. */
const count = z.number().int();
const verdict = z.enum(verdicts as [Verdict, ...Verdict[]]);
const told = { verdict, label: z.string(), tone: z.enum(markTones) };

const caseSchema = z
  .strictObject({
    ref: z.string(),
    title: z.string(),
    state: z.string(),
    href: z.string(),
    /** The date that counts now. */
    at: z.iso.datetime(),
    /** The date that the case always had. */
    deadline: z.iso.datetime().nullable(),
    /** What exceptions do to it; null where none reaches a host of the case. */
    excepted: exceptedSchema.nullable(),
    ...told,
    hostsBehind: count,
    /** The worst group, in one sentence. */
    sentence: z.string(),
    groups: z.array(
      z.strictObject({
        ...told,
        hosts: count,
        /** A few of them. */
        names: z.array(z.string()),
        sentence: z.string(),
        href: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: "CaseForecast" });

const getForecast = route({
  method: "GET",
  path: "/api/v1/deadline-forecast",
  summary: "Which hosts will miss the date of which open case, and why, as things stand.",
  permission: "patch.read",
  query: z.strictObject({ patch: z.string().min(1).max(64).optional() }),
  reply: z.strictObject({
    items: z.array(caseSchema),
    /** Cases by their worst group. */
    counts: z.strictObject({
      missed: count,
      "will-miss": count,
      "may-miss": count,
      unknown: count,
      "in-time": count,
    }),
  }),
  errors: ["not-found"],
  async handle({ world, actor }, { query }) {
    const items = (await breachForecast(world, actor, query)).map((each) =>
      forecastReply(each, isEverywhere(scopesFor(actor, "patch.read"))),
    );
    const counts = Object.fromEntries(
      verdicts.map((name) => [name, items.filter((item) => item.verdict === name).length]),
    ) as Record<Verdict, number>;
    return { items, counts };
  },
});

function forecastReply(forecast: CaseForecast, isCounted: boolean): z.output<typeof caseSchema> {
  const { patch, groups, hostsBehind } = forecast;
  const shown = forecast.verdict ?? "in-time";
  const ref = `P-${patch.number}`;
  return {
    ref,
    title: patch.title,
    state: patch.state,
    href: `/patches/${ref}`,
    at: instantToText(forecast.at),
    deadline: patch.deadline.at === null ? null : instantToText(patch.deadline.at),
    excepted: exceptedReply(forecast.effect, isCounted),
    verdict: shown,
    label: verdictWords[shown][1],
    tone: verdictWords[shown][0],
    hostsBehind,
    sentence:
      groups[0] === undefined
        ? "No host that you may see lacks the update."
        : `${groups[0].hosts} of ${counted(hostsBehind, "host")}: ${groups[0].sentence}`,
    groups: groups.map((group) => ({
      verdict: group.verdict,
      label: verdictWords[group.verdict][1],
      tone: verdictWords[group.verdict][0],
      hosts: group.hosts,
      names: [...group.names],
      sentence: group.sentence,
      href: groupHref(group),
    })),
  };
}

function groupHref(group: CaseForecast["groups"][number]): string | null {
  if (group.rollout !== null) return `/rollouts/R-${group.rollout.number}`;
  return group.plan === null ? null : `/plans/${group.plan.digest}`;
}

export const breachRoutes: readonly Route[] = [getForecast];
