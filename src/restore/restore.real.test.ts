import { generateKeyPairSync } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { integrated } from "../../test/builders/integrated.ts";
import { testRings } from "../../test/builders/plan.ts";
import {
  aPatch,
  aPerson,
  askedOpenssl,
  someHosts,
  type TestPerson,
} from "../../test/builders/stored.ts";
import { withDatabase } from "../../test/setup/postgres.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { newId } from "../base/ids.ts";
import { DAY_MS } from "../base/instant.ts";
import { requestChange } from "../change/actions.ts";
import { withdrawChange } from "../change/actions-end.ts";
import { loadChange } from "../change/store.ts";
import { clientConfig, inTransaction, openDatabase } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { loadQuorum, loadRingRules } from "../fleet/store-witness-quorum.ts";
import { dropKey } from "../identity/actions-keys.ts";
import type { TokenId } from "../identity/model.ts";
import { loadSubject } from "../identity/store.ts";
import { insertToken, loadTokens } from "../identity/store-access.ts";
import { loadKeys } from "../identity/store-keys.ts";
import { logKey, openCheckpoint, signCheckpoint, verifierKey } from "../ledger/checkpoint.ts";
import { exportLines } from "../ledger/export.ts";
import { recordEvents } from "../ledger/record.ts";
import { isDatabaseBehind } from "../ledger/store-behind.ts";
import { openLogKey } from "../ledger/store-log-key.ts";
import { loadHead } from "../ledger/store-tree.ts";
import { parseVerifierKey, verifyExport } from "../ledger/verify.ts";
import { createPlan } from "../plan/actions.ts";
import { haltScope } from "../rollout/actions-halt.ts";
import { loadHalts } from "../rollout/store-halts.ts";
import { draftStatement, finishRestore, showLeft, showRestore, signStatement } from "./actions.ts";
import { openIfBehind } from "./actions-open.ts";
import { parseRestore, writeRestore } from "./statement.ts";

/**
 * A real copy of the database is made, work goes on, and the copy is put back under the ledger folder
 * of the newer one, as an operator does who has lost a disk.
 */
let made: TestWorld;
/** Before the copy, and after it as the world that went on. */
let lived: World;
let [carol, alice, bob, dave]: TestPerson[] = [];
let change: string;
let withdrawn: string;
let rollout: string;
let token: TokenId;
let folder: string;
const copies: string[] = [];

beforeAll(async () => {
  made = await testWorld();
  lived = made.world;
  folder = mkdtempSync(join(tmpdir(), "fettle-restore-"));
  carol = await aPerson(lived, "carol");
  alice = await aPerson(lived, "alice", { role: "approver" });
  bob = await aPerson(lived, "bob", { role: "approver" });
  dave = await aPerson(lived, "dave", { role: "approver" });
  const hosts = await someHosts(lived, [
    { name: "web-1", labels: { ring: "canary", env: "prod" } },
    { name: "web-2", labels: { ring: "canary", env: "prod" } },
  ]);
  const patch = await aPatch(lived, carol);
  const request = { patch, policy: { text: testRings }, class: "normal" as const };
  const { plan } = await createPlan(lived, carol.actor, request, askedOpenssl);
  const asked = { plan: plan.digest, reason: "fixes a CVE" };
  change = (await requestChange(lived, carol.actor, asked)).id;
  withdrawn = change;
  rollout = await runningRollout(plan.digest, patch, hosts);
  token = newId<TokenId>(Date.now());
  const limits = { parent: null, title: "t", limits: null, lifeSeconds: 3600, proof: null };
  await inTransaction(lived.db, (tx) =>
    insertToken(tx, { id: token, hash: "a".repeat(64), subject: bob!.actor.subject, ...limits }),
  );
  await integrated(lived);
});
afterAll(async () => {
  await lived.db.destroy();
  const admin = new pg.Client(clientConfig(inject("postgres")));
  await admin.connect();
  for (const name of copies) await admin.query(`drop database if exists ${name} with (force)`);
  await admin.end();
  rmSync(folder, { recursive: true, force: true });
  await made.close();
});

/** One host has the order, one is done. */
async function runningRollout(plan: string, patch: string, hosts: readonly string[]) {
  const id = newId<string>(Date.now());
  const owner = made.owner();
  await sql`insert into rollout (id, plan, change, patch, title, attempts_max, permit_ttl_seconds,
      scopes, started_by) values (${id}, ${plan}, ${change}, ${patch}, 'openssl', 2, 3,
      '{all,ring:canary}', ${carol!.actor.subject})`.execute(owner);
  await sql`insert into wave (rollout, number, ring, state, not_before, not_after, gate, host_count,
      opened_at) values (${id}, 1, 'canary', 'open', now(), now() + interval '1 day', '{}', 2, now())
  `.execute(owner);
  const leased = sql`now() + interval '1 minute'`;
  const body = "b".repeat(64);
  await sql`insert into target (rollout, host, wave, leaf_index, body, state, lease_until)
      values (${id}, ${hosts[0]}, 1, 0, ${body}, 'leased', ${leased}),
             (${id}, ${hosts[1]}, 1, 1, ${body}, 'done', null)`.execute(owner);
  await sql`insert into host_slot (host, rollout) values (${hosts[0]}, ${id})
      on conflict (host) do update set rollout = excluded.rollout`.execute(owner);
  return id;
}

