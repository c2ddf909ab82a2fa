import { z } from "zod";
import { Failure } from "../base/failure.ts";
import { instantToText } from "../base/instant.ts";
import { type Route, route } from "../db/world.ts";
import { type AgeSums, type Ages, sumsOf } from "../intel/exposure-ages.ts";
import { intervalEnds } from "../intel/exposure-intervals.ts";
import { trendDayReply, trendDaySchema } from "../intel/trend-reply.ts";
import { DEBT_DAYS_MAX } from "./actions-debt.ts";
import {
  AGE_DAYS,
  ageClasses,
  daysBetween,
  EXPLOITED,
  type Exposed,
  exposureAges,
  exposuresOf,
  exposuresTo,
  findingTrend,
  type OverdueTrend,
} from "./actions-history.ts";
import { intervalEndWords } from "./decision-words.ts";

/** Histories over HTTP: trends, exposure intervals, and how long things stay open. */

const time = z.string().describe("RFC 3339 in UTC");
const number = z.number().nullable();

const daySchema = trendDaySchema
  .extend({
    overdue: number.describe("findings on hosts past their date, by the dates of now"),
  })
  .meta({ id: "FindingDay" });

const getTrend = route({
  method: "GET",
  path: "/api/v1/findings/trend",
  summary: "How findings moved: open, known exploited, new and closed, hosts and what is overdue.",
  permission: "finding.read",
  query: z.strictObject({
    days: z.coerce.number().int().min(2).max(DEBT_DAYS_MAX).default(AGE_DAYS),
  }),
  reply: z.strictObject({
    asOf: time,
    knownSince: time.nullable().describe("how far back anything is known"),
    sentence: z.string(),
    /** What is counted, and what is not. */
    counts: z.string(),
    days: z.array(daySchema),
  }),
  handle: async ({ world, actor }, { query }) => {
    const trend = await findingTrend(world, actor, query.days);
    return {
      asOf: instantToText(trend.days.now),
      knownSince: timeOf(trend.knownSince),
      sentence: trendInWords(trend),
      counts: TREND_COUNTS,
      days: trend.trend.map((day, at) => ({
        ...trendDayReply(day),
        overdue: trend.overdue[at] ?? null,
      })),
    };
  },
});

const TREND_COUNTS =
  "Counted is what hosts have. What services contain is told by service, not by the day.";

function trendInWords({ trend, days }: OverdueTrend): string {
  const known = trend.filter((day) => day.known !== null);
  const [first, last] = [known[0], known.at(-1)];
  if (first?.known == null || last?.known == null) {
    return `Nothing is known of the last ${days.count} days: no host was looked at while a feed spoke of its packages.`;
  }
  const opened = known.reduce((sum, day) => sum + (day.known?.opened ?? 0), 0);
  const closed = known.reduce((sum, day) => sum + (day.known?.closed ?? 0), 0);
  const told = known.length < days.count ? `Known since ${first.day}` : `Since ${first.day}`;
  return `${told}: ${first.known.findings.toLocaleString("en")} vulnerabilities then, ${last.known.findings.toLocaleString("en")} now; ${opened.toLocaleString("en")} came up and ${closed.toLocaleString("en")} went.`;
}

const sumsSchema = z
  .strictObject({
    count: z.number().int(),
    meanDays: number,
    medianDays: number,
    p90Days: number.describe("nine of ten are not longer"),
  })
  .meta({ id: "AgeSums" });

const agesSchema = z
  .strictObject({
    mended: sumsSchema.describe("ended within the days because the host was changed"),
    open: sumsSchema.describe("those that last, by their age now"),
    endedOtherwise: z.number().int().describe("ended without a change of the host"),
  })
  .meta({ id: "ExposureAges" });

const namedAgesSchema = z.strictObject({
  name: z.string().nullable(),
  label: z.string(),
  ...agesSchema.shape,
});

const intervalSchema = z.strictObject({
  from: time,
  to: time.nullable().describe("null while it lasts"),
  days: z.number(),
  ended: z.enum(intervalEnds).nullable(),
  tone: z.string(),
  label: z.string().describe("why it ended, or that it lasts"),
});

