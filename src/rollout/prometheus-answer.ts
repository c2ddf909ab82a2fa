import { z } from "zod";

/**
 * Answers of Prometheus' HTTP API (version 1, "Instant queries" and "Range queries"), parsed strictly:
 * what is not understood is no data. Values come as text, among them `NaN`, `+Inf` and `-Inf`.
 */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** Seconds since 1970, and the value. */
  readonly points: readonly (readonly [at: number, value: number])[];
}

export type Answered =
  | { readonly kind: "series"; readonly series: readonly Series[] }
  | { readonly kind: "refused"; readonly words: string };

/** More are a query without aggregation over a fleet; nobody reads them. */
const SERIES_MAX = 20_000;
const POINTS_MAX = 500_000;

const value = z.string().transform((text, context) => {
  const known: Readonly<Record<string, number>> = {
    NaN: Number.NaN,
    "+Inf": Number.POSITIVE_INFINITY,
    Inf: Number.POSITIVE_INFINITY,
    "-Inf": Number.NEGATIVE_INFINITY,
  };
  if (Object.hasOwn(known, text)) return known[text] ?? Number.NaN;
  if (/^[+-]?(\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text)) return Number(text);
  context.addIssue("a value is no number");
  return z.NEVER;
});
const point = z.tuple([z.number(), value]);
const labels = z.record(z.string(), z.string());

const success = z.object({
  status: z.literal("success"),
  data: z.discriminatedUnion("resultType", [
    z.object({
      resultType: z.literal("vector"),
      result: z.array(z.object({ metric: labels, value: point })).max(SERIES_MAX),
    }),
    z.object({
      resultType: z.literal("matrix"),
      result: z.array(z.object({ metric: labels, values: z.array(point) })).max(SERIES_MAX),
    }),
    z.object({ resultType: z.literal("scalar"), result: point }),
  ]),
});
const failure = z.object({ status: z.literal("error"), error: z.string() });

export function parseAnswer(text: string): Answered {
  const refused = (words: string): Answered => ({ kind: "refused", words });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refused("it answered with no JSON");
  }
  const failed = failure.safeParse(json);
  if (failed.success) return refused(`it says: ${failed.data.error.slice(0, 300)}`);
  const parsed = success.safeParse(json);
  if (!parsed.success) return refused("its answer is not one of numbers, or has too many series");
  const { data } = parsed.data;
  if (data.resultType === "scalar") return one([{ labels: {}, points: [data.result] }]);
  if (data.resultType === "vector") {
    return one(data.result.map(({ metric, value: at }) => ({ labels: metric, points: [at] })));
  }
  const points = data.result.reduce((sum, { values }) => sum + values.length, 0);
  if (points > POINTS_MAX) return refused(`it answered with more than ${POINTS_MAX} points`);
  return one(data.result.map(({ metric, values }) => ({ labels: metric, points: values })));
}

function one(series: readonly Series[]): Answered {
  return { kind: "series", series };
}
