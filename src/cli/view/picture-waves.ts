import type { Instant } from "../../base/instant.ts";
import { ringName } from "../../base/ring-name.ts";
import { CELLS, countsText, gateText, type Target, type Wave } from "./rollout.ts";
import { freshTimes, shortClock } from "./sentence.ts";
import { columnsOf, type Line, type Span, span, type Tone } from "./span.ts";
import { safeText } from "./table.ts";
import type { Look } from "./watch-event.ts";
import { whenText } from "./when.ts";

/**
 * The waves of a rollout in the rows that a screen has: each in full while they fit. Where they do not,
 * those under way stay whole, the nearest ones take a row each, and the others are counted: what goes
 * on is never below the edge of the screen.
 */
export const tones: Readonly<Partial<Record<Target["standing"], Tone>>> = {
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

/** Room that is kept for counts beside the shapes. */
const COUNTS_COLUMNS = 44;
/** From here on gate and budgets stand in one row. */
const WIDE_COLUMNS = 110;
/** Words are wrapped here even on a wide screen; longer lines are hard to read. */
export const SENTENCE_COLUMNS_MAX = 110;

export interface PictureOptions {
  readonly columns: number;
  readonly rows: number;
  readonly now: Instant;
  readonly isConnected: boolean;
}

/** In at most `room` rows, where the waves under way leave any. */
export function wavesIn(look: Look, options: PictureOptions, room: number): readonly Line[] {
  const { waves } = look.rollout;
  const names = waves.map((wave) => columnsOf(safeText(ringName(wave.ring))));
  const own = new Map<number, Target[]>();
  for (const target of look.targets) {
    const some = own.get(target.wave);
    if (some === undefined) own.set(target.wave, [target]);
    else some.push(target);
  }
  const wide = { ...options, ringWidth: Math.max(...names, 4) };
  const whole = (wave: Wave) => waveRows(wave, own.get(wave.number) ?? [], wide);
  const all = waves.map(whole);
  if (all.reduce((sum, rows) => sum + rows.length, 0) <= room) return all.flat();
  const [from, to] = underWay(waves);
  const middle = all.slice(from, to).flat();
  const short = (wave: Wave) => oneRow(wave, own.get(wave.number) ?? [], wide);
  const [before, after] = shares(from, waves.length - to, room - middle.length);
  return [
    ...counted(waves.slice(0, from - before), "before"),
    ...waves.slice(from - before, from).map(short),
    ...middle,
    ...waves.slice(to, to + after).map(short),
    ...counted(waves.slice(to + after), "to come"),
  ];
}

/** From the first wave that is open to the last one, or the one that comes next, or the last. */
function underWay(waves: readonly Wave[]): readonly [from: number, to: number] {
  const open = waves.findIndex((wave) => wave.state === "open");
  const next = waves.findIndex((wave) => wave.state === "waiting");
  if (open >= 0) return [open, waves.findLastIndex((wave) => wave.state === "open") + 1];
  return next >= 0 ? [next, next + 1] : [waves.length - 1, waves.length];
}

/** How many of the waves before and after have a row, where each side that is cut needs one to count. */
function shares(before: number, after: number, room: number): readonly [number, number] {
  if (before + after <= room) return [before, after];
  const half = Math.floor(room / 2);
  const ahead = Math.max(0, before <= half ? before : Math.max(half, room - after) - 1);
  const rest = room - (ahead === before ? before : ahead + 1);
  return [ahead, Math.max(0, after <= rest ? after : rest - 1)];
}

/** Waves that have no row, in one. */
function counted(waves: readonly Wave[], where: string): readonly Line[] {
  if (waves.length === 0) return [];
  const sum = (pick: (outcomes: Wave["outcomes"]) => number) =>
    waves.reduce((total, wave) => total + pick(wave.outcomes), 0);
  const keys = Object.keys(waves[0]?.outcomes ?? {}) as (keyof Wave["outcomes"])[];
  const outcomes = Object.fromEntries(keys.map((key) => [key, sum((one) => one[key])]));
  const counts = countsText({ outcomes: outcomes as Wave["outcomes"] });
  const name = waves.length === 1 ? "1 wave" : `${waves.length} waves`;
  return [[span(` ${name} ${where}: ${counts}`, "dim")]];
}

interface WaveOptions extends PictureOptions {
  readonly ringWidth: number;
}

/** Two to four rows, by the width of the screen and the number of hosts alone: no row ever jumps. */
function waveRows(wave: Wave, own: readonly Target[], options: WaveOptions): readonly Line[] {
  const { ringWidth, now } = options;
  const pad = span(" ".repeat(ringWidth + 4));
  const head = headOf(wave, ringWidth);
  const room = roomIn(options);
  const shapes = cells(wave, own, room);
  const counts = span(countsText(wave));
  const shown = own.length === 0 ? barColumns(room) : own.length;
  const isShort = shown + COUNTS_COLUMNS <= room;
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

/** The same in one row, where a wave has no more: its counts stay, whatever its hosts need. */
function oneRow(wave: Wave, own: readonly Target[], options: WaveOptions): Line {
  const shapes = cells(wave, own, roomIn(options));
  return [headOf(wave, options.ringWidth), ...shapes, span("  "), span(countsText(wave))];
}

function headOf(wave: Wave, ringWidth: number): Span {
  const ring = safeText(ringName(wave.ring));
  const name = ` ${ring}${" ".repeat(ringWidth - columnsOf(ring))}   `;
  return span(name, wave.state === "open" ? "strong" : "dim");
}

/** Columns beside the names of rings. */
function roomIn({ columns, ringWidth }: WaveOptions): number {
  return Math.min(columns - ringWidth - 6, SENTENCE_COLUMNS_MAX);
}

/** One shape a host as long as they fit; else each shape with its number, or a bar of many hosts. */
function cells(wave: Wave, own: readonly Target[], room: number): readonly Span[] {
  const hidden = wave.outcomes.hosts - own.length;
  if (own.length === 0) return bar(wave, room);
  const outside = hidden > 0 ? [span(` + ${hidden} outside your scope`, "dim")] : [];
  if (own.length > room) return [...grouped(own), ...outside];
  const shapes = own.map((target) => span(CELLS[target.standing], tones[target.standing]));
  return [...shapes, ...outside];
}

/**
 * The hosts of a wave as a bar in which each shape stands for as many of them; where there is one host of
 * a standing, it has a shape.
 */
function bar({ outcomes }: Wave, room: number): readonly Span[] {
  const standings = standingsOf(outcomes);
  const width = Math.min(barColumns(room), outcomes.hosts);
  const sizes = standings.map(([, hosts]) =>
    Math.max(1, Math.round((hosts * width) / outcomes.hosts)),
  );
  // What rounding took too much or too little is the largest one's.
  const rest = width - sizes.reduce((sum, size) => sum + size, 0);
  const largest = sizes.indexOf(Math.max(...sizes));
  return standings.map(([standing], at) => {
    const size = (sizes[at] ?? 0) + (at === largest ? rest : 0);
    return span(CELLS[standing].repeat(Math.max(1, size)), tones[standing]);
  });
}

const BAR_COLUMNS = 40;
const BAR_COLUMNS_MIN = 12;

/** As wide whether the counts stand beside it or below. */
function barColumns(room: number): number {
  return Math.max(BAR_COLUMNS_MIN, Math.min(BAR_COLUMNS, room - COUNTS_COLUMNS));
}

/** How many hosts stand where, in the order of their shapes; `held` is whatever did not start. */
export function standingsOf(
  o: Wave["outcomes"],
): readonly (readonly [standing: Target["standing"], hosts: number])[] {
  const all = [
    ["verified", o.verified],
    ["applied-unverified", o.appliedUnverified],
    ["failed", o.failed],
    ["rolled-back", o.rolledBack],
    ["unknown", o.unknown],
    ["held", o.notStarted],
    ["skipped", o.skipped],
    ["checking", o.checking],
    ["running", o.running],
    ["waiting", o.waiting],
  ] as const;
  return all.filter(([, hosts]) => hosts > 0);
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