const getIntervals = route({
  method: "GET",
  path: "/api/v1/exposure-intervals",
  summary: "From when to when hosts were exposed to a vulnerability, or one host to each.",
  permission: "finding.read",
  query: z.strictObject({
    vulnerability: z.string().min(3).max(100).optional(),
    host: z.string().min(1).max(253).optional(),
    limit: z.coerce.number().int().min(1).max(1000).default(100),
    cursor: z
      .string()
      .regex(/^\d{1,9}$/)
      .optional(),
  }),
  reply: z.strictObject({
    items: z.array(
      z.strictObject({
        host: z.strictObject({ id: z.string(), name: z.string(), href: z.string() }),
        vulnerability: z.string(),
        href: z.string(),
        sources: z.array(z.string()),
        intervals: z.array(intervalSchema).describe("none where it never counted there"),
      }),
    ),
    next: z.string().nullable(),
    total: z.number().int(),
    asOf: time,
    sentence: z.string(),
    ages: agesSchema.describe(`of all of them, whatever page is asked for, over ${AGE_DAYS} days`),
  }),
  errors: ["not-found", "invalid"],
  async handle({ world, actor }, { query }) {
    const { vulnerability, host, limit } = query;
    const page = { limit, skip: Number(query.cursor ?? 0) };
    if ((vulnerability === undefined) === (host === undefined)) {
      throw new Failure("invalid", "Ask about a vulnerability or a host: name one of the two.");
    }
    const found =
      vulnerability === undefined
        ? await exposuresOf(world, actor, { ...page, host: host ?? "" })
        : await exposuresTo(world, actor, { ...page, vulnerability });
    return {
      items: found.items.map((one) => exposedReply(one, found.days.now)),
      next: found.next === null ? null : String(found.next),
      total: found.total,
      asOf: instantToText(found.days.now),
      sentence: agesInWords(found.ages, AGE_DAYS),
      ages: agesReply(found.ages),
    };
  },
});

function exposedReply({ host, vulnerability, sources, intervals }: Exposed, now: number) {
  const id = encodeURIComponent(vulnerability);
  return {
    host: { ...host, href: `/hosts/${host.name}?tab=findings&q=${id}` },
    vulnerability,
    href: `/vulnerabilities/${id}`,
    sources: [...sources],
    intervals: intervals.map(({ from, to, ended }) => {
      const [tone, label] = intervalEndWords[ended ?? "lasts"];
      return {
        ...{ from: instantToText(from), to: timeOf(to), days: daysBetween(from, to ?? now) },
        ...{ ended, tone, label },
      };
    }),
  };
}

const getAges = route({
  method: "GET",
  path: "/api/v1/exposure-ages",
  summary: "How long exposures last and how fast they are mended, by severity and by a label.",
  permission: "finding.read",
  query: z.strictObject({
    by: z.string().min(1).max(63).default("team"),
    days: z.coerce.number().int().min(2).max(DEBT_DAYS_MAX).default(AGE_DAYS),
  }),
  reply: z.strictObject({
    asOf: time,
    by: z.string(),
    labels: z.array(z.string()),
    sentence: z.string(),
    all: agesSchema,
    exploited: agesSchema.describe("those known to be exploited"),
    severities: z.array(namedAgesSchema),
    groups: z.array(namedAgesSchema),
  }),
  errors: ["invalid"],
  async handle({ world, actor }, { query }) {
    const ages = await exposureAges(world, actor, query);
    const severities = ageClasses.flatMap((name) => {
      const own = ages.byClass.get(name);
      return own === undefined ? [] : [{ name, label: name, ...agesReply(own) }];
    });
    const groups = [...ages.byLabel].map(([name, own]) => ({
      ...{ name, label: name ?? `no ${ages.by}` },
      ...agesReply(own),
    }));
    return {
      asOf: instantToText(ages.days.now),
      by: ages.by,
      labels: [...ages.labels],
      sentence: agesInWords(ages.all, query.days),
      all: agesReply(ages.all),
      exploited: agesReply(ages.byClass.get(EXPLOITED) ?? noAges),
      severities,
      groups: groups.toSorted(
        (a, b) => b.open.count - a.open.count || (a.label < b.label ? -1 : 1),
      ),
    };
  },
});

const noAges: Ages = { mended: new Map(), open: new Map(), endedOtherwise: 0 };

function agesReply({ mended, open, endedOtherwise }: Ages): z.output<typeof agesSchema> {
  return { mended: { ...sumsOf(mended) }, open: { ...sumsOf(open) }, endedOtherwise };
}

/** An exposure is one vulnerability on one host. */
function agesInWords(ages: Ages, days: number): string {
  const [mended, open] = [sumsOf(ages.mended), sumsOf(ages.open)];
  if (mended.count + open.count === 0) {
    return `No host was exposed in the last ${days} days, as far as is known.`;
  }
  const closed =
    mended.count === 0
      ? `None was mended in the last ${days} days`
      : `${mended.count.toLocaleString("en")} mended in the last ${days} days, after ${spread(mended)}`;
  const still =
    open.count === 0
      ? "none is open"
      : `${open.count.toLocaleString("en")} open, for ${spread(open)}`;
  return `${closed}; ${still}.`;
}

function spread({ meanDays, medianDays, p90Days }: AgeSums): string {
  return `${meanDays} days on average (half within ${medianDays}, nine of ten within ${p90Days})`;
}

function timeOf(instant: number | null): string | null {
  return instant === null ? null : instantToText(instant);
}

export const historyRoutes: readonly Route[] = [getTrend, getIntervals, getAges];
