import { expect, test } from "vitest";
import type { SubjectId } from "../base/ids.ts";
import { entryText } from "./entry.ts";
import type { EventId, LedgerEvent } from "./model.ts";
import { entriesIn, eventOf } from "./replayed.ts";
import { entryBundle } from "./tile.ts";

const event = {
  id: "e-1" as EventId,
  at: Date.UTC(2026, 10, 23),
  type: "change.approved",
  actor: "s-1" as SubjectId,
  object: "change:c",
  patch: null,
  change: "c" as LedgerEvent["change"],
  plan: "p" as LedgerEvent["plan"],
  approved: `${"a".repeat(64)} ${"b".repeat(64)}`,
  facts: { n: [1, "é"] },
  circumstances: { outcome: "done", build: "1", request: "r" },
};

test("the event that an entry was written from comes back whole", () => {
  expect(eventOf(entryText(event, "acme"))).toEqual(event);
});

test("facts that stood apart are not made up", () => {
  const facts = { text: "x".repeat(70_000) };
  expect(eventOf(entryText({ ...event, facts }, "acme")).facts).toEqual({});
});

test("a bundle is read as it was written, and a cut one is refused", () => {
  const entries = ["{}", "é", "", "x".repeat(60_000)];
  const bundle = entryBundle(entries);
  expect(entriesIn(bundle)).toEqual(entries);
  expect(entriesIn(bundle.subarray(0, -1))).toBeNull();
  expect(entriesIn(Buffer.from([0]))).toBeNull();
});
