import { stripVTControlCharacters } from "node:util";
import { clockText } from "./when.ts";

/**
 * Plain tables for terminals: columns as wide as their content, cells never wrapped. Values from
 * hosts and feeds are shown as text: control characters cannot reach the terminal.
 */
export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => string | number | null | undefined;
  readonly align?: "left" | "right";
  /** Longer cells end in "…"; the default keeps a row readable. */
  readonly widthMax?: number;
}

const WIDTH_MAX = 60;
const GAP = "  ";

/** A table, or the sentence where it would be a head without rows. */
export function renderList<Row>(
  rows: readonly Row[],
  of: { readonly none: string; readonly columns: readonly Column<Row>[] },
): string {
  return rows.length === 0 ? of.none : renderTable(rows, of.columns);
}

export function renderTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const cells = rows.map((row) =>
    columns.map((column) => shorten(safeText(column.cell(row)), column.widthMax ?? WIDTH_MAX)),
  );
  const widths = columns.map((column, i) =>
    Math.max(column.head.length, ...cells.map((line) => (line[i] ?? "").length)),
  );
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, i) => {
        const width = widths[i] ?? 0;
        return columns[i]?.align === "right" ? text.padStart(width) : text.padEnd(width);
      })
      .join(GAP)
      .trimEnd();
  return [line(columns.map((column) => column.head.toUpperCase())), ...cells.map(line)].join("\n");
}

/** Pairs of name and value, one a line, for a single thing. */
export function renderFacts(
  facts: readonly (readonly [name: string, value: string | number | null | undefined])[],
): string {
  const shown = facts.filter(([, value]) => value !== null && value !== undefined);
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${factText(value)}`).join("\n");
}

/** Instants as people read them, to the second. */
function factText(value: string | number | null | undefined): string {
  const isInstant = typeof value === "string" && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value);
  return isInstant ? clockText(value) : safeText(value);
}

/** Text without control characters and terminal escapes, newlines shown as spaces. */
export function safeText(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  return stripVTControlCharacters(String(value))
    .replace(/[\r\n\t]+/g, " ")
    .replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "�");
}

/** Like `safeText`, for text that is meant to have several lines. */
export function safeLines(text: string): string {
  return text.split(/\r?\n/).map(safeText).join("\n");
}

function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
