import { expect, test } from "vitest";
import { z } from "zod";
import { parseYaml, strictFields } from "./yaml-text.ts";

const schema = strictFields({ name: z.string() });
const read = (text: string) => () => parseYaml(schema, text, "rules.yaml");

test("an alias of nothing, or of too much, is a fault of the file", () => {
  expect(read("name: *nobody\n")).toThrow(
    /^rules\.yaml cannot be used\. Unresolved alias .*nobody; write out what \*alias stands for\.$/,
  );
  const bomb = Array.from({ length: 9 }, (_, at) => {
    const before = at === 0 ? "x" : `*a${at - 1}`;
    return `a${at}: &a${at} [${Array(9).fill(before).join(", ")}]`;
  });
  expect(read(bomb.join("\n"))).toThrow(/cannot be used.*alias/);
});

test("a list as the name of a field is refused in words, and the process warns of nothing", async () => {
  const warned: unknown[] = [];
  const listen = (warning: unknown): number => warned.push(warning);
  process.on("warning", listen);
  expect(read("? [a, b]\n: 1\nname: x\n")).toThrow(/is not known here; known are name/);
  await new Promise((done) => setImmediate(done));
  process.off("warning", listen);
  expect(warned).toEqual([]);
});
