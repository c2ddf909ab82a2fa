import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { eventSentence } from "./event-sentence.ts";

const source = resolve(import.meta.dirname, "..");

/** Every type of event that the code writes by name. */
function recordedTypes(): readonly string[] {
  const found = new Set<string>();
  for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith(".ts") || entry.name.endsWith(".test.ts")) continue;
    const text = readFileSync(join(entry.parentPath, entry.name), "utf8");
    if (!/record[A-Za-z]*\(/.test(text)) continue;
    for (const [, type = ""] of text.matchAll(/\btype: "([a-z-]+\.[a-z-]+)"/g)) found.add(type);
    for (const [, type = ""] of text.matchAll(
      /record[A-Za-z]*\([^;]{0,80}?"([a-z-]+\.[a-z-]+)"/g,
    )) {
      found.add(type);
    }
  }
  return [...found].sort();
}

it("tells every event that is recorded as a sentence, not as a list of its facts", () => {
  const types = recordedTypes();
  expect(types.length).toBeGreaterThan(100);
  const untold = types.filter((type) => eventSentence({ type, facts: {} }).startsWith(type));
  expect(untold).toEqual([]);
});

it("says who was not let in, and what a sentence does not know as it stands", () => {
  const facts = { method: "GET", route: "/api/v1/me", code: "unauthenticated", count: 3 };
  expect(eventSentence({ type: "access.refused", facts })).toBe(
    "somebody who was not signed in was refused 3 times at GET /api/v1/me: unauthenticated",
  );
  const delegated = { from: "a", to: "b", endsAt: Date.UTC(2026, 10, 28, 1, 20) };
  expect(eventSentence({ type: "delegation.made", facts: delegated })).toContain(
    "until 2026-11-28 01:20Z",
  );
  expect(eventSentence({ type: "host.lost", facts: { why: "host-key-changed" } })).toBe(
    "could not be inspected: host key changed",
  );
});
