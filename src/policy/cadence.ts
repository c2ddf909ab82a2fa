import { z } from "zod";
import { type Digest, sha256 } from "../base/digest.ts";
import { DAY_MS, durationFromText, type Instant } from "../base/instant.ts";
import { parseYaml, strictFields } from "../base/yaml-text.ts";
import { patchKinds } from "./classification.ts";
import type { PolicyKind } from "./policy-kind.ts";

/**
 * Release trains: how often what goes out together, and so when the next date is. A date is a day in
 * UTC. Support that ends brings the date forward; an availability target can only spread dates out.
 */
const WEEKDAYS = [
  "sunday",
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
] as const;
const PLACES = ["1st", "2nd", "3rd", "4th", "last"] as const;
const AVAILABILITY_MIN = 50;

export interface DayRule {
  readonly weekday: number;
  /** Null for every week. */
  readonly place: (typeof PLACES)[number] | null;
}

const duration = z.string().transform((text, context) => {
  const ms = durationFromText(text);
  if (ms !== null && ms <= 90 * DAY_MS) return ms;
  context.addIssue("write a duration such as 10m, 2h or 3d, at most 90d");
  return z.NEVER;
});

const day = z.string().transform((text, context): DayRule => {
  const words = text.toLowerCase().trim().split(/\s+/);
  const weekday = (WEEKDAYS as readonly string[]).indexOf(words.at(-1) ?? "");
  const place = PLACES.find((name) => name === words[0]) ?? null;
  if (weekday >= 0 && words.length === (place === null ? 1 : 2)) return { weekday, place };
  context.addIssue("write a weekday such as tuesday, or with its place such as 2nd tuesday");
  return z.NEVER;
});

const share = z.string().transform((text, context) => {
  const percent = Number(/^(\d{1,3}(?:\.\d{1,4})?)%$/.exec(text)?.[1] ?? Number.NaN);
  if (percent >= AVAILABILITY_MIN && percent < 100) return percent / 100;
  context.addIssue("write the availability as a percentage from 50% to below 100%, such as 99.9%");
  return z.NEVER;
});

const train = strictFields({
  name: z.string().min(1).max(120),
  /** Source packages; `*` stands for any run of letters. */
  products: z.array(z.string().min(1).max(120)).min(1).max(100),
  kinds: z
    .array(z.enum(patchKinds))
    .min(1)
    .default([...patchKinds]),
  every: z.enum(["week", "month", "quarter"]),
  on: day,
  leadTime: duration.default(0),
  availability: share.optional(),
  outage: duration.optional(),
})
  .refine(({ every, on }) => (every === "week") === (on.place === null), {
    message:
      "every week goes with a weekday alone, months and quarters with its place in the month",
    path: ["on"],
  })
  .refine(({ availability, outage }) => (availability === undefined) === (outage === undefined), {
    message: "availability and outage go together",
    path: ["availability"],
  });

const fileSchema = strictFields({
  kind: z.literal("cadence"),
  trains: z.array(train).max(50),
});

export type Train = z.output<typeof train>;

export interface CadencePolicy {
  readonly file: string;
  readonly version: Digest;
  readonly trains: readonly Train[];
}

export function parseCadence(text: string, file: string): CadencePolicy {
  const { trains } = parseYaml(fileSchema, text, file);
  return { file, version: sha256(text), trains };
}

export interface NextRide {
  readonly train: string;
  readonly at: Instant;
  /** What else decided the day than the train's own rule; in words. */
  readonly because: readonly string[];
}

/** The train that a product of this kind rides; the first that fits. */
export function trainFor(
  policy: CadencePolicy,
  of: { readonly product: string; readonly kind: (typeof patchKinds)[number] },
): Train | null {
  return (
    policy.trains.find(
      ({ products, kinds }) =>
        kinds.includes(of.kind) && products.some((pattern) => fits(pattern, of.product)),
    ) ?? null
  );
}

function fits(pattern: string, product: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(product);
}

/** The next date from `readyAt` on. */
export function nextRide(
  train: Train,
  of: {
    readonly readyAt: Instant;
    /** When the hosts last rode this train; null for never. */
    readonly lastAt: Instant | null;
    /** When support of what they run ends; null where that is not known. */
    readonly supportEndsAt: Instant | null;
  },
): NextRide {
  const because: string[] = [];
  let from = of.readyAt + train.leadTime;
  const spacing = spacingMs(train);
  if (of.lastAt !== null && of.lastAt + spacing > from) {
    from = of.lastAt + spacing;
    because.push(
      `the availability target allows one outage in ${Math.ceil(spacing / DAY_MS)} days`,
    );
  }
  let at = rideFrom(train, from);
  const { supportEndsAt } = of;
  if (supportEndsAt !== null && supportEndsAt > of.readyAt && supportEndsAt < at) {
    at = supportEndsAt;
    because.push("support ends before the train's own date");
  }
  return { train: train.name, at, because };
}

/** How far apart outages must be so that the target holds over any time. */
export function spacingMs({ availability, outage }: Train): number {
  if (availability === undefined || outage === undefined) return 0;
  return outage / (1 - availability);
}

function rideFrom({ every, on }: Train, from: Instant): Instant {
  const firstDay = Math.ceil(from / DAY_MS);
  for (let number = firstDay; number < firstDay + DAYS_LOOKED_AT; number += 1) {
    const date = new Date(number * DAY_MS);
    if (date.getUTCDay() !== on.weekday || !isPlace(date, on.place)) continue;
    if (every !== "quarter" || date.getUTCMonth() % 3 === 0) return number * DAY_MS;
  }
  // Every quarter has each weekday in each place; a longer look would find nothing else.
  return (firstDay + DAYS_LOOKED_AT) * DAY_MS;
}

const DAYS_LOOKED_AT = 124;

function isPlace(date: Date, place: DayRule["place"]): boolean {
  if (place === null) return true;
  const day = date.getUTCDate();
  if (place !== "last") return Math.ceil(day / 7) === PLACES.indexOf(place) + 1;
  const next = new Date(date.getTime() + 7 * DAY_MS);
  return next.getUTCMonth() !== date.getUTCMonth();
}

export const cadenceKind: PolicyKind = {
  kind: "cadence",
  name: "cadence.yaml",
  decides: "Which release a scheduled case rides, and on which day that is.",
  parse: parseCadence,
  isApplied: true,
};

/** The published schema of the file, for editors. */
export function cadenceJsonSchema(): unknown {
  return z.toJSONSchema(fileSchema, { io: "input", target: "draft-2020-12" });
}
