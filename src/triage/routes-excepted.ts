import { z } from "zod";
import { counted } from "../base/counted.ts";
import { type Instant, instantToText } from "../base/instant.ts";
import type { CaseEffect } from "./exception-effect.ts";

/** What exceptions do to the date of a case, as it stands beside the date everywhere. */
export const exceptedSchema = z
  .strictObject({
    /** The date that counts now: the case's own, or where all of it is excepted a later one. */
    effective: z.iso.datetime().nullable(),
    isExcepted: z.boolean(),
    sentence: z.string(),
    by: z.array(
      z.strictObject({
        ref: z.string(),
        until: z.iso.datetime(),
        /** Ids of who answers for it and who approved it. */
        owner: z.string(),
        approvedBy: z.string().nullable(),
        href: z.string(),
      }),
    ),
  })
  .meta({ id: "Excepted" });

/** Null where no exception reaches any host of the case. */
export function exceptedReply(
  effect: CaseEffect | undefined,
  /** Only for whoever may see every host: numbers tell of those beyond a scope. */
  isCounted: boolean,
): z.output<typeof exceptedSchema> | null {
  if (effect === undefined || effect.by.length === 0) return null;
  return {
    effective: effect.at === null ? null : instantToText(effect.at),
    isExcepted: effect.isExcepted,
    sentence: effectInWords(effect, isCounted),
    by: effect.by.map(grantedReply),
  };
}

/** The same for what one service contains, where no host is part of it. */
export function serviceExceptedReply(
  effect: CaseEffect | undefined,
): z.output<typeof exceptedSchema> | null {
  const reply = exceptedReply(effect, false);
  if (effect === undefined || reply === null) return null;
  const { isExcepted, at, by } = effect;
  const names = by.map((one) => `X-${one.number}`).join(", ");
  const sentence = isExcepted
    ? `Excepted until ${day(at ?? firstEnd(effect))} by ${names}, in this service.`
    : `${names} excepts some of what this service contains; the date stays, for the rest.`;
  return { ...reply, sentence };
}

function firstEnd({ by }: CaseEffect): Instant {
  return Math.min(...by.map((one) => one.until));
}

function grantedReply(one: CaseEffect["by"][number]) {
  return {
    ref: `X-${one.number}`,
    until: instantToText(one.until),
    ...{ owner: one.owner, approvedBy: one.approvedBy },
    href: `/exceptions/X-${one.number}`,
  };
}

function effectInWords(effect: CaseEffect, isCounted: boolean): string {
  const { isExcepted, at, hosts, hostsExcepted, by } = effect;
  const names = by.map((one) => `X-${one.number}`).join(", ");
  if (isExcepted) {
    return `Excepted until ${day(at ?? firstEnd(effect))} by ${names}, on all of its hosts.`;
  }
  const some = isCounted ? `${hostsExcepted} of ${counted(hosts, "host")}` : "some of its hosts";
  return `${names} excepts it wholly on ${some}; the date stays, for the rest.`;
}

function day(at: Instant): string {
  return instantToText(at).slice(0, 10);
}
