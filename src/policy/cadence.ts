import { z } from "zod";
import { type Digest, sha256 } from "../base/digest.ts";
import { DAY_MS, durationFromText, durationToText, type Instant } from "../base/instant.ts";
import { parseYaml, strictFields } from "../base/yaml-text.ts";
import { patchKinds } from "./classification.ts";
import type { PolicyKind } from "./policy-kind.ts";

/**
 * Release trains: how often what goes out together, and so when the next date is. A date is a day in
 * UTC. Support that ends brings the date forward; an availability target can only spread dates out.
 * Where both pull, support wins: a late patch of what nobody supports any more may never come.
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
  /** Names of services: what none of them runs on rides another train. Left out, every host. */
  services: z.array(z.string().min(1).max(120)).min(1).max(100).optional(),
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

/** What rides a train: a product, the kind of its change, and services on the hosts that need it. */
export interface Rider {
  readonly product: string;
  readonly kind: (typeof patchKinds)[number];
  readonly services: readonly string[];
}

/** The train that it rides; the first that fits. */
export function trainFor(policy: CadencePolicy, rider: Rider): Train | null {
  return (
    policy.trains.find(
      ({ products, kinds, services }) =>
        kinds.includes(rider.kind) &&
        products.some((pattern) => fits(pattern, rider.product)) &&
        (services === undefined || rider.services.some((name) => fitsAny(services, name))),
    ) ?? null
  );
}

export function fitsAny(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => fits(pattern, name));
}

function fits(pattern: string, product: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(product);
}

/** What moves a train's own date for one rider. */
export interface RideFacts {
  readonly readyAt: Instant;
  /** When a patch last took something of it down, and what; null for never. */
  readonly lastOutage: { readonly of: string; readonly at: Instant } | null;
  /** When support of what its hosts run ends; null where that is not known. */
  readonly support: { readonly of: string; readonly endsAt: Instant } | null;
}

/** The next date from `readyAt` on. */
export function nextRide(train: Train, facts: RideFacts): NextRide {
  const { readyAt, lastOutage, support } = facts;
  const readyFrom = readyAt + train.leadTime;
  const ownDate = rideFrom(train, readyFrom);
  const restedFrom = lastOutage === null ? readyFrom : lastOutage.at + spacingMs(train);
  const rested = restedFrom > readyFrom ? rideFrom(train, restedFrom) : ownDate;
  const pause =
    lastOutage === null || rested === ownDate
      ? []
      : [
          `${lastOutage.of} was last taken down by a patch on ${dayText(lastOutage.at)}, and ${pauseText(train)}`,
        ];
  if (support === null || support.endsAt <= readyAt || support.endsAt >= rested) {
    return { train: train.name, at: rested, because: pause };
  }
  const ends = `support of ${support.of} ends on ${dayText(support.endsAt)}`;
  if (ownDate <= support.endsAt) {
    const because = `${ends}, before the pause is over that the availability target asks for`;
    return { train: train.name, at: ownDate, because: [because] };
  }
  return {
    train: train.name,
    at: support.endsAt,
    because: [`${ends}, before the train's own date`],
  };
}

/** The train's own next dates, with nothing that moves them. */
export function ridesFrom(train: Train, from: Instant, count: number): readonly Instant[] {
  const dates: Instant[] = [];
  for (let next = from; dates.length < count; next = (dates.at(-1) ?? next) + 1) {
    dates.push(rideFrom(train, next));
  }
  return dates;
}

/** `99.9 % allows one outage of 10 min in 7 days`; null for a train without a target. */
export function pauseText(train: Train): string | null {
  const { availability, outage } = train;
  if (availability === undefined || outage === undefined) return null;
  const days = Math.ceil(spacingMs(train) / DAY_MS);
  // Percentages come with four places at most; more would be what binary fractions leave over.
  const percent = Number((availability * 100).toFixed(4));
  return `${percent} % allows one outage of ${durationToText(outage)} in ${days === 1 ? "1 day" : `${days} days`}`;
}

/** `every month on the 2nd tuesday`, as people say the rule. */
export function ruleText({ every, on }: Train): string {
  const weekday = WEEKDAYS[on.weekday] ?? "";
  return on.place === null ? `every ${weekday}` : `every ${every} on the ${on.place} ${weekday}`;
}

function dayText(at: Instant): string {
  return new Date(at).toISOString().slice(0, 10);
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
