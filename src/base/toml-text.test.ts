import { describe, expect, it } from "vitest";
import { parseToml } from "./toml-text.ts";

describe("TOML", () => {
  it("is read as the specification's examples say", () => {
    const text = [
      "# a comment",
      'title = "TOML \\"x\\" \\u00e9"',
      "a.b = 1_000",
      "'quoted key' = 'C:\\path'",
      "",
      "[owner]",
      "since = 1979-05-27T07:32:00Z",
      "ports = [ 8000, 8001, # more",
      "  8002, ]",
      "point = { x = 1.5, y = -2 }",
      'text = """',
      "one \\",
      '   two"""',
      "[[fruit]]",
      'name = "apple"',
      "[fruit.physical]",
      "round = true",
      "[[fruit]]",
      'name = "banana"',
    ].join("\n");
    expect(parseToml(text)).toEqual({
      title: 'TOML "x" é',
      a: { b: 1000 },
      "quoted key": "C:\\path",
      owner: {
        since: "1979-05-27T07:32:00Z",
        ports: [8000, 8001, 8002],
        point: { x: 1.5, y: -2 },
        text: "one two",
      },
      fruit: [{ name: "apple", physical: { round: true } }, { name: "banana" }],
    });
  });

  it.each([
    ["a", "= is missing"],
    ['a = "x', "does not end"],
    ["a = 1\na = 2", "stands twice"],
    ["a = nonsense", "is no value"],
    ["a = 1 2", "behind the value"],
    ["a = [1 2]", ", is missing"],
    ["a = 1\n[a]", "is no table"],
    ["a = '\\u00zz'\nb = \"\\u00zz\"", "bad \\u escape"],
    [`a = ${"[".repeat(1000)}`, "too deep"],
  ])("%j is refused with its line", (text, why) => {
    expect(() => parseToml(text)).toThrow(why);
    expect(() => parseToml(text)).toThrow(/^line \d+/);
  });

  it("has no way to the prototype", () => {
    const table = parseToml('__proto__.polluted = "yes"');
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
    expect(Object.keys(table)).toEqual(["__proto__"]);
  });
});