/** A copy by PostgreSQL itself, as a backup is; nobody may be connected meanwhile. */
async function backup(name: string): Promise<string> {
  await lived.db.destroy();
  const admin = new pg.Client(clientConfig(inject("postgres")));
  await admin.connect();
  const from = made.connection.database;
  const copy = `${from}_${name}`;
  copies.push(copy);
  await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [
    from,
  ]);
  await admin.query(`create database ${copy} template ${from} strategy file_copy`);
  await admin.end();
  lived = on(from ?? "", lived.paths.state);
  return copy;
}

function on(database: string, state: string, clock = Date.now): World {
  const db = openDatabase(withDatabase(inject("app"), database), () => undefined);
  return { ...made.world, db, clock, paths: { state, sockets: state } };
}

/** Halts, revocations, removals, and more than a tile of what nobody misses. */
async function goOn(): Promise<void> {
  const { subject: actor } = carol!.actor;
  const about = (who: TestPerson) => `subject:${who.actor.subject}`;
  await haltScope(lived, carol!.actor, {
    ...{ scope: "ring:canary", isHalted: true, isFrozen: true, reason: "smoke in the room" },
  });
  await withdrawChange(lived, carol!.actor, { change: withdrawn, reason: "not needed any more" });
  const [key] = await loadKeys(lived.db, { subject: dave!.actor.subject });
  await dropKey(lived, dave!.actor, key!.id);
  await inTransaction(lived.db, (tx) =>
    recordEvents(tx, [
      { type: "subject.disabled", actor, object: about(dave!) },
      { type: "token.revoked", actor, object: `token:${token}` },
      { type: "witness.quorum-set", actor, object: "ledger:log", facts: { was: 0, need: 2 } },
      {
        ...{ type: "witness.ring-quorum-set", actor, object: "ring:canary" },
        facts: { was: 0, need: 1, wasOperator: "", operator: "platform" },
      },
      // Stands apart from its entry, as it does not fit.
      { type: "sink.tested", actor, object: "sink:a", facts: { text: "x".repeat(70_000) } },
      { type: "grant.added", actor, object: about(bob!), facts: { role: "admin", scope: "" } },
      ...Array.from({ length: 300 }, (_, n) => ({
        ...{ type: "scan.finished" as const, actor, object: `scan:${n}`, facts: { é: n } },
      })),
    ]),
  );
  await integrated(lived);
}

