import { expect, it } from "vitest";
import { isUniqueViolation, parseTimestamp } from "./database.ts";

it("reads times as PostgreSQL writes them, with and without fractions and minutes", () => {
  const at = Date.UTC(2026, 10, 21, 22, 49, 42, 885);
  expect(parseTimestamp("2026-11-21 22:49:42.885+00")).toBe(at);
  expect(parseTimestamp("2026-11-21 22:49:42.885123+00")).toBe(at);
  expect(parseTimestamp("2026-11-22 04:19:42.885+05:30")).toBe(at);
  expect(parseTimestamp("2026-11-21 22:49:42+00")).toBe(at - 885);
});

it("refuses what is no time instead of passing on a number that is none", () => {
  expect(() => parseTimestamp("infinity")).toThrow(/cannot be read/);
});

it("tells a violated unique constraint from other errors, and which one", () => {
  expect(isUniqueViolation({ code: "23505", constraint: "a" })).toBe(true);
  expect(isUniqueViolation({ code: "23505", constraint: "a" }, "b")).toBe(false);
  expect(isUniqueViolation(new Error("other"))).toBe(false);
});
