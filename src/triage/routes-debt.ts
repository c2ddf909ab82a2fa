import { z } from "zod";
import { holdsAnywhere, scopesFor } from "../base/actor.ts";
import { counted } from "../base/counted.ts";
import { instantToText } from "../base/instant.ts";
import { wordSchema } from "../base/word.ts";
import { type RequestContext, type Route, route } from "../db/world.ts";
import { dayName } from "../intel/days.ts";
import { listFixFirst } from "./actions.ts";
import { type DatedDebt, DEBT_DAYS_MAX, debtOfFleet } from "./actions-debt.ts";
import { listFixFirstInServices } from "./actions-fix-first-services.ts";
import { type Curve, cumulated, debtKinds, type SourceDebt, sumOf } from "./debt.ts";
import { complianceWords, debtKindWords } from "./decision-words.ts";
import type { FixFirstItem } from "./fix-first.ts";
import type { ServiceItem } from "./fix-first-services.ts";
import { loadOpenPatches } from "./store.ts";
import { remedyWords } from "./words.ts";

/** Debt over HTTP: the curve, whose it is, and what would clear most of it. */

const points = z.number();
const splitSchema = z.strictObject({ overdue: points, deferred: points, excepted: points });

const daySchema = z
  .strictObject({
    /** `2026-11-22`, in UTC. */
    day: z.string(),
    /** Null on days of which nothing is known. */
    points: points.nullable(),
    split: splitSchema.nullable(),
    /** Points of all days up to this one, from the first of the curve on. */
    cumulative: points.nullable(),
  })
  .meta({ id: "DebtDay" });

const debtSchema = z
  .strictObject({
    asOf: z.iso.datetime(),
    /** The label by which it is told apart, and those that there are. */
    by: z.string(),
    labels: z.array(z.string()),
    sentence: z.string(),
    /** Findings on hosts and in services today, told apart by where they stand. */
    standing: z.array(z.strictObject({ ...wordSchema.shape, findings: z.number().int() })),
    /** Hosts of which nothing is known: neither good nor bad. */
    unknownHosts: z.number().int(),
    kinds: z.array(
      z.strictObject({ name: z.enum(debtKinds), tone: z.string(), label: z.string() }),
    ),
    curve: z.array(daySchema),
    groups: z.array(
      z.strictObject({
        /** Value of the label; null for hosts that have none. */
        name: z.string().nullable(),
        label: z.string(),
        points,
        split: splitSchema,
        /** Against the first known day of the curve. */
        change: points,
        /** Points a day; null on days of which nothing is known. */
        curve: z.array(points.nullable()),
      }),
    ),
    contributors: z.array(
      z.strictObject({
        ecosystem: z.string(),
        source: z.string(),
        points,
        split: splitSchema,
        hosts: z.number().int(),
        /** Services whose own components have it. */
        services: z.array(z.string()),
        vulnerabilities: z.array(z.string()),
        /** What clears it, in words, and where to do that. */
        clears: z.string(),
        href: z.string(),
      }),
    ),
    policy: z.strictObject({ file: z.string(), version: z.string() }),
  })
  .meta({ id: "Debt" });

const CONTRIBUTORS_MAX = 25;

const getDebt = route({
  method: "GET",
  path: "/api/v1/debt",
  summary: "The risk of what is overdue, put off or excepted, by day, label and source.",
  permission: "finding.read",
  query: z.strictObject({
    by: z.string().min(1).max(63).default("team"),
    days: z.coerce.number().int().min(7).max(DEBT_DAYS_MAX).default(60),
  }),
  reply: debtSchema,
  async handle(context, { query }) {
    const debt = await debtOfFleet(context.world, context.actor, query);
    const groups = [...debt.byLabel].map(([name, curve]) => groupReply(name, curve, debt));
    const total = totalOf([...debt.byLabel.values()], debt.days.count);
    return {
      asOf: instantToText(debt.days.now),
      by: debt.by,
      labels: [...debt.policy.groups],
      sentence: debtInWords(debt, total),
      standing: standingReply(debt),
      unknownHosts: debt.unknownHosts,
      kinds: debtKinds.map((name) => {
        const [tone, label] = debtKindWords[name];
        return { name, tone, label };
      }),
      curve: curveReply(total, debt),
      groups: groups.toSorted((a, b) => b.points - a.points || (a.label < b.label ? -1 : 1)),
      contributors: await contributors(context, debt.sources.slice(0, CONTRIBUTORS_MAX)),
      policy: { file: debt.policy.file, version: debt.policy.version },
    };
  },
});

function standingReply({ standing }: DatedDebt) {
  const [inTone, inLabel] = complianceWords["in-time"];
  return [
    { name: "in-time", tone: inTone, label: inLabel, findings: standing.inTime },
    ...debtKinds.map((name) => {
      const [tone, label] = debtKindWords[name];
      return { name, tone, label, findings: standing[name] };
    }),
  ];
}

