import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { emptyHead } from "../intel/file-knowledge.ts";
import { openKnowledgeCache } from "./knowledge-cache.ts";
import { openKnownDigests } from "./known-digests.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fettle-memory-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const stat = (path: string) => statSync(path, { bigint: true });
const later = (): number => Date.now() + 60_000;

function feedFile(text: string): string {
  const path = join(folder, "feed");
  writeFileSync(path, text);
  return path;
}

test("a digest is found again as long as the file is untouched, and not after", () => {
  const file = feedFile("one");
  const first = openKnownDigests(folder, later);
  expect(first.find(file, stat(file))).toBeNull();
  first.learn(file, stat(file), "abc");
  first.keep();
  expect(openKnownDigests(folder, later).find(file, stat(file))).toBe("abc");
  expect(openKnownDigests(folder, later).find(`${file}2`, stat(file))).toBeNull();
  writeFileSync(file, "two");
  expect(openKnownDigests(folder, later).find(file, stat(file))).toBeNull();
});

test("a file that was written to moments ago is read again next time", () => {
  const file = feedFile("one");
  const digests = openKnownDigests(folder, Date.now);
  digests.learn(file, stat(file), "abc");
  digests.keep();
  expect(openKnownDigests(folder, later).find(file, stat(file))).toBeNull();
});

test("a list of digests that somebody changed counts for nothing", () => {
  const file = feedFile("one");
  const digests = openKnownDigests(folder, later);
  digests.learn(file, stat(file), "abc");
  digests.keep();
  const kept = join(folder, "digests");
  writeFileSync(kept, readFileSync(kept, "utf8").replace("abc", "abd"));
  expect(openKnownDigests(folder, later).find(file, stat(file))).toBeNull();
});

test("kept knowledge is given back whole, and not at all once a byte of it is wrong or missing", () => {
  const head = emptyHead("feed", "osv");
  head.rejected.push("CVE-2026-0001");
  const sections = new Map([
    ["s:Debian:12", 'curl\t["é"]'],
    ["o:", ""],
  ]);
  const cache = openKnowledgeCache(folder);
  cache.keep("d1", { head, sections });
  const opened = openKnowledgeCache(folder).open("d1");
  expect(opened?.head).toEqual(head);
  expect(opened?.sectionNames).toEqual(["s:Debian:12", "o:"]);
  expect(opened?.section("s:Debian:12")).toBe('curl\t["é"]');
  expect(opened?.section("none")).toBe("");
  const path = join(folder, "d1.7");
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.toString("latin1").replace("0001", "0002"), "latin1");
  expect(openKnowledgeCache(folder).open("d1")).toBeNull();
  writeFileSync(path, bytes);
  truncateSync(path, bytes.length - 1);
  expect(openKnowledgeCache(folder).open("d1")).toBeNull();
  expect(openKnowledgeCache(folder).open("d2")).toBeNull();
});