describe("an older copy of the database under the newer ledger folder", () => {
  let back: World;
  let newest: { readonly size: number; readonly root: string };
  let old: number;

  beforeAll(async () => {
    const copy = await backup("old");
    old = (await loadHead(lived.db))!.size;
    await goOn();
    const head = (await loadHead(lived.db))!;
    newest = { size: head.size, root: Buffer.from(head.root, "base64").toString("hex") };
    cpSync(lived.paths.state, join(folder, "state"), { recursive: true });
    back = on(copy, join(folder, "state"));
  });
  afterAll(() => back.db.destroy());

  test("§12 missing entries come back byte for byte, what took away counts again, and all is held", async () => {
    expect(await isDatabaseBehind(back)).toBe(true);
    const open = await openIfBehind(back);
    expect(open).toMatchObject({ old: { size: old }, newest, problem: null });
    expect(open?.replayed).toMatchObject({
      ...{ entries: newest.size - old, "people disabled": 1, "tokens revoked": 1 },
      ...{ "keys removed": 1, "scopes halted": 1, "changes ended": 1 },
      ...{ "rollouts halted": 1, "jobs unknown until their host reports": 1 },
      "quorums of witnesses raised": 2,
    });
    expect(await loadQuorum(back.db)).toBe(2);
    expect(await loadRingRules(back.db)).toEqual([
      { ring: "canary", need: 1, operator: "platform" },
    ]);
    expect(await loadHead(back.db)).toMatchObject(await loadHead(lived.db).then((h) => h!));
    const entries = sql`select index, entry from ledger_entry order by index`;
    expect((await entries.execute(back.db)).rows).toEqual((await entries.execute(lived.db)).rows);
    const facts = sql`select e.id, (extract(epoch from e.at) * 1000)::bigint, e.facts, e.circumstances from event e
      join ledger_entry l on l.event = e.id order by l.index`;
    expect((await facts.execute(back.db)).rows).toEqual((await facts.execute(lived.db)).rows);

    expect((await loadSubject(back.db, dave!.actor.subject))?.disabledAt).not.toBeNull();
    const [key] = await loadKeys(back.db, { subject: dave!.actor.subject });
    expect(key?.removedAt).not.toBeNull();
    expect((await loadTokens(back.db, { id: token }))[0]?.revokedAt).not.toBeNull();
    expect((await loadSubject(back.db, bob!.actor.subject))?.grants).toEqual([]);
    expect(await loadHalts(back.db)).toMatchObject([{ scope: "ring:canary", isFrozen: true }]);
    expect((await loadChange(back.db, change))?.state).toBe("withdrawn");
    const { rows } = await sql`select r.state as rollout, t.state, t.is_begun from rollout r
      join target t on t.rollout = r.id where r.id = ${rollout} order by t.leaf_index`.execute(
      back.db,
    );
    expect(rows).toEqual([
      { rollout: "halted", state: "unknown", is_begun: true },
      { rollout: "halted", state: "done", is_begun: false },
    ]);
    const left = await showLeft(back, carol!.actor);
    expect(left.map((one) => one.type)).toEqual(["grant.added"]);
    // Started again, it finds the same restore open and does nothing twice.
    expect(await openIfBehind(back)).toEqual(open);
  });

  test("§12 one signer, the same person twice, another text, other heads and an old text are refused", async () => {
    const document = await draftStatement(back, alice!.actor);
    const text = parseRestore(document);
    expect(text).toMatchObject({
      ok: true,
      value: { head: newest, old: { size: old }, new: newest },
    });
    const sign = (
      who: TestPerson,
      of = document,
      over = of,
      namespace = "fettle-restore-v1" as const,
    ) => signStatement(back, who.actor, { document: of, signature: who.sign(over, namespace) });
    await expect(finishRestore(back, alice!.actor)).rejects.toThrow(/0 of 2 people/);
    await expect(sign(alice!, document, `${document}x`)).rejects.toMatchObject({ code: "invalid" });
    await expect(
      signStatement(back, alice!.actor, { document, signature: alice!.sign(document) }),
    ).rejects.toMatchObject({ code: "invalid" });
    if (!text.ok) throw new Error("unreachable");
    const others = [
      { ...text.value, head: { ...newest, root: "0".repeat(64) } },
      { ...text.value, new: { ...newest, size: newest.size - 1 } },
      { ...text.value, old: { ...text.value.old, size: old - 1 } },
      { ...text.value, tenant: "other" },
      // What was signed for an earlier restore of the same copy.
      { ...text.value, issued: text.value.issued - 60 },
    ];
    for (const other of others) {
      await expect(sign(alice!, writeRestore(other))).rejects.toMatchObject({ code: "conflict" });
    }
    await expect(sign(dave!)).rejects.toMatchObject({ code: "forbidden" });
    const narrow = { ...alice!.actor, grants: [{ role: "viewer" as const, scope: [] }] };
    await expect(
      signStatement(back, narrow, {
        document,
        signature: alice!.sign(document, "fettle-restore-v1"),
      }),
    ).rejects.toBeInstanceOf(Failure);
    await sign(alice!);
    await expect(sign(alice!)).rejects.toMatchObject({ code: "conflict" });
    await expect(finishRestore(back, alice!.actor)).rejects.toThrow(/1 of 2 people/);
    // A day later the same text counts no more, and what was signed under it neither.
    const later = { ...back, clock: () => Date.now() + DAY_MS + 60_000 };
    await expect(
      signStatement(later, bob!.actor, {
        document,
        signature: bob!.sign(document, "fettle-restore-v1"),
      }),
    ).rejects.toThrow(/more than a day old/);
    const anew = await draftStatement(later, bob!.actor);
    expect(anew).not.toBe(document);
    expect((await showRestore(later))?.signatures).toEqual([]);
  });

  test("§12 with two signatures the log goes on from the newest head, under the same key", async () => {
    // The text of a day ahead is refused at the real time; it is written anew.
    await sql`update ledger_restore set document = null, document_at = null`.execute(back.db);
    const document = await draftStatement(back, alice!.actor);
    for (const who of [carol!, bob!]) {
      const signature = who.sign(document, "fettle-restore-v1");
      await signStatement(back, who.actor, { document, signature });
    }
    await finishRestore(back, bob!.actor);
    expect(await openIfBehind(back)).toBeNull();
    await integrated(back);
    const key = await openLogKey(back);
    const head = (await loadHead(back.db))!;
    expect(head.size).toBeGreaterThan(newest.size);
    const note = await readFile(join(back.paths.state, "ledger/checkpoint"), "utf8");
    expect(openCheckpoint(key, note)?.size).toBe(head.size);
    let lines = "";
    for await (const part of exportLines(back.db, key, head)) lines += part;
    const trusted = parseVerifierKey(verifierKey(key))!;
    const verdict = await verifyExport([Buffer.from(lines)], { key: trusted });
    expect(verdict).toMatchObject({ isGood: true });
    expect(lines).toContain('"type":"restore.opened"');
    expect(lines).toContain('"type":"restore.finished"');
    await expect(finishRestore(back, bob!.actor)).rejects.toThrow(/No restore is open/);
    await expect(draftStatement(back, alice!.actor)).rejects.toThrow(/No restore is open/);
  });
});

