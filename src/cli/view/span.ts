/**
 * Text for a terminal that is drawn again in place: pieces with a tone, cut to the width of the
 * screen before any colour is added, so that no line ever wraps. A tone is decoration only: each
 * state has its own shape and word.
 */
export type Tone = "good" | "bad" | "busy" | "dim" | "strong";

export interface Span {
  readonly text: string;
  readonly tone?: Tone;
}

export type Line = readonly Span[];

const codes: Readonly<Record<Tone, string>> = {
  good: "32",
  bad: "31",
  busy: "33",
  dim: "2",
  strong: "1",
};

export function span(text: string, tone?: Tone): Span {
  return tone === undefined ? { text } : { text, tone };
}

export function paint(line: Line, hasColour: boolean): string {
  if (!hasColour) return plain(line);
  return line
    .map(({ text, tone }) =>
      tone === undefined || text === "" ? text : `\u001b[${codes[tone]}m${text}\u001b[0m`,
    )
    .join("");
}

export function plain(line: Line): string {
  return line.map(({ text }) => text).join("");
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const NO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** Columns that a terminal gives to a text (Unicode TR 11, roughly: wide East Asian and emoji). */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += columnsOfOne(character);
  return columns;
}

function columnsOfOne(character: string): number {
  if (character <= "\u007e") return 1;
  if (NO_WIDTH.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** The line in at most `width` columns, "…" where something is missing. */
export function cut(line: Line, width: number): Line {
  if (columnsOf(plain(line)) <= width) return line;
  const kept: Span[] = [];
  let room = width - 1;
  for (const piece of line) {
    const text = startOf(piece.text, room);
    room -= columnsOf(text);
    if (text !== "") kept.push({ ...piece, text });
    if (text.length < piece.text.length) break;
  }
  return width < 1 ? [] : [...kept, span("…", "dim")];
}

function startOf(text: string, width: number): string {
  let columns = 0;
  let end = 0;
  for (const character of text) {
    columns += columnsOfOne(character);
    if (columns > width) break;
    end += character.length;
  }
  return text.slice(0, end);
}

/** Sentences over several lines of at most `width` columns, later ones indented. */
export function wrapped(text: string, width: number, indent = "  "): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (columnsOf(longer) <= width || line.trim() === "") line = longer;
    else {
      lines.push(line);
      line = `${indent}${word}`;
    }
  }
  return [...lines, line];
}
