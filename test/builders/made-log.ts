import { generateKeyPairSync } from "node:crypto";
import { sha256 } from "../../src/base/digest.ts";
import { canonicalJson, type JsonObject } from "../../src/base/json.ts";
import { fingerprint, parsePublicKeyLine } from "../../src/base/ssh-key.ts";
import { makeMachineKey, openMachineKey, signDocument } from "../../src/base/sshsig.ts";
import { writeResult } from "../../src/fleet/result.ts";
import { type LogKey, logKey, signCheckpoint } from "../../src/ledger/checkpoint.ts";
import {
  entryLine,
  evidenceHeader,
  headerLine,
  headLine,
  payloadLine,
  payloadOf,
  provenLine,
  type SignedResult,
} from "../../src/ledger/export-line.ts";
import {
  appendLeaves,
  entryBundle,
  nodesIn,
  TILE_WIDTH,
  type Tile,
  tileKey,
  tilePath,
} from "../../src/ledger/tile.ts";
import { inclusionRanges, leafHash, nodesOf, rangeHash, rootHash } from "../../src/ledger/tree.ts";

/**
 * A log in memory, in all forms in which it leaves the server: an export, the files of C2SP
 * tlog-tiles, an export whose beginning was pruned, and the evidence about one change.
 */
export interface MadeLog {
  readonly key: LogKey;
  readonly entries: readonly string[];
  /** Facts that stand apart, by their digest. */
  readonly facts: ReadonlyMap<string, JsonObject>;
  /** Sizes over which heads were signed, smallest first. */
  readonly heads: readonly number[];
  readonly tiles: ReadonlyMap<string, Tile>;
}

export type Random = (below: number) => number;

/** The same numbers for the same seed (mulberry32), so that what failed can be looked at again. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

export const madeKey = logKey("acme/fettle-ledger", generateKeyPairSync("ed25519").privateKey);

/** `size` entries at the least: changes one after the other, and what else happens meanwhile. */
export function madeLog(size: number, random: Random, more: readonly JsonObject[] = []): MadeLog {
  const told: JsonObject[] = madeHosts.map(({ enrolled }) => enrolled);
  const facts = new Map<string, JsonObject>();
  while (told.length < size) {
    told.push(...aChange(told.length, 1 + random(3)));
    for (let left = random(4); left > 0; left -= 1) told.push(somethingElse(random, facts));
  }
  told.push(...more);
  const entries = told.map((entry, at) =>
    canonicalJson({
      ...{ v: 2, tenant: "acme", id: `e-${at}`, at: new Date(1.79e12 + at * 1000).toISOString() },
      ...entry,
    }),
  );
  const heads: number[] = [];
  for (let at = 1 + random(9); at < entries.length; at += 1 + random(40)) heads.push(at);
  heads.push(entries.length);
  return logOf(entries, { facts, heads });
}

/** The same entries under other heads, or others under the same. */
export function logOf(
  entries: readonly string[],
  of: {
    readonly facts: MadeLog["facts"];
    readonly heads: readonly number[];
    readonly key?: LogKey;
  },
): MadeLog {
  const leaves = entries.map((entry) => leafHash(entry));
  const tiles = appendLeaves({ size: 0, edge: new Map(), leaves });
  return {
    key: of.key ?? madeKey,
    entries,
    facts: of.facts,
    heads: of.heads,
    tiles: new Map(tiles.map((tile) => [tileKey(tile), tile])),
  };
}

/** Hosts that sign what became of their jobs, and the entries that say by which keys. */
const madeHosts = [0, 1, 2].map((n) => {
  const key = openMachineKey(makeMachineKey().privateKeyPem);
  const line = parsePublicKeyLine(key.publicKeyLine);
  const facts = { key: line === null ? "" : fingerprint(line) };
  const of = { type: "host.enrolled", actor: "carol", object: `host:h-${n}` };
  return { name: `h-${n}`, key, enrolled: { ...of, facts } };
});

/** Signed results by the digest that an entry names them by. */
const madeResults = new Map<string, readonly SignedResult[]>();
const known = new Map<string, JsonObject>();

/** One result of each host, told at once. */
function reported(plan: string): JsonObject {
  const told = known.get(plan);
  if (told !== undefined) return told;
  const results = madeHosts.map(({ name, key }, index) => {
    const document = writeResult({
      ...{ tenant: "acme", host: name, plan, index, attempt: 1, kind: "apply", state: "done" },
      ...{ code: "-", way: "ssh", boot: "a".repeat(32), started: 1, ended: 2, counter: 3 },
      ...{ packages: sha256("p"), journal: sha256("j"), policy: sha256("y"), approvals: [] },
      output: { digest: sha256("o"), bytes: 1 },
      head: { size: 1, root: sha256("r") },
    });
    const signature = signDocument({ namespace: "fettle-result-v1", key, bytes: document });
    return { document, signature, key: key.publicKeyLine };
  });
  const digests = results.map(({ document }) => sha256(document)).sort();
  const named = sha256(`${digests.join("\n")}\n`);
  madeResults.set(named, results);
  const facts = { count: results.length, states: { done: results.length }, results: named };
  known.set(plan, facts);
  return facts;
}

