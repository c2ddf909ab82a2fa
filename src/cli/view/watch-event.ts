import type { Rollout, Target } from "./rollout.ts";
import { timeless } from "./sentence.ts";

/**
 * What happened between two looks at a rollout, as data: printed as one line each in a log, and as
 * one JSON object each for programs. Pure, and the same for both.
 */
export type WatchEvent =
  | {
      readonly at: string;
      readonly event: "rollout";
      readonly rollout: string;
      readonly state: Rollout["state"];
      readonly now: string;
      readonly outcomes: Rollout["outcomes"];
    }
  | {
      readonly at: string;
      readonly event: "wave";
      readonly rollout: string;
      readonly wave: number;
      readonly ring: string;
      readonly state: Rollout["waves"][number]["state"];
      readonly gate: Rollout["waves"][number]["gate"];
      readonly outcomes: Rollout["outcomes"];
      readonly holds: Rollout["waves"][number]["holds"];
    }
  | {
      readonly at: string;
      readonly event: "host";
      readonly rollout: string;
      readonly wave: number;
      readonly host: string;
      readonly standing: Target["standing"];
      readonly sentence: string;
      readonly code: string | null;
    }
  | {
      readonly at: string;
      readonly event: "forecast";
      readonly rollout: string;
      readonly endsAt: string | null;
      readonly marginSeconds: number | null;
      readonly measured: number;
      readonly reason: string | null;
    }
  | {
      readonly at: string;
      readonly event: "end";
      readonly rollout: string;
      readonly state: Rollout["state"];
      readonly sentence: string;
      /** The exit code of the command. */
      readonly exit: number;
      readonly shown: Rollout & { readonly targets: readonly Target[] };
    };

/** A rollout and, up to a number that can be shown, its hosts. */
export interface Look {
  readonly rollout: Rollout;
  readonly targets: readonly Target[];
  /** Of a rollout with more hosts the first of those that a person would ask about, where asked for. */
  readonly troubled?: readonly Target[];
}

/** Hosts that did not go as planned, wherever they are now. */
export function troubledCount(outcomes: Rollout["outcomes"]): number {
  const { failed, rolledBack, unknown, appliedUnverified, notStarted } = outcomes;
  return failed + rolledBack + unknown + appliedUnverified + notStarted;
}

export function changesBetween(before: Look | null, after: Look, at: string): WatchEvent[] {
  return [
    ...hostChanges(before, after, at),
    ...waveChanges(before, after, at),
    ...rolloutChange(before, after, at),
  ];
}

function hostChanges(before: Look | null, after: Look, at: string): WatchEvent[] {
  const known = new Map((before?.targets ?? []).map((target) => [target.host, target]));
  return after.targets
    .filter((target) => {
      const old = known.get(target.host);
      // At first only what is no longer waiting is news.
      if (old === undefined) return target.standing !== "waiting";
      if (old.standing !== target.standing) return true;
      return target.standing !== "waiting" && timeless(old.sentence) !== timeless(target.sentence);
    })
    .map((target) => ({
      at,
      event: "host",
      rollout: after.rollout.ref,
      wave: target.wave,
      host: target.name,
      standing: target.standing,
      sentence: timeless(target.sentence),
      code: target.code,
    }));
}

function waveChanges(before: Look | null, after: Look, at: string): WatchEvent[] {
  const known = new Map((before?.rollout.waves ?? []).map((wave) => [wave.number, wave]));
  const isCounted = after.targets.length === 0;
  const gist = (wave: Rollout["waves"][number]): string =>
    JSON.stringify([
      wave.state,
      wave.gate.answer,
      wave.holds.map((hold) => hold.why),
      isCounted ? roughly(wave.outcomes) : null,
    ]);
  return after.rollout.waves
    .filter((wave) => {
      const old = known.get(wave.number);
      return old === undefined || gist(old) !== gist(wave);
    })
    .map((wave) => ({
      at,
      event: "wave",
      rollout: after.rollout.ref,
      wave: wave.number,
      ring: wave.ring,
      state: wave.state,
      gate: wave.gate,
      outcomes: wave.outcomes,
      holds: wave.holds.map((hold) => ({ ...hold, text: timeless(hold.text) })),
    }));
}

const STEPS = 20;

/** Where hosts are too many to be told one by one: each twentieth that ended, and each failure. */
function roughly(outcomes: Rollout["outcomes"]): readonly number[] {
  const { verified, appliedUnverified, skipped, hosts } = outcomes;
  const ended = verified + appliedUnverified + skipped;
  const step = hosts === 0 ? 0 : Math.floor((ended * STEPS) / hosts);
  return [step, outcomes.failed, outcomes.rolledBack, outcomes.unknown, outcomes.notStarted];
}

function rolloutChange(before: Look | null, after: Look, at: string): WatchEvent[] {
  const { ref, state, now, outcomes } = after.rollout;
  const old = before?.rollout;
  const isSame = old?.state === state && sameNow(old.now, now);
  return isSame
    ? []
    : [{ at, event: "rollout", rollout: ref, state, now: timeless(now), outcomes }];
}

/** Counts inside the sentence change with each host, which is told by itself. */
function sameNow(before: string, after: string): boolean {
  const words = (text: string): string => timeless(text).replace(/\d+/g, "0");
  return words(before) === words(after);
}

/**
 * News are the first forecast, its loss, and one that left the margin of the one told last (`null`:
 * none was told yet).
 */
export function forecastNews(
  told: Rollout["forecast"] | null,
  rollout: Rollout,
  at: string,
): WatchEvent[] {
  const { forecast, ref } = rollout;
  if (rollout.state !== "running") return [];
  if (told === null && forecast.endsAt === null) return [];
  if (told !== null && told.reason === forecast.reason && isWithin(told, forecast)) return [];
  return [{ at, event: "forecast", rollout: ref, ...forecast }];
}

/** Seconds that a forecast may move without being worth a line. */
const STILL_SECONDS = 5;

function isWithin(told: Rollout["forecast"], now: Rollout["forecast"]): boolean {
  if (told.endsAt === null || now.endsAt === null) return told.endsAt === now.endsAt;
  const movedMs = Math.abs(Date.parse(told.endsAt) - Date.parse(now.endsAt));
  return movedMs <= 1000 * Math.max(told.marginSeconds ?? 0, STILL_SECONDS);
}
