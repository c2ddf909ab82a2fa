import { generateKeyPairSync } from "node:crypto";
import type { JsonObject } from "../../src/base/json.ts";
import { makeMachineKey, openMachineKey, signDocument } from "../../src/base/sshsig.ts";
import { type LogKey, logKey, signCheckpoint } from "../../src/ledger/checkpoint.ts";
import { entryLine, headLine } from "../../src/ledger/export-line.ts";
import { leafHash } from "../../src/ledger/tree.ts";
import type { SignedHead } from "../../src/ledger/verify-note.ts";
import {
  evidenceOf,
  exportOf,
  filesOf,
  logOf,
  type MadeLog,
  madeKey,
  noteOver,
  type Random,
  rootOver,
  textOf,
} from "./made-log.ts";

/**
 * The ways in which a log is tampered with, each at a random place. What comes out is what
 * somebody would hand to a verifier, who has the log's key, and for some of them a head seen before.
 */
export type Handed =
  | { readonly form: "export"; readonly bytes: Buffer; readonly known?: SignedHead }
  | { readonly form: "files"; readonly files: ReadonlyMap<string, Buffer> }
  | { readonly form: "evidence"; readonly text: string };

export type Tampering = (log: MadeLog, random: Random) => Handed;

const forger = logKey("acme/fettle-ledger", generateKeyPairSync("ed25519").privateKey);

const exported = (lines: readonly string[], known?: SignedHead): Handed => ({
  form: "export",
  bytes: Buffer.from(textOf(lines)),
  ...(known === undefined ? {} : { known }),
});

/** Changes the lines of an export. */
const edited =
  (change: (lines: string[], random: Random, log: MadeLog) => void): Tampering =>
  (log, random) => {
    const lines = exportOf(log);
    change(lines, random, log);
    return exported(lines);
  };

function place(lines: readonly string[], random: Random, kind: "index" | "payload"): number {
  const places = lines.flatMap((line, at) => (line.startsWith(`{"${kind}"`) ? [at] : []));
  return places[random(places.length)] ?? 1;
}

function headPlace(lines: readonly string[], random: Random): number {
  const places = lines.flatMap((line, at) => (line.startsWith('{"checkpoint"') ? [at] : []));
  return places[random(places.length)] ?? 1;
}

/** A log whose entries were changed by somebody who has no key: the old heads stand over new ones. */
function rewritten(log: MadeLog, random: Random, change: (entries: string[], at: number) => void) {
  const entries = [...log.entries];
  change(entries, random(entries.length));
  const other = logOf(entries, { facts: log.facts, heads: log.heads });
  const lines = exportOf(other);
  const old = exportOf(log).filter((line) => line.startsWith('{"checkpoint"'));
  return exported(
    lines.map((line) => (line.startsWith('{"checkpoint"') ? (old.shift() ?? line) : line)),
  );
}

function flipped(bytes: Buffer, random: Random): Buffer {
  const out = Buffer.from(bytes);
  const at = random(out.length);
  out[at] = (out[at] ?? 0) ^ (1 << random(8));
  return out;
}

function reissued(log: MadeLog, key: LogKey): string[] {
  const named = logOf(log.entries, { facts: log.facts, heads: log.heads, key });
  return exportOf(named);
}

function oneFile(log: MadeLog, random: Random, change: (bytes: Buffer) => Buffer): Handed {
  const files = filesOf(log);
  const names = [...files.keys()];
  const name = names[random(names.length)] ?? "checkpoint";
  files.set(name, change(files.get(name) ?? Buffer.alloc(0)));
  return { form: "files", files };
}

function swappedTile(log: MadeLog, random: Random): Handed {
  const files = filesOf(log);
  const at = random(log.entries.length);
  const entries = [...log.entries];
  entries[at] = (entries[at] ?? "").replace('"v":2', '"v":3');
  const other = filesOf(logOf(entries, { facts: log.facts, heads: log.heads }));
  const changed = [...other.keys()].filter((name) => {
    return name !== "checkpoint" && !other.get(name)?.equals(files.get(name) ?? Buffer.alloc(0));
  });
  // One of them, or all of them together: every one of them lies about the same entry.
  const some = random(2) === 0 ? changed : [changed[random(changed.length)] ?? ""];
  for (const name of some) files.set(name, other.get(name) ?? Buffer.alloc(0));
  return { form: "files", files };
}

