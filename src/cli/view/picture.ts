import type { Instant } from "../../base/instant.ts";
import { ringName } from "../../base/ring-name.ts";
import {
  atStartText,
  CELLS,
  countsText,
  forecastText,
  gateText,
  type Target,
  type Wave,
} from "./rollout.ts";
import { freshTimes, shortClock } from "./sentence.ts";
import { columnsOf, type Line, type Span, span, type Tone, wrapped } from "./span.ts";
import { safeText } from "./table.ts";
import type { Look } from "./watch-event.ts";
import { whenText } from "./when.ts";

/**
 * The rollout in one picture, for a terminal that is drawn in place. Each wave has two rows that keep
 * their place whatever happens; what comes and goes (hosts at work, reasons) stands below them.
 */
const tones: Readonly<Partial<Record<Target["standing"], Tone>>> = {
  verified: "good",
  "applied-unverified": "busy",
  failed: "bad",
  "rolled-back": "bad",
  unreachable: "bad",
  unknown: "bad",
  running: "busy",
  checking: "busy",
  skipped: "dim",
  waiting: "dim",
};

const NOTES_MAX = 8;
/** Room that is kept for counts beside the shapes. */
const COUNTS_COLUMNS = 44;
/** From here on gate and budgets stand in one row. */
const WIDE_COLUMNS = 110;
/** Words are wrapped here even on a wide screen; longer lines are hard to read. */
const SENTENCE_COLUMNS_MAX = 110;

export interface PictureOptions {
  readonly columns: number;
  readonly now: Instant;
  readonly isConnected: boolean;
}

export function pictureOf(look: Look, options: PictureOptions): readonly Line[] {
  const { rollout, targets } = look;
  const ringWidth = Math.max(
    ...rollout.waves.map((wave) => columnsOf(safeText(ringName(wave.ring)))),
    4,
  );
  const waves = rollout.waves.flatMap((wave) =>
    waveRows(
      wave,
      targets.filter((target) => target.wave === wave.number),
      { ...options, ringWidth },
    ),
  );
  return [
    headRow(look),
    timeRow(look, options),
    [],
    ...waves,
    [],
    ...notes(targets, options.now),
    ...sentences(look, options),
    [span(legend(targets), "dim")],
    [span(footer(look, options), "dim")],
  ];
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

interface WaveOptions extends PictureOptions {
  readonly ringWidth: number;
}

/** Two to four rows, by the width of the screen and the number of hosts alone: no row ever jumps. */
function waveRows(wave: Wave, own: readonly Target[], options: WaveOptions): readonly Line[] {
  const { ringWidth, now } = options;
  const pad = span(" ".repeat(ringWidth + 4));
  const ring = safeText(ringName(wave.ring));
  const name = ` ${ring}${" ".repeat(ringWidth - columnsOf(ring))}   `;
  const head = span(name, wave.state === "open" ? "strong" : "dim");
  const room = Math.min(options.columns - ringWidth - 6, SENTENCE_COLUMNS_MAX);
  const shapes = cells(wave, own, room);
  const counts = span(countsText(wave));
  const isShort = own.length + COUNTS_COLUMNS <= room;
  const rows = isShort
    ? [[head, ...shapes, span("  "), counts]]
    : [
        [head, ...shapes],
        [pad, counts],
      ];
  const isWide = options.columns >= WIDE_COLUMNS;
  if (wave.state === "waiting") {
    const why: Line = [pad, span(waitingText(wave, now), "dim")];
    // The row that its budgets will need stays free.
    return isWide ? [...rows, why] : [...rows, why, []];
  }
  const gate = gateSpans(wave, now);
  const budgets = budgetSpans(wave);
  return isWide
    ? [...rows, [pad, ...gate, span("  "), ...budgets]]
    : [...rows, [pad, ...gate], [pad, ...budgets]];
}

/** One shape a host as long as they fit; else each shape with its number. */
function cells(wave: Wave, own: readonly Target[], room: number): readonly Span[] {
  const hidden = wave.outcomes.hosts - own.length;
  if (own.length === 0) return [span(`${wave.outcomes.hosts} hosts`)];
  const outside = hidden > 0 ? [span(` + ${hidden} outside your scope`, "dim")] : [];
  if (own.length > room) return [...grouped(own), ...outside];
  const shapes = own.map((target) => span(CELLS[target.standing], tones[target.standing]));
  return [...shapes, ...outside];
}

function grouped(own: readonly Target[]): readonly Span[] {
  const standings = [...new Set(own.map((target) => target.standing))];
  return standings.map((standing) => {
    const count = own.filter((target) => target.standing === standing).length;
    return span(`${CELLS[standing]}×${count} ${standing}  `, tones[standing]);
  });
}

function gateSpans(wave: Wave, now: Instant): readonly Span[] {
  const tone = { pass: "good", fail: "bad", "not-yet": "dim", inconclusive: "busy" } as const;
  const soak = wave.gate.soakUntil;
  const isSoaking = soak !== null && wave.gate.answer === "not-yet" && Date.parse(soak) > now;
  return [
    span(gateText(wave), tone[wave.gate.answer]),
    span(isSoaking ? ` until ${shortClock(soak, now)} (${whenText(soak, now)})` : ""),
  ];
}

function budgetSpans({ inFlight, failures }: Wave): readonly Span[] {
  const isOver = failures.count > failures.allowed;
  return [
    span(`at once ${inFlight.busy}/${inFlight.allowed}  `),
    span(`failed ${failures.count}/${failures.allowed} allowed`, isOver ? "bad" : undefined),
  ];
}

function waitingText(wave: Wave, now: Instant): string {
  const [hold] = wave.holds;
  const from = `${shortClock(wave.notBefore, now)} to ${shortClock(wave.notAfter, now)}`;
  const told = hold === undefined ? `opens in its time, ${from}` : freshTimes(hold.text, now);
  const starts = wave.forecast?.startsAt.median;
  return starts === undefined ? told : `${told}; forecast to start ${shortClock(starts, now)}`;
}

/** Hosts that a person would ask about, in the order of the plan. */
function notes(targets: readonly Target[], now: Instant): readonly Line[] {
  const shown = targets.filter(
    ({ standing }) => !["verified", "waiting", "skipped"].includes(standing),
  );
  const rest = shown.length - NOTES_MAX;
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
function legend(targets: readonly Target[]): string {
  const used = new Set(targets.map((target) => target.standing));
  const standings = (Object.keys(CELLS) as Target["standing"][]).filter((one) => used.has(one));
  return standings.map((standing) => `${CELLS[standing]} ${standing}`).join("  ");
}

function footer({ rollout }: Look, { isConnected }: PictureOptions): string {
  if (rollout.state !== "running") return "";
  return isConnected
    ? "Live. Ctrl-C leaves; the rollout goes on."
    : "The live connection is broken; looking by itself now and then. The rollout goes on.";
}
