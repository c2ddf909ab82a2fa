import { z } from "zod";
import { grammar } from "../base/document.ts";
import {
  DAY_MS,
  durationFromText,
  durationToText,
  HOUR_MS,
  MINUTE_MS,
  SECOND_MS,
} from "../base/instant.ts";

/**
 * How the numbers of gates are written. The same shapes read the policy's text and what the database
 * kept of it: only how durations, shares and thresholds are written differs.
 */
export const comparisons = ["<", "<=", ">", ">=", "==", "!="] as const;

export interface Threshold {
  readonly comparison: (typeof comparisons)[number];
  readonly value: number;
}

/** How durations, shares and thresholds are written: as text by people, as numbers by us. */
export interface Writing {
  duration(range: { readonly min: number; readonly max: number }): z.ZodType<number>;
  share(what: string): z.ZodType<number>;
  readonly threshold: z.ZodType<Threshold>;
}

const THRESHOLD = /^(<=|>=|==|!=|<|>) ?(-?\d+(?:\.\d+)?(?:e-?\d+)?)$/;

/** As people write it: `10m`, `5%`, `< 0.01`. */
export const asText: Writing = {
  duration: ({ min, max }) =>
    z.string("write a duration such as 90s, 10m, 2h or 3d").transform((text, context) => {
      const ms = durationFromText(text);
      if (ms !== null && ms >= min && ms <= max) return ms;
      context.addIssue(
        `write a duration such as 90s, 10m, 2h or 3d, from ${durationToText(min)} to ${durationToText(max)}`,
      );
      return z.NEVER;
    }),
  share: (what) =>
    z.string(`write ${what} as a percentage such as 95%`).transform((text, context) => {
      const percent = Number(/^(\d{1,3}(?:\.\d{1,3})?)%$/.exec(text)?.[1] ?? Number.NaN);
      if (percent >= 0 && percent <= 100) return percent / 100;
      context.addIssue(`write ${what} as a percentage from 0% to 100%`);
      return z.NEVER;
    }),
  threshold: z.string('write a threshold such as "< 0.01"').transform((text, context) => {
    const [, comparison, value] = THRESHOLD.exec(text) ?? [];
    const known = comparisons.find((one) => one === comparison);
    if (known !== undefined) return { comparison: known, value: Number(value) };
    context.addIssue('write a threshold such as "< 0.01": one of < <= > >= == != and a number');
    return z.NEVER;
  }),
};

/** As it is kept. */
export const asKept: Writing = {
  duration: () => z.number(),
  share: () => z.number(),
  threshold: z.object({ comparison: z.enum(comparisons), value: z.number() }),
};

const LOOKS = {
  /** Between two measurements; a server asks many gates. */
  interval: { min: 5 * SECOND_MS, max: HOUR_MS },
  /** How long something must hold. */
  span: { min: 0, max: 30 * DAY_MS },
  deadline: { min: MINUTE_MS, max: 30 * DAY_MS },
} as const;

const QUERY_CHARACTERS_MAX = 4_000;
const MEASURED_IN_A_ROW_MAX = 100;

export const sourceName = z.string().regex(grammar.id, {
  message: "a source's name has lower-case letters, digits, dots and dashes",
});
export const query = z.string().trim().min(1).max(QUERY_CHARACTERS_MAX);

/** What every gate that measures again and again has. */
export function measuring(as: Writing) {
  return {
    interval: as.duration(LOOKS.interval).default(30 * SECOND_MS),
    /** How long it must hold without a break, counted from the wave's last host on. */
    for: as.duration(LOOKS.span).default(0),
    /** So many bad measurements in a row are a failure; fewer may be chance. */
    failAfter: z.int().min(1).max(MEASURED_IN_A_ROW_MAX).default(3),
    /** It has failed when it has not passed so long after the wave's last host. */
    deadline: as.duration(LOOKS.deadline).optional(),
  };
}