function forgedProof(log: MadeLog, random: Random): Handed {
  const lines = evidenceOf(log, random);
  const places = lines.flatMap((line, at) => (line.startsWith('{"index"') ? [at] : []));
  const at = places[random(places.length)] ?? 1;
  const line = lines[at] ?? "";
  const { index, proof } = JSON.parse(line) as { index: number; proof: string[] };
  const hash = leafHash(`forged ${random(1e9)}`).toString("base64");
  const body = line.slice(line.indexOf(',"entry":'));
  const forged = [
    () => ({ index, proof: proof.map((old, i) => (i === 0 ? hash : old)) }),
    () => ({ index, proof: [...proof, hash] }),
    () => ({ index, proof: proof.slice(1) }),
    () => ({ index: index + 1, proof }),
  ][random(proof.length === 0 ? 2 : 4)]?.();
  const told = forged ?? { index, proof };
  lines[at] = `{"index":${told.index},"proof":${JSON.stringify(told.proof)}${body}`;
  return { form: "evidence", text: textOf(lines) };
}

/** By somebody who has no host's key: other words, another's signature, a key of their own, fewer. */
function forgedResult(log: MadeLog, random: Random): Handed {
  const lines = evidenceOf(log, random);
  const at = lines.findIndex((line) => line.startsWith('{"results"'));
  const { results } = JSON.parse(lines[at] ?? "") as { results: string[][] };
  const which = random(results.length);
  const [document = "", signature = "", key = ""] = results[which] ?? [];
  const other = results[(which + 1) % results.length] ?? [];
  const put = (...one: string[]) => results.map((old, i) => (i === which ? one : old));
  const own = openMachineKey(makeMachineKey().privateKeyPem);
  const signed = signDocument({ namespace: "fettle-result-v1", key: own, bytes: document });
  const forged = [
    () => put(document.replace("state done", "state noop"), signature, key),
    () => put(document, other[1] ?? "", key),
    () => put(document, other[1] ?? "", other[2] ?? ""),
    () => put(document, signed, own.publicKeyLine),
    () => put(document, flippedText(signature, random), key),
    () => results.filter((_, i) => i !== which),
    () => [...results, results[which] ?? []],
    () => null,
  ][random(8)]?.();
  if (forged === null) lines.splice(at, 1);
  else lines[at] = JSON.stringify({ results: forged ?? [] });
  return { form: "evidence", text: textOf(lines) };
}

/** Another character within the number that the signature is, whose last ones may say nothing. */
function flippedText(armoured: string, random: Random): string {
  const at = armoured.length - 90 + random(40);
  const char = armoured[at] === "A" ? "B" : "A";
  return armoured[at] === "\n" ? "" : `${armoured.slice(0, at)}${char}${armoured.slice(at + 1)}`;
}

/** A whole tile of it is gone, and nothing in the log says that it may be. */
export const PRUNED = 256;

export const statement = (log: MadeLog, minimum: number): JsonObject => ({
  ...{ type: "ledger.pruned", actor: "carol", object: "ledger:log" },
  facts: { minimum, root: rootOver(log, minimum).toString("base64") },
});

