import { generateKeyPairSync } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { type LogKey, logKey, openCheckpoint, signCheckpoint, verifierKey } from "./checkpoint.ts";
import { exportLines } from "./export.ts";
import { rootOf, sequence } from "./loops-sequencer.ts";
import { recordEvents } from "./record.ts";
import { readTimeline } from "./store.ts";
import { openLogKey } from "./store-log-key.ts";
import { loadHead } from "./store-tree.ts";
import { leafHash } from "./tree.ts";
import { openHead, parseVerifierKey, type Verdict, verifyExport } from "./verify.ts";

let world: World;
let close: () => Promise<void>;
let key: LogKey;
let clean: string;

async function addEvents(to: World, count: number): Promise<void> {
  await inTransaction(to.db, (tx) =>
    recordEvents(
      tx,
      Array.from({ length: count }, (_, i) => ({
        type: "host.added" as const,
        actor: systemActor.subject,
        object: `host:${i}`,
        facts: { n: i, text: 'ünï→ " \\ \n' },
      })),
    ),
  );
}

async function exported(from: World, withKey: LogKey): Promise<string> {
  let text = "";
  for await (const part of exportLines(from.db, withKey, (await loadHead(from.db))!)) text += part;
  return text;
}

function verdictOf(text: string, known?: { size: number; root: string }): Promise<Verdict> {
  const trusted = parseVerifierKey(verifierKey(key))!;
  return verifyExport([Buffer.from(text)], { key: trusted, knownHead: known });
}

beforeAll(async () => {
  ({ world, close } = await testWorld());
  key = await openLogKey(world);
  await sequence(world, key);
  for (const count of [1, 3, 250, 20, 300, 7]) {
    await addEvents(world, count);
    await sequence(world, key);
  }
  clean = await exported(world, key);
});
afterAll(() => close());

