import { describe, expect, test } from "vitest";
import {
  evidenceOf,
  exportOf,
  filesOf,
  logOf,
  type MadeLog,
  madeKey,
  madeLog,
  noteOver,
  randomFrom,
  rootOver,
  textOf,
} from "../../test/builders/made-log.ts";
import {
  type Handed,
  PRUNED,
  prunedLog,
  statement,
  tamperings,
} from "../../test/builders/tamperings.ts";
import { judgeFiles } from "../../test/ledger/second-verifier.ts";
import { verifierKey } from "./checkpoint.ts";
import { leafHash } from "./tree.ts";
import { parseVerifierKey, verifyExport } from "./verify.ts";
import { verifyEvidence } from "./verify-evidence.ts";
import { verifyTiles } from "./verify-tiles.ts";

// `bench/tamper.ts` does the same ten times as often, and hears as many logs that are good.
const RUNS = 1_000;
const vkey = verifierKey(madeKey);
const key = parseVerifierKey(vkey)!;

/** Logs are dear to make, so a few of each length are tampered with again and again. */
const short = Array.from({ length: 12 }, (_, seed) => madeLog(40 + seed, randomFrom(seed)));
const handed = (lines: readonly string[]): Handed => ({
  form: "export",
  bytes: Buffer.from(textOf(lines)),
});
const long = Array.from({ length: 3 }, (_, seed) => madeLog(270, randomFrom(100 + seed)));

async function isGood(handed: Handed): Promise<boolean> {
  if (handed.form === "evidence") return verifyEvidence(handed.text, { key }).isGood;
  if (handed.form === "export") {
    return (await verifyExport([handed.bytes], { key, knownHead: handed.known })).isGood;
  }
  const verdict = verifyTiles((path) => handed.files.get(path) ?? null, { key });
  expect(judgeFiles(handed.files, vkey) === true).toBe(verdict.isGood);
  return verdict.isGood;
}

describe("A2 a log that was tampered with", () => {
  const kinds = Object.entries(tamperings);

  test("is tampered with in twenty ways", () => {
    expect(kinds).toHaveLength(20);
  });

  test.each(kinds)("is found out: %s, wherever it is", async (name, tamper) => {
    for (let run = 0; run < Math.ceil(RUNS / kinds.length); run += 1) {
      const random = randomFrom(run * 1_009 + 7);
      const logs = name.includes("prun") ? long : short;
      const log = logs[random(logs.length)]!;
      expect(await isGood(tamper(log, random)), `${name}, run ${run}`).toBe(false);
    }
  });
});

test("no byte of a host's signature can be another one", () => {
  const lines = evidenceOf(short[0]!, randomFrom(1));
  const at = lines.findIndex((line) => line.startsWith('{"results"'));
  const { results } = JSON.parse(lines[at]!) as { results: string[][] };
  for (const [which, [document, signature = "", line]] of results.entries()) {
    const [begin, ...body] = signature.trimEnd().split("\n");
    const end = body.pop();
    const bytes = Buffer.from(body.join(""), "base64");
    for (let byte = 0; byte < bytes.length; byte += 1) {
      const other = Buffer.from(bytes);
      other[byte] = (other[byte] ?? 0) ^ 1;
      const armoured = `${begin}\n${other.toString("base64")}\n${end}\n`;
      const put = results.map((old, i) => (i === which ? [document, armoured, line] : old));
      lines[at] = JSON.stringify({ results: put });
      expect(verifyEvidence(textOf(lines), { key }).isGood, `byte ${byte}`).toBe(false);
    }
    lines[at] = JSON.stringify({ results });
    expect(verifyEvidence(textOf(lines), { key }).isGood).toBe(true);
  }
});

