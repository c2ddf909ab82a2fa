import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Terminal } from "./cli.ts";
import { fitRows, LiveScreen } from "./live-screen.ts";
import type { Line } from "./view/span.ts";

/**
 * A screen that understands what we write: text, newline, carriage return, cursor up (CUU), erase to
 * the end of the line (EL) and of the screen (ED), and colours (ECMA-48).
 */
class Screen {
  readonly lines: string[] = [];
  row = 0;
  column = 0;

  write(text: string): void {
    const pattern = /\u001b\[(\d*)([AJKm])|(\n)|(\r)|([^\u001b\n\r]+)/gy;
    let at = 0;
    for (const match of text.matchAll(pattern)) {
      at = match.index + match[0].length;
      this.#one(match);
    }
    expect(at, "everything written is understood").toBe(text.length);
  }

  #one([, count, code, newline, back, plain]: RegExpMatchArray): void {
    const line = this.lines[this.row] ?? "";
    if (code === "A") this.row = Math.max(0, this.row - Number(count || 1));
    if (code === "K") this.lines[this.row] = line.slice(0, this.column);
    if (code === "J") {
      this.lines[this.row] = line.slice(0, this.column);
      this.lines.length = this.row + 1;
    }
    if (newline !== undefined) {
      this.row += 1;
      this.column = 0;
    }
    if (back !== undefined) this.column = 0;
    if (plain === undefined) return;
    this.lines[this.row] =
      line.slice(0, this.column) + plain + line.slice(this.column + plain.length);
    this.column += plain.length;
  }

  shown(): string[] {
    return this.lines.slice(0, this.row);
  }
}

function aTerminal(size = { columns: 80, rows: 24 }) {
  const screen = new Screen();
  const listeners = new Set<() => void>();
  const cursor: string[] = [];
  let written = 0;
  const terminal = {
    isInteractive: true,
    hasColour: false,
    get columns() {
      return size.columns;
    },
    get rows() {
      return size.rows;
    },
    out(text: string) {
      written += text.length;
      screen.write(text);
    },
    onResize(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    setCursor: (to: string) => cursor.push(to),
  } as unknown as Terminal;
  const resize = (columns: number): void => {
    size.columns = columns;
    for (const listener of listeners) listener();
  };
  return { terminal, screen, cursor, resize, listeners, written: () => written };
}

const line = (text: string): Line => [{ text }];

describe("the live screen", () => {
  test("shows exactly the last picture, after any pictures before it", () => {
    const pictures = fc.array(
      fc.array(fc.constantFrom("", "a", "bb", "a longer line", "x".repeat(78)), { maxLength: 12 }),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(pictures, (drawn) => {
        const { terminal, screen } = aTerminal();
        const live = new LiveScreen(terminal);
        for (const texts of drawn) live.draw(texts.map(line));
        expect(screen.shown().map((text) => text ?? "")).toEqual(drawn.at(-1));
      }),
    );
  });

  test("writes nothing where nothing changed, and only the row that did", () => {
    const { terminal, written } = aTerminal();
    const live = new LiveScreen(terminal);
    const rows = Array.from({ length: 10 }, (_, i) => line(`row ${i} ${"y".repeat(60)}`));
    live.draw(rows);
    const first = written();
    live.draw(rows);
    expect(written()).toBe(first);
    live.draw(rows.map((row, i) => (i === 5 ? line("changed") : row)));
    expect(written() - first).toBeLessThan(40);
  });

  test("cuts lines to the width, and the picture to the height", () => {
    const { terminal, screen } = aTerminal({ columns: 20, rows: 5 });
    new LiveScreen(terminal).draw(
      Array.from({ length: 9 }, (_, i) => line(`${i}${"z".repeat(30)}`)),
    );
    expect(screen.shown()).toHaveLength(4);
    expect(screen.shown().every((text) => text.length <= 19)).toBe(true);
    expect(screen.shown().at(-1)).toBe("… 6 more lines");
    expect(fitRows([line("one")], 2)).toEqual([line("one")]);
  });

  test("hides the cursor while it draws and gives everything back when it closes", () => {
    const { terminal, cursor, listeners } = aTerminal();
    const live = new LiveScreen(terminal);
    live.close();
    expect(cursor).toEqual([]);
    live.draw([line("a")]);
    expect(listeners.size).toBe(1);
    live.close();
    live.close();
    expect(cursor).toEqual(["hidden", "shown"]);
    expect(listeners.size).toBe(0);
  });

  test("draws again from the top when the terminal got another size", () => {
    const { terminal, screen, resize } = aTerminal();
    new LiveScreen(terminal).draw([line("a".repeat(70)), line("b")]);
    // What a narrower terminal does to the rows that are there: it wraps them.
    screen.lines.splice(0, 2, "a".repeat(40), "a".repeat(30), "b");
    screen.row = 3;
    resize(40);
    expect(screen.shown()).toEqual([`${"a".repeat(38)}…`, "b"]);
  });
});