export const tamperings: Readonly<Record<string, Tampering>> = {
  "a flipped bit": (log, random) => {
    if (random(2) === 0) return oneFile(log, random, (bytes) => flipped(bytes, random));
    return { form: "export", bytes: flipped(Buffer.from(textOf(exportOf(log))), random) };
  },
  "a deleted entry": (log, random) =>
    random(2) === 0
      ? edited((lines) => void lines.splice(place(lines, random, "index"), 1))(log, random)
      : rewritten(log, random, (entries, at) => void entries.splice(at, 1)),
  "an inserted entry": (log, random) =>
    rewritten(log, random, (entries, at) => {
      entries.splice(at, 0, `{"actor":"carol","type":"role.granted","v":2}`);
    }),
  "entries in another order": (log, random) =>
    rewritten(log, random, (entries, at) => {
      const other = (at + 1 + random(entries.length - 1)) % entries.length;
      [entries[at], entries[other]] = [entries[other] ?? "", entries[at] ?? ""];
    }),
  "a cut tail": edited((lines, random) => {
    lines.length = 1 + random(lines.length - 1);
  }),
  "an edited time": (log, random) =>
    rewritten(log, random, (entries, at) => {
      entries[at] = (entries[at] ?? "").replace(/"at":"\d{4}/, '"at":"1999');
    }),
  "a swapped payload": edited((lines, random) => {
    const at = place(lines, random, "payload");
    const other = `"facts":{"lines":[${random(1e9)}]}}`;
    lines[at] = (lines[at] ?? "").replace(/"facts":.*$/, random(3) === 0 ? '"facts":{}}' : other);
  }),
  "a swapped tile": swappedTile,
  "another key": (log, random) => {
    if (random(2) === 0) return exported(reissued(log, forger));
    const lines = exportOf(log);
    const at = headPlace(lines, random);
    const size = Number(JSON.parse(lines[at] ?? "").checkpoint.split("\n")[1]);
    lines[at] = headLine(noteOver(log, size, forger)).trimEnd();
    return exported(lines);
  },
  "another origin": (log, random) => {
    const other = logKey("evil/fettle-ledger", madeKey.privateKey);
    if (random(2) === 0) return exported(reissued(log, other));
    const files = filesOf(log);
    files.set("checkpoint", Buffer.from(noteOver(log, log.entries.length, other)));
    return { form: "files", files };
  },
  "a forked head": edited((lines, random) => {
    const at = headPlace(lines, random);
    const size = Number(JSON.parse(lines[at] ?? "").checkpoint.split("\n")[1]);
    const note = signCheckpoint(madeKey, size, leafHash(`fork ${random(1e9)}`));
    lines[at] = headLine(note).trimEnd();
  }),
  "a database rolled back": (log, random) => {
    const size = log.entries.length;
    const known = { size, root: rootOver(log, size).toString("base64") };
    const shorter = 1 + random(size - 1);
    const heads = [...log.heads.filter((at) => at < shorter), shorter];
    const entries = log.entries.slice(0, shorter);
    // Rolled back, and perhaps gone on with another history that is longer.
    const longer = Array.from({ length: random(2) * (size - shorter + 1 + random(9)) }, (_, i) =>
      JSON.stringify({ type: "host.added", n: i }),
    );
    const now = [...entries, ...longer];
    if (longer.length > 0) heads.push(now.length);
    return exported(exportOf(logOf(now, { facts: log.facts, heads })), known);
  },
  "a dropped head": edited((lines, random) => void lines.splice(headPlace(lines, random), 1)),
  "a forged proof": forgedProof,
  "a forged result of a host": forgedResult,
  "a beginning pruned without a statement": (log, random) => {
    const lines = exportOf(log, PRUNED);
    if (random(2) === 0) return exported(lines);
    // A statement about another tree is none.
    const other = `{"facts":{"minimum":${PRUNED},"root":"${leafHash("x").toString("base64")}"},"type":"ledger.pruned"}`;
    const told = logOf([...log.entries, other], {
      ...{ facts: log.facts, heads: [...log.heads, log.entries.length + 1] },
    });
    return exported(exportOf(told, PRUNED));
  },
  "a pruned entry put back with other words": (log, random) => {
    const told = prunedLog(log);
    const lines = exportOf(told, PRUNED);
    const index = random(PRUNED);
    const body = `{"actor":"mallory","type":"host.added","n":${random(1e9)}}`;
    lines.splice(
      random(2) === 0 ? 2 : lines.length - 1,
      0,
      entryLine(index, leafHash(body), body).trimEnd(),
    );
    return exported(lines);
  },
  "a pruning that says less than is gone": (log, random) => {
    const lines = exportOf(prunedLog(log), PRUNED);
    const first = lines.findIndex((line) => line.startsWith('{"index":'));
    const more = 1 + random(5);
    if (random(2) === 0) lines.splice(first, more);
    else lines[0] = (lines[0] ?? "").replace(`"minimum":${PRUNED}`, `"minimum":${PRUNED * 2}`);
    return exported(lines);
  },
  "a pruning that ignores a legal hold": (log, random) => {
    const hold = `LH-${1 + random(99)}`;
    const placed = `{"facts":{"kind":"person"},"object":"hold:${hold}","type":"hold.placed"}`;
    return exported(exportOf(prunedLog(log, [placed]), PRUNED));
  },
  "pruned bundles without a statement": (log, random) => {
    const files = filesOf(random(2) === 0 ? log : prunedLog(log));
    // Without a statement none may go; with one, those above it may not.
    files.delete("tile/entries/000");
    if (files.size > 0 && random(2) === 0) files.delete("tile/0/000");
    const last = [...files.keys()].filter((path) => path.startsWith("tile/entries/001"));
    for (const path of last) files.delete(path);
    return { form: "files", files };
  },
};

/** The log with the statement that lets its first tile go, after other entries. */
export function prunedLog(log: MadeLog, before: readonly string[] = []): MadeLog {
  const entries = [...log.entries, ...before, JSON.stringify(statement(log, PRUNED))];
  return logOf(entries, { facts: log.facts, heads: [...log.heads, entries.length] });
}