function totalOf(curves: readonly Curve[], count: number): Curve {
  const sum = (kind: keyof Curve): Float64Array =>
    Float64Array.from({ length: count }, (_, day) =>
      curves.reduce((all, curve) => all + (curve[kind][day] ?? 0), 0),
    );
  return { overdue: sum("overdue"), deferred: sum("deferred"), excepted: sum("excepted") };
}

function curveReply(curve: Curve, debt: DatedDebt): z.output<typeof daySchema>[] {
  const sums = cumulated(curve);
  return Array.from({ length: debt.days.count }, (_, at) => {
    const day = dayName(debt.days, at);
    if (at < debt.knownFrom) return { day, points: null, split: null, cumulative: null };
    const split = splitOn(curve, at);
    return { day, points: rounded(sumOf(split)), split, cumulative: rounded(sums[at] ?? 0) };
  });
}

function splitOn(curve: Curve, day: number) {
  return {
    overdue: rounded(curve.overdue[day] ?? 0),
    deferred: rounded(curve.deferred[day] ?? 0),
    excepted: rounded(curve.excepted[day] ?? 0),
  };
}

function groupReply(name: string | null, curve: Curve, debt: DatedDebt) {
  const { count } = debt.days;
  const on = (day: number): number => rounded(sumOf(splitOn(curve, day)));
  const split = splitOn(curve, count - 1);
  const first = Math.min(debt.knownFrom, count - 1);
  return {
    name,
    label: name ?? `no ${debt.by}`,
    points: rounded(sumOf(split)),
    split,
    change: rounded(on(count - 1) - on(first)),
    curve: Array.from({ length: count }, (_, day) => (day < debt.knownFrom ? null : on(day))),
  };
}

async function contributors(
  { world, actor }: RequestContext,
  sources: readonly SourceDebt[],
): Promise<z.output<typeof debtSchema>["contributors"]> {
  const anywhere = { asOf: undefined, service: undefined };
  const items = await listFixFirst(world, actor);
  const raised = await listFixFirstInServices(world, actor, anywhere);
  const cases = holdsAnywhere(actor, "patch.read")
    ? await loadOpenPatches(world.db, scopesFor(actor, "patch.read"))
    : [];
  return sources.map((one) => {
    const { ecosystem, source } = one;
    const isIt = (of: { readonly ecosystem: string; readonly source: string }): boolean =>
      of.ecosystem === ecosystem && of.source === source;
    const open = cases.find((patch) => isIt(patch.target));
    const item = items.find(({ target }) => isIt(target)) ?? raised.find((i) => isIt(i.target));
    return {
      ecosystem,
      source,
      points: rounded(sumOf(one.points)),
      split: {
        overdue: rounded(one.points.overdue),
        deferred: rounded(one.points.deferred),
        excepted: rounded(one.points.excepted),
      },
      hosts: one.hosts,
      services: [...one.services],
      vulnerabilities: [...one.vulnerabilities],
      clears: clearsText(item, open === undefined ? null : `P-${open.number}`),
      href: open === undefined ? placeOf(one) : `/patches/P-${open.number}`,
    };
  });
}

/** Where that is to be looked at: what only one service contains, on its page. */
function placeOf({ source, hosts, services }: SourceDebt): string {
  const [only, ...others] = services;
  if (hosts === 0 && only !== undefined && others.length === 0) return `/services/${only}`;
  return `/patches?q=${encodeURIComponent(source)}`;
}

function clearsText(item: FixFirstItem | ServiceItem | undefined, open: string | null): string {
  if (item === undefined) return "Nothing is known that clears it.";
  const { target, findingsCleared, remedy } = item;
  if (!("sourceVersion" in target)) return `${capital(remedyWords[remedy][1])}.`;
  const where = open === null ? "" : ` ${open} is open for it.`;
  return `Update to ${target.sourceVersion}: clears ${counted(findingsCleared, "finding")}.${where}`;
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function debtInWords(debt: DatedDebt, total: Curve): string {
  const { count } = debt.days;
  if (debt.knownFrom >= count) {
    return "Nothing is known yet: no host was looked at while a feed spoke of its packages.";
  }
  const split = splitOn(total, count - 1);
  const sum = rounded(sumOf(split));
  if (sum === 0)
    return "Nothing is overdue, put off or excepted on the hosts and in the services that you may see.";
  const parts = debtKinds
    .filter((kind) => split[kind] > 0)
    .map((kind) => `${split[kind].toLocaleString("en")} ${debtKindWords[kind][1]}`);
  const [first] = debt.sources;
  const share = first === undefined ? 0 : Math.round((100 * sumOf(first.points)) / sum);
  const most = first === undefined ? "" : ` ${first.source} is ${share} % of it.`;
  return `${sum.toLocaleString("en")} points stand today: ${parts.join(", ")}.${most}`;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

export const debtRoutes: readonly Route[] = [getDebt];