function aChange(at: number, need: number): JsonObject[] {
  const change = `c-${at}`;
  const plan = sha256(change);
  const of = { object: `change:${change}`, change, plan };
  const approvals = Array.from({ length: need }, (_, i) => ({
    ...of,
    ...{ type: "approval.given", actor: `approver-${i}`, facts: { given: i + 1, need } },
  }));
  const rollout = { ...of, object: `rollout:r-${at}`, actor: "system", facts: {} };
  return [
    { ...of, type: "change.requested", actor: "carol", facts: { need, hosts: 3 } },
    ...approvals,
    {
      ...{ ...of, type: "change.approved", actor: "approver-0", facts: { approvals: need } },
      _approved: `${plan} ${sha256("signatures")}`,
    },
    { ...of, type: "change.running", actor: "carol", facts: {} },
    { ...rollout, type: "rollout.started" },
    { ...rollout, type: "wave.opened", facts: { wave: 1 } },
    { ...rollout, type: "target.reported", facts: reported(plan) },
  ];
}

function somethingElse(random: Random, facts: Map<string, JsonObject>): JsonObject {
  const of = { type: "host.added", actor: "carol", object: `host:h-${random(1_000)}` };
  if (random(5) > 0) return { ...of, facts: { n: random(1_000), text: 'ünï→ " \\ \n' } };
  const large = { lines: Array.from({ length: 1 + random(9) }, () => random(1e9)) };
  const payload = sha256(canonicalJson(large));
  facts.set(payload, large);
  return { ...of, facts: {}, payload };
}

export function rootOver(log: MadeLog, size: number): Buffer {
  return rootHash(size, nodesIn(log.tiles));
}

export function noteOver(log: MadeLog, size: number, key = log.key): string {
  return signCheckpoint(key, size, rootOver(log, size));
}

const made = new WeakMap<MadeLog, Map<number, readonly string[]>>();

/** Lines without their ends, so that they can be tampered with one by one. */
export function exportOf(log: MadeLog, minimum = 0): string[] {
  const known = made.get(log) ?? new Map<number, readonly string[]>();
  made.set(log, known);
  const lines = known.get(minimum) ?? writeExport(log, minimum);
  known.set(minimum, lines);
  return [...lines];
}

function writeExport(log: MadeLog, minimum: number): readonly string[] {
  const { key, entries, heads } = log;
  const header = headerLine({ key, size: entries.length, checkpoints: heads.length });
  // A log that keeps its end only says from where, and gives the hashes that stand for the rest.
  const lines = [minimum === 0 ? header : header.replace(',"key"', `,"minimum":${minimum},"key"`)];
  if (minimum > 0) {
    const nodes = nodesOf({ from: 0, to: minimum });
    const pruned = nodes.map((node) => nodesIn(log.tiles)(node).toString("hex"));
    lines.push(`${JSON.stringify({ pruned })}\n`);
    for (const size of heads) if (size <= minimum) lines.push(headLine(noteOver(log, size)));
  }
  for (let index = minimum; index < entries.length; index += 1) {
    const entry = entries[index] ?? "";
    lines.push(entryLine(index, leafHash(entry), entry));
    const payload = payloadOf(entry);
    if (payload !== null) lines.push(payloadLine(payload, log.facts.get(payload) ?? {}));
    if (heads.includes(index + 1)) lines.push(headLine(noteOver(log, index + 1)));
  }
  return lines.map((line) => line.slice(0, -1));
}

export function textOf(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}

/** The files of the log, by their paths. */
export function filesOf(log: MadeLog): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const { level, position, hashes } of log.tiles.values()) {
    files.set(tilePath(level, position, hashes.length), Buffer.concat(hashes));
    if (level > 0) continue;
    const from = position * TILE_WIDTH;
    const some = log.entries.slice(from, from + TILE_WIDTH);
    files.set(tilePath("entries", position, some.length), entryBundle(some));
  }
  files.set("checkpoint", Buffer.from(noteOver(log, log.entries.length)));
  return files;
}

/** The evidence about one of its changes. */
export function evidenceOf(log: MadeLog, random: Random): string[] {
  const size = log.entries.length;
  const parsed = log.entries.map(
    (entry) =>
      JSON.parse(entry) as { change?: string; type?: string; facts?: { results?: string } },
  );
  const changes = [...new Set(parsed.flatMap(({ change }) => change ?? []))];
  const change = changes[random(changes.length)] ?? "";
  const entries = log.entries.flatMap((entry, index) => {
    const told = parsed[index];
    if (told?.change !== change && told?.type !== "host.enrolled") return [];
    const proof = inclusionRanges(index, size).map((range) => rangeHash(range, nodesIn(log.tiles)));
    return [{ index, entry, proof, results: madeResults.get(told.facts?.results ?? "") }];
  });
  const header = evidenceHeader({ key: log.key, change, entries: entries.length });
  return [header, ...entries.map(provenLine), headLine(noteOver(log, size))]
    .join("")
    .trimEnd()
    .split("\n");
}