describe("the sequencer", () => {
  test("numbers events without a gap and signs a head over all of them", async () => {
    const head = (await loadHead(world.db))!;
    expect(head.size).toBe(581);
    expect(openCheckpoint(key, head.note)).toMatchObject({ size: 581 });
    const events = await readTimeline(world.db, { limit: 1000 });
    expect(events.map((e) => e.index)).toEqual(Array.from({ length: 581 }, (_, i) => i));
  });

  test("writes tiles from which the same root follows", async () => {
    const folder = join(world.paths.state, "ledger");
    const head = (await loadHead(world.db))!;
    expect(readFileSync(join(folder, "checkpoint"), "utf8")).toBe(head.note);
    const leaves: Buffer[] = [];
    for (const [tile, bundle] of [
      ["tile/0/000", "tile/entries/000"],
      ["tile/0/001", "tile/entries/001"],
      ["tile/0/002.p/69", "tile/entries/002.p/69"],
    ] as const) {
      const bytes = readFileSync(join(folder, bundle));
      const hashes: Buffer[] = [];
      for (let at = 0; at < bytes.length; ) {
        const length = bytes.readUInt16BE(at);
        hashes.push(leafHash(bytes.subarray(at + 2, at + 2 + length)));
        at += 2 + length;
      }
      expect(Buffer.concat(hashes).equals(readFileSync(join(folder, tile)))).toBe(true);
      leaves.push(...hashes);
    }
    expect(leaves).toHaveLength(581);
    expect(readFileSync(join(folder, "tile/1/000.p/2"))).toHaveLength(64);
  });

  test("two servers at once give each event one place", async () => {
    const { world: other, close: closeOther } = await testWorld();
    const otherKey = await openLogKey(other);
    await sequence(other, otherKey);
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        await addEvents(other, 5);
        await sequence(other, otherKey);
      }),
    );
    while ((await loadHead(other.db))!.size < 40) await sequence(other, otherKey);
    const { rows } = await sql<{ n: number }>`select count(*) as n from ledger_entry`.execute(
      other.db,
    );
    expect(rows[0]?.n).toBe(40);
    const text = await exported(other, otherKey);
    const trusted = parseVerifierKey(verifierKey(otherKey))!;
    expect(await verifyExport([Buffer.from(text)], { key: trusted })).toMatchObject({
      isGood: true,
    });
    await closeOther();
  });

  test("writes the tiles again when the folder lost them", async () => {
    const { world: other, close: closeOther } = await testWorld();
    const otherKey = await openLogKey(other);
    await addEvents(other, 600);
    await sequence(other, otherKey);
    const folder = join(other.paths.state, "ledger");
    const before = readFileSync(join(folder, "tile/0/001"));
    rmSync(join(folder, "tile"), { recursive: true });
    rmSync(join(folder, "checkpoint"));
    await sequence(other, otherKey);
    expect(readFileSync(join(folder, "tile/0/001")).equals(before)).toBe(true);
    expect(readFileSync(join(folder, "tile/0/002.p/88"))).toHaveLength(88 * 32);
    await closeOther();
  });

  test("signs nothing when the database is older than the files, or has another history", async () => {
    const { world: other, close: closeOther } = await testWorld();
    const otherKey = await openLogKey(other);
    await addEvents(other, 3);
    await sequence(other, otherKey);
    const path = join(other.paths.state, "ledger/checkpoint");
    const root = leafHash("another history");
    writeFileSync(path, signCheckpoint(otherKey, 9, root));
    await addEvents(other, 1);
    await expect(sequence(other, otherKey)).rejects.toThrow(/older than the ledger files/);
    writeFileSync(path, signCheckpoint(otherKey, 2, root));
    await expect(sequence(other, otherKey)).rejects.toThrow(/differs from the head/);
    writeFileSync(path, signCheckpoint(otherKey, 2, await rootOf(other.db, 2)));
    await sequence(other, otherKey);
    expect((await loadHead(other.db))!.size).toBe(4);
    await closeOther();
  });

  test("a crash between tiles and head leaves a ledger that goes on and verifies", async () => {
    const { world: other, owner, close: closeOther } = await testWorld();
    const otherKey = await openLogKey(other);
    await addEvents(other, 3);
    await sequence(other, otherKey);
    await sql`create function crash() returns trigger language plpgsql as
      $$ begin raise exception 'crash'; end $$`.execute(owner());
    await sql`create trigger crash before insert on ledger_checkpoint
      for each row execute function crash()`.execute(owner());
    await addEvents(other, 260);
    await expect(sequence(other, otherKey)).rejects.toThrow("crash");
    await sql`drop trigger crash on ledger_checkpoint`.execute(owner());
    await addEvents(other, 20);
    await sequence(other, otherKey);
    const folder = join(other.paths.state, "ledger");
    expect(readFileSync(join(folder, "checkpoint"), "utf8")).toMatch(/\n283\n/);
    expect(readFileSync(join(folder, "tile/0/001.p/27"))).toHaveLength(27 * 32);
    const text = await exported(other, otherKey);
    const trusted = parseVerifierKey(verifierKey(otherKey))!;
    const verdict = await verifyExport([Buffer.from(text)], { key: trusted });
    expect(verdict).toMatchObject({ isGood: true, entries: 283 });
    await closeOther();
  });

  test("will not make a second key for a ledger that has a head", async () => {
    const { world: other, close: closeOther } = await testWorld();
    await sequence(other, await openLogKey(other));
    rmSync(join(other.paths.state, "ledger/log.key"));
    await expect(openLogKey(other)).rejects.toThrow(/second history/);
    await closeOther();
  });

  test("A13 the server's own role cannot change the log, nor turn off what forbids it", async () => {
    const head = (await loadHead(world.db))!;
    const before = await exported(world, key);
    for (const statement of [
      "update event set actor = 'x'",
      "delete from event",
      "truncate event cascade",
      "update ledger_entry set entry = '{}'",
      "delete from ledger_entry where index = 5",
      "truncate ledger_entry",
      "update ledger_checkpoint set note = ''",
      "delete from ledger_checkpoint",
      "truncate ledger_checkpoint",
      "update ledger_head set size = 3",
      "update ledger_head set root = 'other'",
      "delete from ledger_head",
      "truncate ledger_head",
      "update ledger_tile set hashes = substring(hashes from 1 for 32)",
      "update ledger_tile set hashes = sha256(hashes) || hashes where level = 0",
      "delete from ledger_tile",
      "truncate ledger_tile",
      "update event_queue set inserted = 0",
      "truncate event_queue",
      "alter table event disable trigger all",
      "drop trigger event_append_only on event",
      "drop table ledger_head cascade",
      "create or replace function ledger_refuse_change() returns trigger language plpgsql as 'begin return null; end'",
      "set session_replication_role = replica",
      "create table mine ()",
      "delete from migration",
      "set role fettle",
    ]) {
      await expect(sql.raw(statement).execute(world.db), statement).rejects.toThrow(
        /append-only|only grows|permission denied|must be owner/,
      );
    }
    expect(await loadHead(world.db)).toEqual(head);
    expect(await exported(world, key)).toBe(before);
  });

  test("A13 the owner meets triggers, and an event leaves the queue into the tree only", async () => {
    const { world: other, owner, close: closeOther } = await testWorld();
    await addEvents(other, 2);
    for (const statement of [
      sql`update event set actor = 'x'`,
      sql`truncate event cascade`,
      sql`delete from event_queue`,
    ]) {
      await expect(statement.execute(owner())).rejects.toThrow(/append-only|only into the ledger/);
    }
    await expect(sql`delete from event_queue`.execute(other.db)).rejects.toThrow(/only into/);
    await closeOther();
  });

  test("signs nothing over tiles that were changed under its own head", async () => {
    const { world: other, owner, close: closeOther } = await testWorld();
    const otherKey = await openLogKey(other);
    await addEvents(other, 3);
    await sequence(other, otherKey);
    await inTransaction(owner(), async (tx) => {
      await sql`set local session_replication_role = replica`.execute(tx);
      await sql`update ledger_tile set hashes = sha256(hashes) || substring(hashes from 33)
                 where level = 0`.execute(tx);
    });
    rmSync(join(other.paths.state, "ledger/checkpoint"));
    await addEvents(other, 1);
    await expect(sequence(other, otherKey)).rejects.toThrow(/tiles were changed/);
    expect((await loadHead(other.db))!.size).toBe(3);
    await closeOther();
  });
});

