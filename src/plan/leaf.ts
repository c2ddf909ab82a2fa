import { type Parsed, parseDocument } from "../base/document.ts";
import { instantToSeconds } from "../base/instant.ts";
import type { Span } from "../base/spans.ts";

/**
 * A leaf says what one host (or, as `*`, each host of a rule) may do: which wave, which body, inside
 * which windows. Its second line is always `index …`, so no leaf can be read as a tree node (§2).
 */
export interface Leaf {
  readonly index: number;
  readonly wave: number;
  /** A host's protocol id, or `*` in a rule plan. */
  readonly host: string;
  readonly body: string;
  /** Unix seconds; none means that only the wave's times count. */
  readonly windows: readonly { readonly from: number; readonly to: number }[];
}

/** How a leaf for every host of a rule names its host (host protocol §3). */
export const ANY_HOST = "*";

export const WINDOWS_MAX = 8;

export function writeLeaf(leaf: Leaf): string {
  const { index, wave, host, body } = leaf;
  // A million of these are written for one plan: no list of lines for each.
  const windows = leaf.windows.map(({ from, to }) => `window ${from} ${to}\n`).join("");
  return `fettle leaf 1\nindex ${index}\nwave ${wave}\nhost ${host}\nbody ${body}\n${windows}end\n`;
}

const noWindows: Leaf["windows"] = [];

/** The leaf's exact text, from what the planner and the store have of it. */
export function leafText(of: {
  readonly index: number;
  readonly wave: number;
  readonly protocolId: string;
  readonly body: string;
  readonly windows: readonly Span[];
}): string {
  const { index, wave, body } = of;
  const windows = of.windows.length === 0 ? noWindows : of.windows.map(inSeconds);
  return writeLeaf({ index, wave, host: of.protocolId, body, windows });
}

function inSeconds({ from, to }: Span): Leaf["windows"][number] {
  return { from: instantToSeconds(from), to: instantToSeconds(to) };
}

export function parseLeaf(text: string): Parsed<Leaf> {
  return parseDocument(text, { type: "leaf" }, (reader) => {
    const index = reader.number("index");
    const wave = reader.number("wave");
    if (wave < 1) reader.stop("waves count from 1");
    const host = reader.rest("host");
    if (host !== ANY_HOST) reader.must("id", host, "host");
    const body = reader.word("body", "digest");
    const windows: { from: number; to: number }[] = [];
    while (reader.isNext("window")) {
      const [from, to] = reader.fields("window", "number", "number");
      if (windows.length === WINDOWS_MAX) reader.stop(`more than ${WINDOWS_MAX} windows`);
      if (Number(from) > Number(to)) reader.stop("the window ends before it begins");
      windows.push({ from: Number(from), to: Number(to) });
    }
    return { index, wave, host, body, windows };
  });
}
