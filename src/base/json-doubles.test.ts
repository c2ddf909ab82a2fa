import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonFault } from "./json-doubles.ts";

describe("faults of JSON that a parser does not tell", () => {
  it("finds a key that stands twice, however it is written", () => {
    expect(jsonFault('{"a":1,\n"b":{"a":2},"\\u0061":3}', { depthMax: 10 })).toEqual({
      kind: "double",
      line: 2,
      key: "\\u0061",
    });
  });

  it("lets equal keys of different objects and equal values be", () => {
    expect(
      jsonFault('{"a":["a","a",{"a":"a"},{"a":"\\"a"}],"b":"a"}', { depthMax: 10 }),
    ).toBeNull();
  });

  it("finds what is nested too deep, whatever brackets stand in strings", () => {
    expect(jsonFault(`{"a":"${"[".repeat(50)}"}`, { depthMax: 3 })).toBeNull();
    expect(jsonFault("[[[[1]]]]", { depthMax: 3 })).toEqual({ kind: "deep", line: 1, key: "" });
  });

  it("finds keys that programs take for part of themselves, however they are written", () => {
    const limits = { depthMax: 10, refusesReserved: true };
    for (const key of ["__proto__", "constructor", "\\u005f_proto__", "c\\u006fnstructor"]) {
      expect(jsonFault(`[{"a":{"${key}":1}}]`, limits)).toMatchObject({ kind: "reserved", key });
      expect(jsonFault(`{"a":"${key}"}`, limits)).toBeNull();
      expect(jsonFault(`{"${key}":1}`, { depthMax: 10 })).toBeNull();
    }
  });

  it("counts the keys of all objects together", () => {
    const text = JSON.stringify(Array.from({ length: 50 }, (_, at) => ({ a: at, b: [at] })));
    expect(jsonFault(text, { depthMax: 10, keysMax: 100 })).toBeNull();
    expect(jsonFault(text, { depthMax: 10, keysMax: 99 })).toMatchObject({ kind: "many" });
  });

  it("takes time in proportion to hostile text", () => {
    const hostile = `"${'\\"'.repeat(500_000)}`;
    expect(jsonFault(hostile, { depthMax: 3 })).toBeNull();
    expect(jsonFault("[".repeat(1_000_000), { depthMax: 32 })).toMatchObject({ kind: "deep" });
  });

  it("agrees with the depth of the parsed value", () => {
    const depthOf = (value: unknown): number =>
      typeof value !== "object" || value === null
        ? 0
        : 1 + Math.max(0, ...Object.values(value).map(depthOf));
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.integer({ min: 0, max: 7 }), (value, most) => {
        const fault = jsonFault(JSON.stringify(value), { depthMax: most });
        expect(fault?.kind === "deep").toBe(depthOf(value) > most);
      }),
    );
  });

  it("finds nothing in what JSON.stringify writes", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(jsonFault(JSON.stringify(value, null, 1), { depthMax: 1_000 })).toBeNull();
      }),
    );
  });
});
