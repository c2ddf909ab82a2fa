import { expect, test } from "vitest";
import { z } from "zod";
import { issueText } from "./issue-text.ts";

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

test("every other message stays as it is", () => {
  const other = { name: "a", days: 1, rings: [], level: "no" };
  expect(said(other)).toBe(schema.safeParse(other).error?.issues[0]?.message);
});
