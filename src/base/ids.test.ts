import { expect, test } from "vitest";
import { numberFromRef, numberOf } from "./ids.ts";

test("an outside number is read in any letter case, with its own prefix only", () => {
  expect(numberFromRef("C", "C-88")).toBe(88);
  expect(numberFromRef("C", "c-88")).toBe(88);
  expect(numberFromRef("f", "F-3")).toBe(3);
  expect(numberFromRef("LH", "lh-7")).toBe(7);
  for (const text of ["P-88", "C-0", "C-08", "C--8", "C-8x", "CC-8", "C-1234567890", "88", ""]) {
    expect(numberFromRef("C", text)).toBeNull();
  }
});

test("where only one kind of thing can be meant, the number is enough", () => {
  expect(numberOf("C", "88")).toBe(88);
  expect(numberOf("C", "C-88")).toBe(88);
  for (const text of [
    "0",
    "08",
    "88 ",
    "8e1",
    "P-88",
    "-8",
    "01a208b0-cfeb-79b7-ab71-c205607de163",
  ]) {
    expect(numberOf("C", text)).toBeNull();
  }
});
