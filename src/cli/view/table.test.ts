import { expect, it } from "vitest";
import { renderFacts, renderTable, safeText } from "./table.ts";

it("aligns columns to their widest cell and shows a missing value as a dash", () => {
  const rows = [
    { name: "web-1", count: 7 },
    { name: "database-12", count: null },
  ];
  expect(
    renderTable(rows, [
      { head: "host", cell: (row) => row.name },
      { head: "updates", cell: (row) => row.count, align: "right" },
    ]),
  ).toBe("HOST         UPDATES\nweb-1              7\ndatabase-12        –");
});

it("lets no escape sequence or line break from a host reach the terminal", () => {
  expect(safeText("evil\u001b[2J\u001b]0;title\u0007\nname\u0000")).not.toMatch(/[\u0000-\u001f]/);
  expect(safeText("a\r\nb")).toBe("a b");
});

it("shortens what would break the row", () => {
  const table = renderTable(["x".repeat(200)], [{ head: "v", cell: (v) => v, widthMax: 10 }]);
  expect(table).toBe(`V\n${"x".repeat(9)}…`);
});

it("leaves out facts that do not exist", () => {
  expect(
    renderFacts([
      ["name", "web-1"],
      ["kernel", null],
    ]),
  ).toBe("name  web-1");
});