describe("the offline verifier", () => {
  test("finds nothing wrong with a clean export, however it is cut into chunks", async () => {
    const verdict = await verdictOf(clean);
    expect(verdict).toMatchObject({ isGood: true, entries: 581, checkpoints: 6, findings: [] });
    const trusted = parseVerifierKey(verifierKey(key))!;
    const bytes = Buffer.from(clean);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1000, max: 70_000 }), async (step) => {
        const chunks: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += step) chunks.push(bytes.subarray(at, at + step));
        expect((await verifyExport(chunks, { key: trusted })).isGood).toBe(true);
      }),
      { numRuns: 10 },
    );
  });

  test("names the entry that was altered in the database", async () => {
    const lines = clean.split("\n");
    const at = lines.findIndex((line) => line.startsWith('{"index":300,'));
    lines[at] = lines[at]!.replace('"n":', '"n":1');
    const verdict = await verdictOf(lines.join("\n"));
    expect(verdict.findings[0]).toMatchObject({ index: 300, line: at + 1 });
  });

  const lineOf = (lines: readonly string[], pick: number, kind: "entry" | "head"): number => {
    const wanted = kind === "entry" ? '{"index"' : '{"checkpoint"';
    const places = lines.flatMap((line, i) => (line.startsWith(wanted) ? [i] : []));
    return places[pick % places.length]!;
  };
  const entryOf = (line: string): string => line.replace(/^.*?"entry":(.*)}$/s, "$1");
  const withEntry = (line: string, entry: string): string =>
    `${line.slice(0, line.indexOf('"leaf":"') + 8)}${leafHash(entry).toString("hex")}","entry":${entry}}`;
  const forger = logKey("fettle/fettle-ledger", generateKeyPairSync("ed25519").privateKey);
  const edit = (change: (lines: string[], pick: number) => void) => (pick: number) => {
    const lines = clean.split("\n");
    change(lines, pick);
    return lines.join("\n");
  };
  const tamperings: Record<string, (pick: number) => string> = {
    "a flipped bit anywhere": (pick) => {
      const bytes = Buffer.from(clean);
      const at = pick % bytes.length;
      bytes[at] = bytes[at]! ^ (1 << (pick % 7));
      return bytes.toString("latin1");
    },
    "a deleted entry": edit((l, p) => void l.splice(lineOf(l, p, "entry"), 1)),
    "a deleted entry, the rest renumbered": edit((l, p) => {
      l.splice(lineOf(l, p, "entry"), 1);
      let index = 0;
      for (const [i, line] of l.entries()) {
        if (line.startsWith('{"index"'))
          l[i] = line.replace(/^{"index":\d+/, `{"index":${index++}`);
      }
    }),
    "an entry told twice": edit((l, p) => {
      const at = lineOf(l, p, "entry");
      l.splice(at, 0, l[at]!);
    }),
    "two entries swapped": edit((l, p) => {
      const [a, b] = [lineOf(l, p, "entry"), lineOf(l, p + 1, "entry")];
      [l[a], l[b]] = [l[b]!, l[a]!];
    }),
    "two contents swapped under their numbers": edit((l, p) => {
      const [a, b] = [lineOf(l, p, "entry"), lineOf(l, p + 1, "entry")];
      const [x, y] = [entryOf(l[a]!), entryOf(l[b]!)];
      l[a] = withEntry(l[a]!, y);
      l[b] = withEntry(l[b]!, x);
    }),
    "a changed time with its leaf hash": edit((l, p) => {
      const at = lineOf(l, p, "entry");
      const entry = entryOf(l[at]!).replace(/"at":"\d{4}/, '"at":"1999');
      l[at] = withEntry(l[at]!, entry);
    }),
    "a changed actor with its leaf hash": edit((l, p) => {
      const at = lineOf(l, p, "entry");
      l[at] = withEntry(l[at]!, entryOf(l[at]!).replace('"actor":"0', '"actor":"1'));
    }),
    "a cut tail": (pick) => clean.slice(0, pick % clean.length),
    "a cut tail at a line end": edit((l, p) => {
      l.length = 1 + (p % (l.length - 2));
      l.push("");
    }),
    "a dropped head": edit((l, p) => void l.splice(lineOf(l, p, "head"), 1)),
    "a head told twice": edit((l, p) => {
      const at = lineOf(l, p, "head");
      l.splice(at, 0, l[at]!);
    }),
    "a moved head": edit((l, p) => {
      const [line] = l.splice(lineOf(l, p, "head"), 1);
      l.splice(lineOf(l, p * 31, "entry"), 0, line!);
    }),
    "a head signed by another key": edit((l, p) => {
      const at = lineOf(l, p, "head");
      const { size, root } = openHead(
        parseVerifierKey(verifierKey(key))!,
        JSON.parse(l[at]!).checkpoint,
      )!;
      const note = signCheckpoint(forger, size, Buffer.from(root, "base64"));
      l[at] = JSON.stringify({ checkpoint: note });
    }),
    "a forked head signed by the right key": edit((l, p) => {
      const at = lineOf(l, p, "head");
      const size = JSON.parse(l[at]!).checkpoint.split("\n")[1];
      const note = signCheckpoint(key, Number(size), leafHash(`fork ${p}`));
      l[at] = JSON.stringify({ checkpoint: note });
    }),
    "a head of another log": edit((l, p) => {
      const at = lineOf(l, p, "head");
      const head = openHead(parseVerifierKey(verifierKey(key))!, JSON.parse(l[at]!).checkpoint)!;
      const other = logKey("other/fettle-ledger", key.privateKey);
      const note = signCheckpoint(other, head.size, Buffer.from(head.root, "base64"));
      l[at] = JSON.stringify({ checkpoint: note });
    }),
    "another key named in the first line": edit((l) => {
      l[0] = JSON.stringify({ ...JSON.parse(l[0]!), key: verifierKey(forger) });
    }),
    "a whole history forged with another key": edit((l) => {
      for (const [i, line] of l.entries()) {
        if (!line.startsWith('{"checkpoint"')) continue;
        const [, size, root] = JSON.parse(line).checkpoint.split("\n");
        const note = signCheckpoint(forger, Number(size), Buffer.from(root, "base64"));
        l[i] = JSON.stringify({ checkpoint: note });
      }
      l[0] = JSON.stringify({ ...JSON.parse(l[0]!), key: verifierKey(forger) });
    }),
    "an added line": edit((l, p) => void l.splice(1 + (p % (l.length - 1)), 0, "{}")),
  };

  for (const [name, tamper] of Object.entries(tamperings)) {
    test(`finds ${name}, wherever it is`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat({ max: 2 ** 30 }), async (pick) => {
          const text = tamper(pick);
          fc.pre(text !== clean);
          const trusted = parseVerifierKey(verifierKey(key))!;
          const bytes = name.startsWith("a flipped") ? Buffer.from(text, "latin1") : text;
          const verdict = await verifyExport([Buffer.from(bytes as string)], { key: trusted });
          expect(verdict.findings.length).toBeGreaterThan(0);
        }),
        { numRuns: 25 },
      );
    });
  }

  test("finds an honest but older export when a newer head is known", async () => {
    const head = (await loadHead(world.db))!;
    const lines = clean.split("\n");
    const first = lines.findIndex((line) => line.startsWith('{"checkpoint"'));
    const old = [
      JSON.stringify({ ...JSON.parse(lines[0]!), size: 1, checkpoints: 1 }),
      ...lines.slice(1, first + 1),
      "",
    ].join("\n");
    expect((await verdictOf(old)).isGood).toBe(true);
    expect((await verdictOf(old, head)).findings[0]?.problem).toMatch(/older than the head/);
    expect((await verdictOf(clean, head)).isGood).toBe(true);
    const fork = { size: 100, root: leafHash("fork").toString("base64") };
    expect((await verdictOf(clean, fork)).findings[0]?.problem).toMatch(/contradict/);
  });

  test("refuses verifier keys that are not whole", () => {
    const good = verifierKey(key);
    expect(parseVerifierKey(good)).not.toBeNull();
    expect(parseVerifierKey(good.replace("+", "x+"))).toBeNull();
    expect(parseVerifierKey(good.slice(0, -3))).toBeNull();
    expect(parseVerifierKey("")).toBeNull();
  });
});
