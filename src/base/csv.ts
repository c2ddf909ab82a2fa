/**
 * Lists as comma-separated values (RFC 4180): a header line, lines that end with CRLF, every text in
 * quotes with quotes doubled. Spreadsheets take cells that begin with certain characters as formulas,
 * and names in lists come from hosts and feeds: such cells get an apostrophe in front, which
 * spreadsheets hide (OWASP, "CSV Injection").
 */
export type CsvCell = string | number | boolean | null | readonly string[];

export interface CsvColumn<Item> {
  /** In the header; unique, and kept once people's sheets rely on it. */
  readonly head: string;
  readonly cell: (item: Item) => CsvCell;
}

export interface CsvForm<Item> {
  /** What the file is called, before its day: `findings` gives `fettle-findings-2026-11-23.csv`. */
  readonly name: string;
  readonly columns: readonly CsvColumn<Item>[];
}

/** Also their full-width forms, which spreadsheets of some languages take as the same. */
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

export function csvHead(form: CsvForm<never>): string {
  return lineOf(form.columns.map((column) => column.head));
}

export function csvLine<Item>(form: CsvForm<Item>, item: Item): string {
  return lineOf(form.columns.map((column) => column.cell(item)));
}

function lineOf(cells: readonly CsvCell[]): string {
  return `${cells.map(cellText).join(",")}\r\n`;
}

/** Numbers and truth values are our own; lists of texts are one text. */
function cellText(cell: CsvCell): string {
  if (cell === null) return "";
  if (typeof cell === "number" || typeof cell === "boolean") return String(cell);
  const text = typeof cell === "string" ? cell : cell.join("; ");
  const shown = FORMULA.test(text) ? `'${text}` : text;
  return `"${shown.replaceAll('"', '""')}"`;
}

/**
 * Whether an Accept header asks for CSV rather than JSON (RFC 9110, 12.5.1): it names `text/csv`, and
 * `application/json` not at all or with less weight. Ranges such as any type mean what is usual.
 */
export function prefersCsv(accept: string | undefined): boolean {
  const weights = new Map<string, number>();
  for (const part of (accept ?? "").split(",").slice(0, RANGES_MAX)) {
    const [type = "", ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
    const q = parameters.find((text) => text.startsWith("q="));
    const weight = q === undefined ? 1 : Number(q.slice(2));
    weights.set(type, Number.isFinite(weight) ? weight : 0);
  }
  const csv = weights.get("text/csv") ?? 0;
  return csv > 0 && csv >= (weights.get("application/json") ?? 0);
}

const RANGES_MAX = 50;