describe("an older copy where the ledger folder is as old", () => {
  test("§12 a head that others kept holds everything until the files are back", async () => {
    const old = join(folder, "both-old");
    const copy = await backup("both");
    cpSync(lived.paths.state, old, { recursive: true });
    const before = (await loadHead(lived.db))!;
    const events = Array.from({ length: 5 }, (_, n) => ({
      ...{ type: "scan.finished" as const, actor: systemActor.subject, object: `scan:late-${n}` },
    }));
    await inTransaction(lived.db, (tx) => recordEvents(tx, events));
    await integrated(lived);
    const newest = (await loadHead(lived.db))!;
    const back = on(copy, old);
    // Nothing on this machine can tell: database and files are of the same moment.
    expect(await openIfBehind(back)).toBeNull();
    const known = join(old, "known-heads");
    mkdirSync(known);
    const put = (name: string, text: string) => writeFileSync(join(known, name), text);
    const key = await openLogKey(back);
    const forger = logKey(key.origin, generateKeyPairSync("ed25519").privateKey);
    put("forged", signCheckpoint(forger, newest.size, Buffer.from(newest.root, "base64")));
    await expect(openIfBehind(back)).rejects.toThrow(/forged is not a head signed/);
    rmSync(join(known, "forged"));
    put("fork", signCheckpoint(key, before.size - 1, Buffer.alloc(32, 7)));
    await expect(openIfBehind(back)).rejects.toThrow(/there are two histories/);
    rmSync(join(known, "fork"));
    put("seen-before", before.note);
    expect(await openIfBehind(back)).toBeNull();

    put("auditor", newest.note);
    expect(await isDatabaseBehind(back)).toBe(true);
    const open = await openIfBehind(back);
    expect(open).toMatchObject({ newest: { size: newest.size }, replayed: { entries: 0 } });
    expect(open?.newestFrom).toMatch(/auditor$/);
    expect(open?.problem).toMatch(/of the ledger folder/);
    await expect(draftStatement(back, alice!.actor)).rejects.toThrow(/entries up to the newest/);
    // The files of the newer ledger alone are enough.
    rmSync(join(old, "ledger"), { recursive: true });
    cpSync(join(lived.paths.state, "ledger"), join(old, "ledger"), { recursive: true });
    expect(await openIfBehind(back)).toMatchObject({ problem: null, replayed: { entries: 5 } });
    expect(await isDatabaseBehind(back)).toBe(false);
    expect(await draftStatement(back, alice!.actor)).toContain(`old ${before.size} `);
    await back.db.destroy();
  });
});

describe("an older copy where the files of the ledger are damaged too", () => {
  test("nothing is replayed by half, all is held, nobody can sign, and a whole folder mends it", async () => {
    const copy = await backup("torn");
    const before = (await loadHead(lived.db))!;
    await inTransaction(lived.db, (tx) =>
      recordEvents(
        tx,
        Array.from({ length: 20 }, (_, n) => ({
          ...{ type: "scan.finished" as const, actor: systemActor.subject, object: `scan:${n}` },
        })),
      ),
    );
    await integrated(lived);
    const state = join(folder, "torn");
    cpSync(lived.paths.state, state, { recursive: true });
    const back = on(copy, state);
    const entries = join(state, "ledger/tile/entries");
    renameSync(entries, `${entries}.away`);
    const open = await openIfBehind(back);
    expect(open?.problem).toMatch(/entries.*ENOENT/);
    expect(open?.replayed).toMatchObject({ entries: 0 });
    expect(await loadHead(back.db)).toEqual(before);
    await expect(draftStatement(back, alice!.actor)).rejects.toThrow(/entries up to the newest/);
    renameSync(`${entries}.away`, entries);
    expect(await openIfBehind(back)).toMatchObject({ problem: null, replayed: { entries: 20 } });
    expect(await draftStatement(back, alice!.actor)).toContain(`old ${before.size} `);
    await back.db.destroy();
  });
});
