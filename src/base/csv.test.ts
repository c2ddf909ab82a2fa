import fc from "fast-check";
import { expect, test } from "vitest";
import { type CsvForm, csvHead, csvLine, prefersCsv } from "./csv.ts";

const form: CsvForm<{ readonly text: string; readonly count: number | null }> = {
  name: "things",
  columns: [
    { head: "text", cell: (item) => item.text },
    { head: "count", cell: (item) => item.count },
  ],
};

test("a header and lines end with CRLF, texts stand in quotes, nothing is an empty cell", () => {
  expect(csvHead(form)).toBe('"text","count"\r\n');
  expect(csvLine(form, { text: 'a "b", c\nd', count: 3 })).toBe('"a ""b"", c\nd",3\r\n');
  expect(csvLine(form, { text: "", count: null })).toBe('"",\r\n');
  const lists = { name: "x", columns: [{ head: "x", cell: () => ["a", "b"] }] };
  expect(csvLine(lists, null)).toBe('"a; b"\r\n');
});

test("no text is a formula to a spreadsheet, also as the first of a list", () => {
  for (const start of ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"]) {
    const text = `${start}HYPERLINK("http://x")`;
    expect(csvLine(form, { text, count: 1 }).slice(0, 3)).toBe(`"'${start}`);
    const list = { name: "x", columns: [{ head: "x", cell: () => [text, "b"] }] };
    expect(csvLine(list, null).slice(0, 3)).toBe(`"'${start}`);
  }
});

test("every line reads back as the cells that were written", () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 4 }), (texts) => {
      const columns = texts.map((text, at) => ({ head: String(at), cell: () => text }));
      const read = readLine(csvLine({ name: "x", columns }, null));
      expect(read.map((cell) => cell.replace(/^'(?=[=+\-@\t\r\n])/, ""))).toEqual(
        texts.map((text) => text.replace(/^'(?=[=+\-@\t\r\n])/, "")),
      );
    }),
  );
});

/** By the grammar of RFC 4180, of one record. */
function readLine(line: string): string[] {
  const cells: string[] = [];
  let rest = line;
  for (;;) {
    const match = /^"((?:[^"]|"")*)"(,|\r\n$)/.exec(rest);
    if (match === null) throw new Error(`not a line: ${JSON.stringify(rest)}`);
    cells.push((match[1] ?? "").replaceAll('""', '"'));
    if (match[2] !== ",") return cells;
    rest = rest.slice(match[0].length);
  }
}

test.each([
  [undefined, false],
  ["*/*", false],
  ["application/json", false],
  ["text/csv", true],
  ["TEXT/CSV; header=present", true],
  ["application/json, text/csv;q=0.5", false],
  ["application/json;q=0.4, text/csv;q=0.5", true],
  ["text/csv;q=0, application/json;q=0", false],
  ["text/csv;q=wrong", false],
  ["text/html,*/*", false],
])("Accept: %s asks for CSV: %s", (accept, asks) => {
  expect(prefersCsv(accept)).toBe(asks);
});
