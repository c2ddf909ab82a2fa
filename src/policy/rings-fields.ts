import { z } from "zod";
import { Failure } from "../base/failure.ts";
import { durationFromText, MINUTE_MS } from "../base/instant.ts";
import { parseLabel, parseSelector } from "../base/labels.ts";

/** Fields that several parts of a rings policy are written with. */

/** A count, or a share of a ring's hosts. */
export type Amount =
  | { readonly kind: "count"; readonly count: number }
  | { readonly kind: "percent"; readonly percent: number };

export function duration(range: { readonly min: number; readonly max: number }) {
  return z.string("write a duration such as 90s, 10m, 2h or 3d").transform((text, context) => {
    const ms = durationFromText(text);
    if (ms !== null && ms >= range.min && ms <= range.max) return ms;
    const [from, to] = [range.min, range.max].map((limit) => `${limit / MINUTE_MS} min`);
    context.addIssue(`write a duration such as 90s, 10m, 2h or 3d, from ${from} to ${to}`);
    return z.NEVER;
  });
}

export const selector = z
  .string('write a label expression such as "env=prod,service in (web,db)"')
  .transform((text, context) => {
    try {
      return parseSelector(text);
    } catch (cause) {
      if (!(cause instanceof Failure)) throw cause;
      context.addIssue(cause.message);
      return z.NEVER;
    }
  });

const PERCENT = /^(\d{1,3}(?:\.\d{1,3})?)%$/;

function percentOf(text: string): number | null {
  const percent = Number(PERCENT.exec(text)?.[1] ?? Number.NaN);
  return percent >= 0 && percent <= 100 ? percent : null;
}

export function share(what: string) {
  const message = `write ${what} as a percentage from 0% to 100%`;
  return z.string(message).transform((text, context) => {
    const percent = percentOf(text);
    if (percent !== null) return percent / 100;
    context.addIssue(message);
    return z.NEVER;
  });
}

/** A share that is neither nothing nor everything; below `under` where one is given. */
export function rate(what: string, under = 1) {
  return share(what).refine((value) => value > 0 && value < under, {
    message: `write ${what} as a percentage above 0% and below ${under * 100}%`,
  });
}

export function amount(countMin: number) {
  const message = `write a whole number from ${countMin}, or a percentage such as 10%`;
  return z.union([z.int(), z.string()], message).transform((value, context) => {
    if (typeof value === "number" && value >= countMin) {
      return { kind: "count" as const, count: value };
    }
    const percent = typeof value === "string" ? percentOf(value) : null;
    if (percent !== null && (percent > 0 || countMin === 0)) {
      return { kind: "percent" as const, percent };
    }
    context.addIssue(message);
    return z.NEVER;
  });
}

export const labelKey = z.string().transform((key, context) => {
  try {
    return parseLabel(`${key}=x`)[0];
  } catch {
    context.addIssue("write the key of a label such as zone, site or service");
    return z.NEVER;
  }
});
