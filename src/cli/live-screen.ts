import type { Terminal } from "./cli.ts";
import { columnsOf, cut, type Line, paint, plain } from "./view/span.ts";

/**
 * Draws lines in place. Only lines that changed are written again, so nothing flickers and each row
 * keeps its place. What does not fit on the screen is cut at the end and counted: a cursor cannot go
 * back above the first row. The cursor is hidden while drawing; `close` shows it again.
 */
export class LiveScreen {
  readonly #terminal: Terminal;
  #drawn: readonly Line[] = [];
  #columns = 0;
  #stopResize: (() => void) | null = null;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  draw(lines: readonly Line[]): void {
    const { columns, rows } = this.#terminal;
    if (this.#stopResize === null) {
      this.#terminal.setCursor("hidden");
      this.#stopResize = this.#terminal.onResize(() => this.#redraw());
    }
    // The last column stays free: some terminals wrap when it is written to.
    const fitted = fitRows(lines, rows).map((line) => cut(line, columns - 1));
    const isSame = columns === this.#columns;
    this.#terminal.out(isSame ? this.#changes(fitted) : this.#whole(fitted, columns));
    this.#drawn = fitted;
    this.#columns = columns;
  }

  /** Leaves the last picture where it is. */
  close(): void {
    if (this.#stopResize === null) return;
    this.#stopResize();
    this.#stopResize = null;
    this.#terminal.setCursor("shown");
    this.#drawn = [];
    this.#columns = 0;
  }

  #redraw(): void {
    this.draw(this.#drawn);
  }

  /** From the top: the old lines may have been wrapped anew by a terminal that became narrower. */
  #whole(lines: readonly Line[], columns: number): string {
    const rowsNow = this.#drawn
      .map((line) => Math.max(1, Math.ceil(columnsOf(plain(line)) / columns)))
      .reduce((sum, rows) => sum + rows, 0);
    return `${up(rowsNow)}\r\u001b[J${lines.map((line) => this.#text(line)).join("")}`;
  }

  #changes(lines: readonly Line[]): string {
    const before = this.#drawn;
    const first = lines.findIndex((line, i) => !isSameLine(line, before[i]));
    if (first < 0 && lines.length >= before.length) return "";
    const from = first < 0 ? lines.length : first;
    const rewritten = lines.slice(from).map((line, i) => {
      return isSameLine(line, before[from + i]) ? "\n" : this.#text(line);
    });
    const rest = lines.length < before.length ? "\u001b[J" : "";
    return `${up(before.length - from)}\r${rewritten.join("")}${rest}`;
  }

  #text(line: Line): string {
    return `${paint(line, this.#terminal.hasColour)}\u001b[K\n`;
  }
}

function up(rows: number): string {
  return rows <= 0 ? "" : `\u001b[${rows}A`;
}

function isSameLine(line: Line, other: Line | undefined): boolean {
  if (other === undefined || line.length !== other.length) return false;
  return line.every((piece, i) => piece.text === other[i]?.text && piece.tone === other[i]?.tone);
}

/** One row is left for the cursor below the picture. */
export function fitRows(lines: readonly Line[], rows: number): readonly Line[] {
  const room = Math.max(2, rows - 1);
  if (lines.length <= room) return lines;
  const missing = lines.length - room + 1;
  return [...lines.slice(0, room - 1), [{ text: `… ${missing} more lines`, tone: "dim" }]];
}
