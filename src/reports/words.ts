import type { z } from "zod";
import type { Tone } from "../base/tone.ts";
import type { Words } from "../base/word.ts";
import type { timelineEntrySchema } from "./host-schema.ts";
import type { Respect } from "./store-hosts.ts";

/** How the four respects of a host read, what happens to it, and where policy files come from. */
export const respectTitles: Readonly<Record<Respect, string>> = {
  risk: "Risk",
  reach: "Reach",
  fresh: "Inventory",
  reboot: "Restart",
};

export const facetWords: Readonly<Record<Respect, Readonly<Record<Tone, string>>>> = {
  risk: {
    bad: "known exploited",
    attention: "vulnerable",
    unknown: "not fully known",
    good: "no known vulnerability",
  },
  reach: {
    bad: "unreachable",
    attention: "answers slowly",
    unknown: "never tried",
    good: "reachable",
  },
  fresh: {
    bad: "too old",
    attention: "stale",
    unknown: "never inspected",
    good: "fresh",
  },
  reboot: {
    bad: "restart overdue",
    attention: "restart needed",
    unknown: "not known",
    good: "no restart needed",
  },
};

/** What urgently needs somebody comes first. A respect has only tones that its rules can give. */
export const facetTones: Readonly<Record<Respect, readonly Tone[]>> = {
  risk: ["bad", "attention", "unknown", "good"],
  reach: ["bad", "unknown", "good"],
  fresh: ["attention", "unknown", "good"],
  reboot: ["attention", "unknown", "good"],
};

export const hostEventWords: Words<z.output<typeof timelineEntrySchema>["kind"]> = {
  inspection: ["good", "looked at"],
  packages: ["running", "packages"],
  contact: ["attention", "contact"],
  job: ["running", "job"],
  refusal: ["bad", "refused"],
  hold: ["waiting", "held"],
  plan: ["waiting", "plan"],
  edit: ["unknown", "edit"],
};

/** By the noun before the dot of an event's type: what it happened to. */
export const caseEventWords: Words<string> = {
  patch: ["running", "case"],
  plan: ["running", "plan"],
  change: ["waiting", "change"],
  approval: ["good", "approval"],
  rollout: ["running", "rollout"],
  "rollout.halted": ["bad", "rollout"],
  wave: ["running", "wave"],
  target: ["good", "host"],
};

export const policyOriginWords: Words<"shipped" | "own" | "applied" | "used"> = {
  shipped: ["good", "comes with Fettle"],
  own: ["good", "your own file"],
  applied: ["good", "put in force here"],
  used: ["good", "used by a plan"],
};