describe("a log that nobody tampered with", () => {
  test("gives no alarm, in any of its forms", async () => {
    for (let run = 0; run < RUNS / 10; run += 1) {
      const random = randomFrom(run);
      const log = madeLog(8 + random(50), random);
      expect(await isGood({ form: "export", bytes: Buffer.from(textOf(exportOf(log))) })).toBe(
        true,
      );
      expect(await isGood({ form: "files", files: filesOf(log) })).toBe(true);
      expect(await isGood({ form: "evidence", text: textOf(evidenceOf(log, random)) })).toBe(true);
    }
  });

  test("may have lost its beginning, where a statement in it says so", async () => {
    for (const log of long) {
      const { facts, heads } = log;
      const entries = [...log.entries, JSON.stringify(statement(log, PRUNED))];
      const told = logOf(entries, { facts, heads: [...heads, entries.length] });
      const verdict = await verifyExport([Buffer.from(textOf(exportOf(told, PRUNED)))], { key });
      expect(verdict).toMatchObject({ isGood: true, entries: entries.length });
    }
  });

  test("may have lost the bundles of its beginning, where a statement in it says so", async () => {
    for (const log of long) {
      const files = filesOf(prunedLog(log));
      expect(files.delete("tile/entries/000")).toBe(true);
      expect(await isGood({ form: "files", files })).toBe(true);
    }
  });

  test("may be pruned under a legal hold that the statement names, or after it was lifted", async () => {
    const placed = '{"object":"hold:LH-1","type":"hold.placed"}';
    const lifted = '{"object":"hold:LH-1","type":"hold.lifted"}';
    for (const log of long) {
      const told = prunedLog(log, [placed, lifted]);
      expect(await isGood(handed(exportOf(told, PRUNED)))).toBe(true);
      const { facts, type } = statement(log, PRUNED) as { facts: object; type: string };
      const named = JSON.stringify({ facts: { ...facts, holds: ["LH-1"] }, type });
      const entries = [...log.entries, placed, named];
      const held = logOf(entries, { facts: log.facts, heads: [...log.heads, entries.length] });
      expect(await isGood(handed(exportOf(held, PRUNED)))).toBe(true);
    }
  });

  test("is good to both verifiers at every length around the ends of tiles", () => {
    const of = { facts: new Map(), heads: [] };
    for (const size of [0, 1, 2, 255, 256, 257, 511, 512, 513]) {
      const entries = Array.from({ length: size }, (_, i) => JSON.stringify({ n: i }));
      const files = filesOf(logOf(entries, of));
      expect(judgeFiles(files, vkey), `${size}`).toBe(true);
      expect(verifyTiles((path) => files.get(path) ?? null, { key }).findings, `${size}`).toEqual(
        [],
      );
    }
  });
});

describe("what a verifier says", () => {
  const log: MadeLog = madeLog(60, randomFrom(5));
  const exported = (entries: readonly string[]) =>
    verifyExport(
      [
        Buffer.from(
          textOf(exportOf(logOf(entries, { facts: log.facts, heads: [entries.length] }))),
        ),
      ],
      { key },
    );

  test("names the first bad entry of a bundle", () => {
    const files = filesOf(log);
    const name = [...files.keys()].find((path) => path.startsWith("tile/entries/"))!;
    const at = files.get(name)!.indexOf(log.entries[23]!);
    files.get(name)![at + 10]! ^= 1;
    const { findings } = verifyTiles((path) => files.get(path) ?? null, { key });
    expect(findings[0]).toMatchObject({ index: 23 });
  });

  test("holds a folder of files against a head seen before", () => {
    const files = filesOf(log);
    const read = (path: string) => files.get(path) ?? null;
    const size = log.entries.length;
    const known = { size: size - 3, root: rootOver(log, size - 3).toString("base64") };
    expect(verifyTiles(read, { key, knownHead: known }).isGood).toBe(true);
    const fork = { ...known, root: leafHash("fork").toString("base64") };
    expect(verifyTiles(read, { key, knownHead: fork }).findings[0]?.problem).toMatch(/contradict/);
    const newer = { ...known, size: size + 1 };
    expect(verifyTiles(read, { key, knownHead: newer }).findings[0]?.problem).toMatch(/older/);
    expect(noteOver(log, size)).toContain(`\n${size}\n`);
  });

  test.each([
    ["U2 who asked for the change approves it", (e: string) => e.replaceAll("approver-0", "carol")],
    ["U3 it approves another plan than the change has", otherPlanApproved],
    ["U2 the change is approved with", (e: string) => (isType(e, "approval.given") ? null : e)],
    [
      "work of a change that is not approved",
      (e: string) => (isType(e, "change.approved") ? null : e),
    ],
    ["nobody asked for its change", (e: string) => (isType(e, "change.requested") ? null : e)],
  ])("a signed log that breaks the order of a change is bad: %s", async (problem, change) => {
    const entries = log.entries.map(change).filter((entry) => entry !== null);
    const words = problem.replace(/^U\d+ /, "");
    expect((await exported(entries)).findings[0]?.problem).toContain(words);
  });
});

function isType(entry: string, type: string): boolean {
  return entry.includes(`"type":"${type}"`);
}

function otherPlanApproved(entry: string): string {
  if (!isType(entry, "approval.given")) return entry;
  return entry.replace(/"plan":"[0-9a-f]{64}"/, `"plan":"${"0".repeat(64)}"`);
}
