import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonFault } from "./json-doubles.ts";

describe("faults of JSON that a parser does not tell", () => {
  it("finds a key that stands twice, however it is written", () => {
    expect(jsonFault('{"a":1,\n"b":{"a":2},"\\u0061":3}', 10)).toEqual({
      kind: "double",
      line: 2,
      key: "\\u0061",
    });
  });

  it("lets equal keys of different objects and equal values be", () => {
    expect(jsonFault('{"a":["a","a",{"a":"a"},{"a":"\\"a"}],"b":"a"}', 10)).toBeNull();
  });

  it("finds what is nested too deep, whatever brackets stand in strings", () => {
    expect(jsonFault(`{"a":"${"[".repeat(50)}"}`, 3)).toBeNull();
    expect(jsonFault("[[[[1]]]]", 3)).toEqual({ kind: "deep", line: 1, key: "" });
  });

  it("finds nothing in what JSON.stringify writes", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(jsonFault(JSON.stringify(value, null, 1), 1_000)).toBeNull();
      }),
    );
  });
});
