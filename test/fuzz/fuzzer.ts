import { createHash } from "node:crypto";
import { Session } from "node:inspector/promises";
import { type Chance, chanceOf, mutate } from "./mutate.ts";
import type { FuzzTarget } from "./target.ts";

/**
 * Feeds a parser with changed inputs and keeps those that reach code that no earlier one reached
 * (precise coverage of V8). A finding is an error that the parser does not promise, a
 * broken promise about what it accepted, or a change to a prototype. Time and memory are judged by
 * whoever runs it, from outside.
 */
export interface Finding {
  readonly input: Buffer;
  readonly why: string;
}

export interface FuzzRun {
  readonly runs: number;
  /** Characters of our program that ran. */
  readonly reached: number;
  /** Inputs that reached something new, in the order they were found; the seeds are not among them. */
  readonly kept: readonly Buffer[];
  readonly finding: Finding | null;
}

export interface FuzzOptions {
  readonly seeds: readonly Buffer[];
  readonly seed: number;
  readonly isOver: (runs: number) => boolean;
  /** Called before each input, so that somebody outside can tell which one never came back. */
  readonly onInput?: (input: Buffer) => void;
  /** Called after each: what the fuzzer itself takes until the next one is not the parser's. */
  readonly onAnswer?: () => void;
}

/** Coverage costs more than most inputs; a batch that reached nothing new costs it once. */
const BATCH = 64;

export async function fuzz(target: FuzzTarget, options: FuzzOptions): Promise<FuzzRun> {
  const coverage = await openCoverage();
  try {
    return await go(target, options, coverage);
  } finally {
    coverage.close();
  }
}

async function go(target: FuzzTarget, options: FuzzOptions, coverage: Coverage): Promise<FuzzRun> {
  const chance = chanceOf(options.seed);
  const pool = options.seeds.length === 0 ? [Buffer.alloc(0)] : [...options.seeds];
  const kept: Buffer[] = [];
  let runs = 0;
  const told = (finding: Finding | null): FuzzRun => ({
    ...{ runs, kept, finding },
    reached: coverage.count(),
  });
  const one = async (input: Buffer): Promise<Finding | null> => {
    runs += 1;
    options.onInput?.(input);
    const finding = await tryInput(target, input);
    options.onAnswer?.();
    return finding;
  };
  for (const seed of pool) {
    const finding = await one(seed);
    if (finding !== null) return told(finding);
  }
  await coverage.isNew();
  while (!options.isOver(runs)) {
    const batch = Array.from({ length: BATCH }, () => next(pool, target, chance));
    for (const input of batch) {
      const finding = await one(input);
      if (finding !== null) return told(finding);
    }
    if (!(await coverage.isNew(false))) continue;
    for (const input of batch) {
      await one(input);
      if (!(await coverage.isNew())) continue;
      kept.push(input);
      pool.push(input);
    }
  }
  return told(null);
}

function next(pool: readonly Buffer[], target: FuzzTarget, chance: Chance): Buffer {
  const pick = (): Buffer => pool[chance.below(pool.length)] ?? Buffer.alloc(0);
  return mutate(pick(), { chance, words: target.words, other: pick() });
}

const prototypes = [Object, Array, Function, String, Number, Map, Set, Promise, RegExp, Error];

function prototypesNow(): string {
  return prototypes.map(({ prototype }) => Reflect.ownKeys(prototype as object).length).join(",");
}

/** Null when all promises held. */
export async function tryInput(target: FuzzTarget, input: Buffer): Promise<Finding | null> {
  const before = prototypesNow();
  try {
    await target.run(input);
  } catch (cause) {
    if (!target.isRefusal(cause)) {
      const { name, message, stack } = cause as Error;
      return { input, why: `${name}: ${message}\n${stack ?? ""}` };
    }
  }
  return prototypesNow() === before ? null : { input, why: "a prototype was changed" };
}

interface Coverage {
  /** Whether code was reached since the last question that never was before; `keep` notes it. */
  isNew(keep?: boolean): Promise<boolean>;
  count(): number;
  close(): void;
}

interface Reached {
  readonly place: string;
  /** Of each character of a function, whether it ran. */
  readonly ran: Uint8Array;
}

async function openCoverage(): Promise<Coverage> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: false, detailed: true });
  const known = new Map<string, Uint8Array>();
  const reached = async (): Promise<readonly Reached[]> => {
    const { result } = await session.post("Profiler.takePreciseCoverage");
    const ours = result.filter(({ url }) => url.includes("/src/"));
    return ours.flatMap(({ scriptId, functions }) =>
      functions.flatMap(({ ranges }) => reachedOf(scriptId, ranges) ?? []),
    );
  };
  return {
    async isNew(keep = true) {
      let isNew = false;
      for (const { place, ran } of await reached()) {
        const before = known.get(place) ?? new Uint8Array(ran.length);
        isNew ||= ran.some((here, at) => here > (before[at] ?? 0));
        if (keep)
          known.set(
            place,
            before.map((here, at) => here | (ran[at] ?? 0)),
          );
      }
      return isNew;
    },
    count: () => [...known.values()].reduce((sum, ran) => sum + ran.filter((one) => one).length, 0),
    close: () => session.disconnect(),
  };
}

/** Ranges are told from the outside in: what did not run is a range of its own within what did. */
function reachedOf(
  script: string,
  ranges: readonly {
    readonly startOffset: number;
    readonly endOffset: number;
    readonly count: number;
  }[],
): Reached | null {
  const [whole] = ranges;
  if (whole === undefined || whole.count === 0) return null;
  const { startOffset, endOffset } = whole;
  const ran = new Uint8Array(endOffset - startOffset);
  for (const range of ranges) {
    const [from, to] = [range.startOffset - startOffset, range.endOffset - startOffset];
    ran.fill(range.count > 0 ? 1 : 0, from, to);
  }
  return { place: `${script}:${startOffset}:${endOffset}`, ran };
}

/** Names files of the corpus by what is in them, so that the same input is kept once. */
export function corpusName(input: Buffer): string {
  return createHash("sha256").update(input).digest("hex").slice(0, 16);
}
