import { DAY_MS, durationToText, type Instant, instantToText } from "../base/instant.ts";
import type { Permission } from "../base/permission.ts";
import { tones } from "../base/tone.ts";
import type { FeedStatus } from "../intel/actions.ts";
import { nowSentence } from "../rollout/explain.ts";
import type { LoadedFacts } from "../rollout/store.ts";
import { outcomesOf } from "../rollout/view.ts";
import type { CaseEffect } from "../triage/exception-effect.ts";
import type { Patch } from "../triage/model.ts";
import { type Facets, respects } from "./host-facets.ts";
import type { Overview } from "./overview-schema.ts";
import type { StepsTaken } from "./store-overview.ts";
import { facetWords } from "./words.ts";

/** The parts of the overview in words; pure, from what was loaded. */
type Part<Name extends keyof Overview> = NonNullable<Overview[Name]>;

export function fleetPart(facets: Facets, hosts: number): Part<"fleet"> {
  return {
    hosts,
    states: respects.flatMap((respect) =>
      tones
        .map((state) => ({
          respect,
          state,
          label: facetWords[respect][state],
          count: facets[respect][state],
          href: `/hosts?${respect}=${state}`,
        }))
        .filter((entry) => entry.count > 0),
    ),
  };
}

export const SOON_MS = 3 * DAY_MS;
const ITEMS_MAX = 8;

/**
 * Cases whose clock still runs: what is observed or over has kept or missed its deadline already. What
 * is wholly excepted is counted apart, and is at risk by the date on which that ends.
 */
export function deadlinesPart(
  cases: readonly Patch[],
  effects: ReadonlyMap<Patch["id"], CaseEffect>,
  now: Instant,
): Part<"deadlines"> {
  const running = cases
    .flatMap((patch) => {
      const effect = effects.get(patch.id);
      const at = effect === undefined ? patch.deadline.at : effect.at;
      const isExcepted = effect?.isExcepted ?? false;
      return at === null || patch.state === "observing" ? [] : [{ patch, at, isExcepted }];
    })
    .toSorted((a, b) => a.at - b.at);
  const items = running.filter(({ at }) => at < now + SOON_MS).slice(0, ITEMS_MAX);
  return {
    overdue: running.filter(({ at }) => at < now).length,
    soon: running.filter(({ at }) => at >= now && at < now + SOON_MS).length,
    excepted: running.filter(({ isExcepted }) => isExcepted).length,
    items: items.map(({ patch, at }) => ({
      ref: `P-${patch.number}`,
      title: patch.title,
      urgency: patch.urgency,
      state: patch.state,
      at: instantToText(at),
      isOverdue: at < now,
      sentence: `${deadlineText(at, now)}; the case is ${patch.state}.`,
      href: `/patches/P-${patch.number}`,
    })),
  };
}

function deadlineText(at: Instant, now: Instant): string {
  return at < now ? `Over since ${durationToText(now - at)}` : `Due in ${durationToText(at - now)}`;
}

export function rolloutPart(loaded: LoadedFacts): Part<"rollouts">[number] {
  const { row, facts } = loaded;
  return {
    id: row.id,
    ref: `R-${row.number}`,
    title: row.title,
    state: row.state,
    sentence: nowSentence(loaded),
    waves: facts.waves.map((wave) => {
      const { hosts, verified, running, failed, rolledBack, unknown } = outcomesOf(wave.counts);
      const { number, ring, state } = wave;
      const ended = { verified, running, failed: failed + rolledBack, unknown };
      return { number, ring, state, hosts, ...ended };
    }),
    startedAt: instantToText(row.startedAt),
    href: `/rollouts/R-${row.number}`,
  };
}

export function feedPart(feed: FeedStatus): Part<"feeds">[number] {
  const { freshness, failure } = feed;
  const failed = failure === null ? "" : ` The last try failed: ${failure}`;
  const base = { name: feed.name, href: "/settings/feeds" };
  switch (freshness.kind) {
    case "fresh":
      return {
        ...base,
        state: failure === null ? "good" : "attention",
        sentence: `Current as of ${durationToText(freshness.ageMs)} ago.${failed}`,
      };
    case "stale":
      return { ...base, state: "attention", sentence: `Old: ${freshness.why}.${failed}` };
    case "never-loaded":
      return { ...base, state: "unknown", sentence: `Never loaded.${failed}` };
  }
}

export interface StepFacts {
  readonly hosts: number;
  readonly inspected: number;
  readonly isFeedLoaded: boolean;
  readonly taken: StepsTaken;
}

/** The way to the first patched host. Commands and pages do the same; either will do. */
export function firstSteps(facts: StepFacts): Overview["firstSteps"] {
  const { taken } = facts;
  return [
    {
      done: facts.hosts > 0,
      text: "Add a host.",
      command: "fettle host add NAME --ssh root@ADDRESS",
      href: "/hosts",
    },
    {
      done: facts.inspected > 0,
      text: "Have it inspected; that never changes a host.",
      command: "fettle host scan --all --watch",
      href: "/hosts?fresh=unknown",
    },
    {
      done: facts.isFeedLoaded,
      text: "Load what is known about vulnerabilities.",
      command: "fettle feed load",
      href: "/settings/feeds",
    },
    {
      done: taken.hasKey,
      text: "Add the SSH key with which you approve changes of others.",
      command: "fettle key add ~/.ssh/id_ed25519.pub",
      href: "/settings/keys",
    },
    {
      done: taken.hasEnrolment,
      text: "Enrol a host, so that it may be patched and signs what it did.",
      command: "fettle host enrol NAME --policy policies/rings.yaml",
      href: "/hosts",
    },
    {
      done: taken.hasPatch,
      text: "Open the case of the first update to bring out.",
      command: "fettle patch open SOURCE",
      href: "/patches",
    },
    {
      done: taken.hasChange,
      text: "Make a plan and ask for approval; somebody else approves.",
      command: "fettle plan create --patch P-1 --policy policies/rings.yaml",
      href: "/patches",
    },
    {
      done: taken.hasRollout,
      text: "Start the rollout, and watch it stop itself when something goes wrong.",
      command: "fettle rollout start C-1 --watch",
      href: "/rollouts",
    },
  ];
}

/** Why a part is not shown. */
export function notShownReason(permission: Permission): string {
  return `This needs the right ${permission}, which you do not hold.`;
}
