import type { Instant } from "../../base/instant.ts";
import {
  type PictureOptions,
  SENTENCE_COLUMNS_MAX,
  standingsOf,
  tones,
  wavesIn,
} from "./picture-waves.ts";
import { atStartText, CELLS, forecastText, type Target } from "./rollout.ts";
import { freshTimes, shortClock } from "./sentence.ts";
import { type Line, span, type Tone, wrapped } from "./span.ts";
import { safeText } from "./table.ts";
import { type Look, troubledCount } from "./watch-event.ts";
import { whenText } from "./when.ts";

/**
 * The rollout in one picture, for a terminal that is drawn in place. Each wave has two rows that keep
 * their place whatever happens; what comes and goes (hosts at work, reasons) stands below them.
 */

const NOTES_MAX = 8;

export function pictureOf(look: Look, options: PictureOptions): readonly Line[] {
  const head = [headRow(look), timeRow(look, options), []];
  const below = [
    [],
    ...notes(look, options.now),
    ...sentences(look, options),
    [span(legend(look), "dim")],
    [span(footer(look, options), "dim")],
  ];
  const room = options.rows - 1 - head.length - below.length;
  return [...head, ...wavesIn(look, options, room), ...below];
}

function headRow({ rollout }: Look): Line {
  const tone = { running: "busy", halted: "bad", finished: "good", stopped: "bad" } as const;
  return [
    span(safeText(rollout.title), "strong"),
    span(`  ${rollout.ref}  `),
    span(rollout.state, tone[rollout.state]),
    span(`  ${rollout.patch} · ${rollout.change} · plan ${rollout.plan.slice(0, 12)}…`, "dim"),
  ];
}

function timeRow({ rollout }: Look, { now }: PictureOptions): Line {
  const { startedAt, endedAt } = rollout;
  const started = `started ${shortClock(startedAt, now)} (${whenText(startedAt, now)})`;
  if (endedAt !== null) {
    const told = `done ${shortClock(endedAt, now)}${atStartText(rollout, now)}`;
    return [span(told), span(`, ${started}`)];
  }
  return [span(freshTimes(forecastText(rollout, now), now)), span(`  ·  ${started}`, "dim")];
}

/** Hosts that a person would ask about, in the order of the plan. */
function notes({ rollout, targets, troubled = [] }: Look, now: Instant): readonly Line[] {
  const shown =
    targets.length === 0
      ? troubled
      : targets.filter(({ standing }) => !["verified", "waiting", "skipped"].includes(standing));
  const all = targets.length === 0 ? troubledCount(rollout.outcomes) : shown.length;
  const rest = all - Math.min(shown.length, NOTES_MAX);
  return [
    ...shown
      .slice(0, NOTES_MAX)
      .map((target) => [
        span(` ${CELLS[target.standing]} `, tones[target.standing]),
        span(safeText(target.name), "strong"),
        span(` ${target.standing}: ${freshTimes(target.sentence, now)}`),
      ]),
    ...(rest > 0 ? [[span(`   and ${rest} more hosts`, "dim")]] : []),
  ];
}

function sentences(look: Look, options: PictureOptions): readonly Line[] {
  const { rollout } = look;
  const width = Math.min(options.columns - 2, SENTENCE_COLUMNS_MAX);
  const say = (head: string, text: string, tone?: Tone): readonly Line[] =>
    wrapped(`${head}: ${freshTimes(text, options.now)}`, width).map((line) => [span(line, tone)]);
  return [
    ...(rollout.haltReason === null ? [] : say("halted", rollout.haltReason, "bad")),
    ...say("now", rollout.now),
    ...rollout.words.slice(-2).flatMap((word) => say(word.verb, word.words)),
  ];
}

/** What the shapes mean, for those that are on the screen. */
function legend({ rollout, targets }: Look): string {
  const used = new Set([
    ...targets.map((target) => target.standing),
    ...(targets.length === 0 ? standingsOf(rollout.outcomes).map(([standing]) => standing) : []),
  ]);
  const standings = (Object.keys(CELLS) as Target["standing"][]).filter((one) => used.has(one));
  return standings.map((standing) => `${CELLS[standing]} ${standing}`).join("  ");
}

function footer({ rollout }: Look, { isConnected }: PictureOptions): string {
  if (rollout.state !== "running") return "";
  return isConnected
    ? "Live. Ctrl-C leaves; the rollout goes on."
    : "The live connection is broken; looking by itself now and then. The rollout goes on.";
}
