import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { doubledKeyIn, refuseDoubledKey } from "./doubled-key.ts";

describe("names that stand twice", () => {
  it("are told with the way to them", () => {
    expect(doubledKeyIn('{"a":1,"b":{"c":[0,{"d":1,"d":2}]}}')).toBe("/b/c/1/d");
    expect(doubledKeyIn('{"a":1,"a":1}')).toBe("/a");
    expect(doubledKeyIn('[{"a":1},{"b":{},"b":[]}]')).toBe("/1/b");
    expect(doubledKeyIn('{"":1,"":2}')).toBe("/");
    expect(doubledKeyIn('{"a/b~c":1,"a/b~c":2}')).toBe("/a~1b~0c");
  });

  it("are the same however they are written", () => {
    expect(doubledKeyIn('{"a":1,"\\u0061":2}')).toBe("/a");
    expect(doubledKeyIn('{"\\"":1,"\\u0022":2}')).toBe('/"');
    expect(doubledKeyIn('{ "a" \n : 1 , "a"\t:2}')).toBe("/a");
  });

  it("are no values, and none of another object", () => {
    expect(doubledKeyIn('{"a":"a","b":"a:","c":"{\\"a\\":1,\\"a\\":2}"}')).toBeNull();
    expect(doubledKeyIn('{"a":{"a":{"a":[]}},"b":[{"a":1},{"a":2}]}')).toBeNull();
    expect(doubledKeyIn('{"a":"\\\\","b":"\\\\\\"","a ":1}')).toBeNull();
    expect(doubledKeyIn('{"__proto__":1,"constructor":2}')).toBeNull();
  });

  it("are never found in what JSON.stringify wrote, and always where one was added", () => {
    const value = fc.jsonValue({ maxDepth: 4 });
    fc.assert(
      fc.property(value, fc.boolean(), (written, isPretty) => {
        expect(doubledKeyIn(JSON.stringify(written, null, isPretty ? 2 : 0))).toBeNull();
      }),
    );
    fc.assert(
      fc.property(value, value, fc.string(), (one, other, name) => {
        const [key, a, b] = [name, one, other].map((each) => JSON.stringify(each));
        const pointer = name.replaceAll("~", "~0").replaceAll("/", "~1");
        expect(doubledKeyIn(`{"first":[{${key}:${a}, ${key}:${b}}]}`)).toBe(`/first/0/${pointer}`);
      }),
    );
  });

  it("end on texts that are no JSON", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]:,"\\a ') }), (text) => {
        expect(["string", "object"]).toContain(typeof doubledKeyIn(text));
      }),
    );
  });

  it("make a document of JSON refused, and no other text", () => {
    expect(() => refuseDoubledKey('\ufeff{"a":1,"a":2}', "The file x")).toThrow(
      /^The file x names \/a twice/,
    );
    expect(() => refuseDoubledKey('a: "a"\na: 1', "The file")).not.toThrow();
  });
});
