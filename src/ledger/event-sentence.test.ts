import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { eventSentence, toldTypes } from "./event-sentence.ts";

const source = resolve(import.meta.dirname, "..");

/** Types that the code puts together of a prefix and a word. */
const joined: Readonly<Record<string, string>> = {
  authority: "prepare switch retire",
  change: `requested request-signed edited approved running completed failed backed-out rejected
    withdrawn expired duty-opened duty-reminded duty-overdue reviewed decided-afterwards`,
  deferral: "started ended cancelled",
  elevation: "asked granted refused ended",
  exception: "requested approved refused withdrawn revoked expired ended",
  freeze: "set lifted",
  "known-issue": "added edited published withdrawn",
  rollout: "halted resume-asked resumed stopped",
  triage: "started joined voted noted decided closed",
  scope: "halted resume-asked resumed",
  wave: "opened passed ended",
};

/** Every type of event that the code writes by name, and prefixes of those that it puts together. */
function recorded(): { readonly types: readonly string[]; readonly prefixes: readonly string[] } {
  const types = new Set<string>();
  const prefixes = new Set<string>();
  for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith(".ts") || entry.name.endsWith(".test.ts")) continue;
    const text = readFileSync(join(entry.parentPath, entry.name), "utf8");
    if (!/record[A-Za-z]*\(/.test(text)) continue;
    for (const [, type = ""] of text.matchAll(/\btype: "([a-z-]+\.[a-z-]+)"/g)) types.add(type);
    for (const [, type = ""] of text.matchAll(
      /(?:record[A-Za-z]*|\bnote)\([^;]{0,80}?"([a-z-]+\.[a-z-]+)"/g,
    )) {
      types.add(type);
    }
    const made =
      /(?:type: |record[A-Za-z]*\([^;]{0,60}?|: )`([a-z-]+)\.\$\{(?!string\})[a-z.]+\}`/g;
    for (const [, prefix = ""] of text.matchAll(made)) prefixes.add(prefix);
  }
  for (const prefix of prefixes) {
    const words = joined[prefix]?.split(/\s+/) ?? [];
    for (const word of words) types.add(`${prefix}.${word}`);
  }
  return { types: [...types].sort(), prefixes: [...prefixes].sort() };
}

/** The names in the table of docs/events.md: `.word` takes what stands before the dot of the last whole one. */
function documented(): readonly string[] {
  const text = readFileSync(join(source, "../docs/events.md"), "utf8");
  const [, part = ""] = text.split("## Which events there are\n");
  const [table = ""] = part.split("\n## ");
  return table.split("\n").flatMap((line) => {
    const [, cell = ""] = /^\| (`[^|]+) \| \S[^|]+ \|$/.exec(line) ?? [];
    let prefix = "";
    return [...cell.matchAll(/`([a-z-]*)\.([a-z-]+)`/g)].map(([, first = "", word = ""]) => {
      if (first !== "") prefix = first;
      return `${prefix}.${word}`;
    });
  });
}

it("knows each prefix that types of events are put together from", () => {
  expect(recorded().prefixes).toEqual(Object.keys(joined).sort());
});

it("has a row in docs/events.md for every event, and none for what never happens", () => {
  const named = documented();
  expect(named.filter((type, at) => named.indexOf(type) !== at)).toEqual([]);
  const all = [...new Set([...recorded().types, ...toldTypes])].sort();
  expect([...named].sort()).toEqual(all);
});

it("tells every event that is recorded as a sentence, not as a list of its facts", () => {
  const { types } = recorded();
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
