import { expect, test } from "vitest";
import { z } from "zod";
import { issueText, nearestIssues } from "./issue-text.ts";

const schema = z.strictObject({
  name: z.string(),
  days: z.number(),
  rings: z.array(z.string()),
  level: z.enum(["low", "high"]).optional(),
});

function said(value: unknown): string {
  const parsed = schema.safeParse(value);
  return (parsed.error?.issues ?? []).map(issueText).join("; ");
}

test("what is missing or of another kind is said in words", () => {
  expect(said({ name: "a", rings: [] })).toBe("is missing; it is a number");
  expect(said({ name: 1, days: "x", rings: {} })).toBe(
    "is a number, where a text belongs; is a text, where a number belongs; is a mapping, where a list belongs",
  );
  expect(said({ name: "a", days: Number.NaN, rings: [] })).toBe("is not a number");
  expect(said(null)).toBe("is nothing, where a mapping belongs");
});

test("what is beyond its bounds is said with them", () => {
  const bounded = z.strictObject({
    reason: z.string().min(10).max(20),
    name: z.string().min(1),
    days: z.number().int().min(1).max(9),
    share: z.number().gt(0),
    rings: z.array(z.string()).min(1).max(2),
  });
  const of = (value: object) => {
    const good = { reason: "because it is", name: "a", days: 1, share: 0.5, rings: ["a"] };
    return bounded.safeParse({ ...good, ...value }).error?.issues.map(issueText);
  };
  expect(of({ reason: "x" })).toEqual(["is too short: at least 10 characters"]);
  expect(of({ reason: "x".repeat(21) })).toEqual(["is too long: at most 20 characters"]);
  expect(of({ name: "" })).toEqual(["is empty"]);
  expect(of({ days: 0 })).toEqual(["is too small: at least 1"]);
  expect(of({ days: 10 })).toEqual(["is too large: at most 9"]);
  expect(of({ share: 0 })).toEqual(["is too small: more than 0"]);
  expect(of({ rings: [] })).toEqual(["has too few: at least 1"]);
  expect(of({ rings: ["a", "b", "c"] })).toEqual(["has too many: at most 2"]);
});

test("of several forms the nearest one says what is wrong", () => {
  const need = z.number().int().max(8);
  const forms = z.union([
    z.strictObject({ need }),
    z.strictObject({ need, ring: z.string().regex(/^[a-z]+$/, "a ring's name") }),
  ]);
  const of = (value: unknown) => {
    const issues = nearestIssues(
      z.object({ body: forms }).safeParse({ body: value }).error!.issues,
    );
    return issues.map((issue) => `${issue.path.join(".")}: ${issueText(issue)}`);
  };
  expect(of({ need: 1, ring: "r 1" })).toEqual(["body.ring: a ring's name"]);
  expect(of({ need: 9 })).toEqual(["body.need: is too large: at most 8"]);
  expect(of("x")).toEqual(["body: is a text, where a mapping belongs"]);
});

test("every other message stays as it is", () => {
  const other = { name: "a", days: 1, rings: [], level: "no" };
  expect(said(other)).toBe(schema.safeParse(other).error?.issues[0]?.message);
});
