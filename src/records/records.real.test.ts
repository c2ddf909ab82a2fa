import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { type Actor, systemActor } from "../base/actor.ts";
import { type ChangeId, newId, type SubjectId } from "../base/ids.ts";
import { DAY_MS } from "../base/instant.ts";
import { inTransaction } from "../db/database.ts";
import type { GrantId } from "../identity/model.ts";
import { insertGrant, insertSubject, savePassword } from "../identity/store.ts";
import { type LogKey, verifierKey } from "../ledger/checkpoint.ts";
import { changeEvidence } from "../ledger/evidence.ts";
import { exportLines } from "../ledger/export.ts";
import { sequence } from "../ledger/loops-sequencer.ts";
import { comingFrom } from "../ledger/origin.ts";
import { proveConsistency } from "../ledger/proof.ts";
import { recordEvent } from "../ledger/record.ts";
import { routes } from "../ledger/routes.ts";
import { openLogKey } from "../ledger/store-log-key.ts";
import { openSealed, sealAbout } from "../ledger/store-seal.ts";
import { loadHead } from "../ledger/store-tree.ts";
import { parseVerifierKey, verifyExport } from "../ledger/verify.ts";
import { verifyTiles } from "../ledger/verify-tiles.ts";
import { askedErasures, askOrErase, heldOn, withdrawAsked } from "./actions-erasure.ts";
import { askOrLiftHold, listHolds, placeHold } from "./actions-holds.ts";
import { changeRetention, prune, retentionStanding } from "./actions-prune.ts";
import type { RetentionClass } from "./retention.ts";

const proofRoute = routes.find(({ path }) => path === "/api/v1/audit/proof/{index}")!;
let made: TestWorld;
let key: LogKey;
const people = new Map<string, Actor>();
const REASON = "asked for by the court in 4 O 12/26";

beforeAll(async () => {
  made = await testWorld();
  key = await openLogKey(made.world);
  await sequence(made.world, key);
  for (const handle of ["ada", "bob", "carol", "dora"]) await addPerson(handle);
  // 600 entries of eight years ago, as an old server has them; only the owner can write a time.
  await sql`
    insert into event (id, type, actor, object, at)
    select 'old-' || n, 'host.inspected', ${systemActor.subject}, 'host:h-' || n,
      now() - interval '8 years'
    from generate_series(1, 600) n order by n`.execute(made.owner());
  await sequence(made.world, key);
}, 60_000);
afterAll(() => made.close());

async function addPerson(handle: string): Promise<void> {
  const id = newId<SubjectId>(Date.now());
  await inTransaction(made.world.db, async (tx) => {
    await insertSubject(tx, {
      id,
      kind: "person",
      handle,
      name: `${handle} Lovelace`,
      owner: null,
    });
    await savePassword(tx, id, "hash");
    const grant = { id: newId<GrantId>(Date.now()), role: "admin" as const, scope: "" };
    await insertGrant(tx, { ...grant, subject: id, grantedBy: systemActor.subject });
  });
  people.set(handle, {
    ...{ subject: id, name: handle, kind: "person", via: "session" },
    grants: [{ role: "admin", scope: [] }],
  });
}

function who(handle: string): Actor {
  const actor = people.get(handle);
  if (actor === undefined) throw new Error(handle);
  return actor;
}

/** One asks, another does the same. */
async function shortened(kind: RetentionClass, days: number): Promise<void> {
  for (const by of ["ada", "bob"]) {
    await changeRetention(made.world, who(by), { class: kind, days });
  }
}

/** Pruning waits for the head that the sequencer signs meanwhile. */
async function pruned(minimum: number) {
  const timer = setInterval(() => void sequence(made.world, key).catch(() => undefined), 50);
  try {
    return await prune(made.world, who("ada"), minimum);
  } finally {
    clearInterval(timer);
    await sequence(made.world, key);
  }
}

async function exported(): Promise<string> {
  await sequence(made.world, key);
  const head = (await loadHead(made.world.db))!;
  let text = "";
  for await (const part of exportLines(made.world.db, key, head)) text += part;
  return text;
}

const trusted = () => parseVerifierKey(verifierKey(key))!;
const standing = () => retentionStanding(made.world, who("ada"));

describe("a legal hold", () => {
  test("counts at once, keeps what it names from pruning, and is lifted by two people", async () => {
    expect(await standing()).toMatchObject({ minimum: 0, prunable: 512 });
    const span = { from: Date.now() - 9 * 366 * DAY_MS, until: Date.now() - 366 * DAY_MS };
    const hold = await placeHold(made.world, who("ada"), { kind: "time", ...span, reason: REASON });
    expect(await standing()).toMatchObject({
      prunable: 0,
      first: { index: 0, why: `legal hold LH-${hold.number}` },
    });
    await expect(prune(made.world, who("ada"), 256)).rejects.toMatchObject({ code: "blocked" });
    const lift = (by: string, reason?: string) =>
      askOrLiftHold(made.world, who(by), { hold: `LH-${hold.number}`, reason });
    await lift("ada", "the case is closed, says the court");
    await expect(lift("ada")).rejects.toMatchObject({ code: "forbidden" });
    expect(await standing()).toMatchObject({ prunable: 0 });
    expect(await lift("bob")).toMatchObject({ liftedBy: who("bob").subject });
    await expect(lift("carol")).rejects.toMatchObject({ code: "conflict" });
    expect(await standing()).toMatchObject({ prunable: 512 });
    expect(await listHolds(made.world, who("ada"), { open: true })).toEqual([]);
  });

  test("over what is not there, or over no span, is refused", async () => {
    const place = (of: object) =>
      placeHold(made.world, who("ada"), { kind: "host", reason: REASON, ...of });
    await expect(place({ about: "nowhere" })).rejects.toMatchObject({ code: "invalid" });
    await expect(place({ kind: "time", from: 2, until: 1 })).rejects.toMatchObject({
      code: "invalid",
    });
  });

  test("cannot be edited, deleted or lifted by one person in the database either", async () => {
    const hold = await placeHold(made.world, who("ada"), {
      ...{ kind: "person", about: "dora", reason: REASON },
    });
    for (const statement of [
      sql`delete from legal_hold`,
      sql`update legal_hold set about = 'x'`,
      sql`update legal_hold set lifted_by = 'x', lifted_at = now() where id = ${hold.id}`,
      sql`update legal_hold set lift_asked_by = 'x', lift_asked_at = now(), lift_reason = ${REASON},
            lifted_by = 'y', lifted_at = now() where id = ${hold.id}`,
    ]) {
      for (const db of [made.world.db, made.owner()]) {
        await expect(statement.execute(db)).rejects.toThrow(
          /never deleted|does not change|two steps|violates|permission denied/,
        );
      }
    }
  });
});

describe("pruning", () => {
  test("the server's role cannot do it past the owner's function, nor the owner past the triggers", async () => {
    for (const statement of [
      sql`delete from ledger_entry where index < 256`,
      sql`delete from event where id = 'old-1'`,
      sql`insert into ledger_pruned (minimum, statement, entries) values (256, 'x', 256)`,
    ]) {
      await expect(statement.execute(made.world.db)).rejects.toThrow(/permission denied/);
    }
    await expect(sql`delete from ledger_entry`.execute(made.owner())).rejects.toThrow(
      /append-only/,
    );
    await expect(sql`delete from event`.execute(made.owner())).rejects.toThrow(/append-only/);
    await expect(sql`select ledger_prune('old-1')`.execute(made.world.db)).rejects.toThrow(
      /no signed head covers/,
    );
  });

  test("a statement that lies about age or holds takes nothing away", async () => {
    const open = await listHolds(made.world, who("ada"), { open: true });
    const holds = open.map(({ number }) => `LH-${number}`);
    const lie = await inTransaction(made.world.db, (tx) =>
      recordEvent(tx, {
        ...{ type: "ledger.pruned", actor: who("ada").subject, object: "ledger:log" },
        facts: { minimum: 512, root: "x", holds },
      }),
    );
    await sequence(made.world, key);
    const about = { kind: "host" as const, reason: REASON };
    await sql`
      insert into host (id, name, protocol_id, way, mode, created_at)
      values ('h-300', 'web-300', 'h-3f9c2a7be01d4c55a300', '{"kind":"local"}', 'inspect-only', now())
      `.execute(made.owner());
    const hold = await placeHold(made.world, who("bob"), { ...about, about: "web-300" });
    await expect(sql`select ledger_prune(${lie})`.execute(made.world.db)).rejects.toThrow(
      /must be kept/,
    );
    expect(await standing()).toMatchObject({ minimum: 0, prunable: 256 });
    const name = `LH-${hold.number}`;
    await askOrLiftHold(made.world, who("ada"), { hold: name, reason: REASON });
    await askOrLiftHold(made.world, who("bob"), { hold: name });
  });

  test("keeps every hash: exports, tiles, proofs and heads seen before go on to verify", async () => {
    const before = (await loadHead(made.world.db))!;
    await expect(pruned(300)).rejects.toMatchObject({ code: "blocked" });
    await expect(pruned(768)).rejects.toMatchObject({ code: "blocked" });
    expect(await pruned(512)).toEqual({ minimum: 512, entries: 512 });
    const text = await exported();
    expect(text).not.toContain('"host:h-1"');
    const verdict = await verifyExport([Buffer.from(text)], { key: trusted(), knownHead: before });
    expect(verdict.findings).toEqual([]);
    const folder = join(made.world.paths.state, "ledger");
    expect(existsSync(join(folder, "tile/entries/000"))).toBe(false);
    const read = (path: string) =>
      existsSync(join(folder, path)) ? readFileSync(join(folder, path)) : null;
    expect(verifyTiles(read, { key: trusted() }).findings).toEqual([]);
    expect(await proveConsistency(made.world.db, { from: 300, to: 600 })).not.toEqual([]);
    expect(await standing()).toMatchObject({ minimum: 512, prunable: 512 });
    await expect(
      proofRoute.handle(
        { world: made.world, actor: who("ada") } as never,
        {
          params: { index: 300 },
          query: {},
        } as never,
      ),
    ).rejects.toMatchObject({ code: "not-found", message: expect.stringContaining("were pruned") });
    // Of a change whose request was pruned, what is left is no evidence.
    await inTransaction(made.world.db, (tx) =>
      recordEvent(tx, {
        ...{ type: "wave.opened", actor: who("ada").subject, object: "rollout:cut" },
        ...{ change: "cut" as ChangeId, facts: { wave: 2 } },
      }),
    );
    await sequence(made.world, key);
    const head = (await loadHead(made.world.db))!;
    expect(await changeEvidence(made.world.db, { key, head, change: "cut" })).toBeNull();
    await expect(pruned(512)).rejects.toMatchObject({ code: "blocked" });
    // And goes on after it.
    await shortened("rest", 400);
    expect((await verifyExport([Buffer.from(await exported())], { key: trusted() })).isGood).toBe(
      true,
    );
  });

  test("an export that says nothing of it is found out", async () => {
    const lines = (await exported()).split("\n");
    const without = lines.filter((line) => !line.startsWith('{"pruned"')).join("\n");
    const silent = without.replace(',"minimum":512', "");
    for (const text of [without, silent]) {
      expect((await verifyExport([Buffer.from(text)], { key: trusted() })).isGood).toBe(false);
    }
  });

  test("is kept for a shorter time by two people only, in the database too", async () => {
    const change = (by: string, days: number) =>
      changeRetention(made.world, who(by), { class: "access", days });
    expect(await change("ada", 3_000)).toMatchObject({ days: 3_000, asked: null });
    expect(await change("ada", 500)).toMatchObject({ days: 3_000, asked: { days: 500 } });
    await expect(change("ada", 500)).rejects.toMatchObject({ code: "forbidden" });
    // Who wants what counts now ends it.
    expect(await change("bob", 3_000)).toMatchObject({ days: 3_000, asked: null });
    expect(await change("bob", 500)).toMatchObject({ days: 3_000, asked: { days: 500 } });
    const { subject } = who("bob");
    for (const by of [null, subject]) {
      await expect(
        sql`update ledger_retention set days = 500, changed_by = ${by},
              asked_days = null, asked_by = null, asked_at = null
            where class = 'access'`.execute(made.world.db),
      ).rejects.toThrow(/two people/);
    }
    expect(await change("ada", 500)).toMatchObject({ days: 500, asked: null });
  });

  test("no retention is shorter than 400 days", async () => {
    await expect(
      changeRetention(made.world, who("ada"), { class: "changes", days: 399 }),
    ).rejects.toThrow(/check constraint/);
  });
});

describe("erasing a person", () => {
  test("takes two others, destroys what is sealed, and leaves a log that verifies", async () => {
    const carol = who("carol").subject;
    await comingFrom(
      {
        ...{ request: "r-1", via: "session", session: "0123456789abcdef", address: "192.0.2.7" },
        signIn: async () => null,
        seal: (tx, subject, text) => sealAbout(made.world, tx, { subject, text }),
      },
      () =>
        inTransaction(made.world.db, (tx) =>
          recordEvent(tx, { type: "host.added", actor: carol, object: "host:h-x" }),
        ),
    );
    const erase = (by: string, reason?: string) =>
      askOrErase(made.world, who(by), { user: carol, reason });
    expect(JSON.stringify(await heldOn(made.world, who("ada"), "carol"))).toContain("192.0.2.7");
    await expect(erase("ada")).rejects.toMatchObject({ code: "invalid" });
    expect(await erase("ada", "Carol was to be somebody else")).toMatchObject({ doneAt: null });
    await withdrawAsked(made.world, who("bob"), "carol");
    await expect(withdrawAsked(made.world, who("bob"), "carol")).rejects.toMatchObject({
      code: "conflict",
    });
    expect(await askedErasures(made.world, who("ada"))).toEqual([]);
    // What was taken back is nothing that another person agrees to, in the database neither.
    await expect(erase("bob")).rejects.toMatchObject({ code: "invalid" });
    await expect(
      sql`update subject_erasure set done_by = ${who("bob").subject}, done_at = now(),
            withdrawn_at = null, handle_digest = sha256('carol') where subject = ${carol}`.execute(
        made.world.db,
      ),
    ).rejects.toThrow(/stays done/);
    expect(await erase("ada", "Carol left and asked for it")).toMatchObject({ doneAt: null });
    expect(await askedErasures(made.world, who("bob"))).toMatchObject([
      { handle: "carol", askedBy: who("ada").subject, hold: null },
    ]);
    await expect(erase("ada")).rejects.toMatchObject({ code: "forbidden" });
    await expect(erase("carol")).rejects.toMatchObject({ code: "forbidden" });
    expect(await erase("bob")).toMatchObject({ doneBy: who("bob").subject });
    await expect(erase("bob")).rejects.toMatchObject({ code: "conflict" });
    const { rows } = await sql<object>`
      select name, handle like 'erased-%' as "isRenamed", password_hash, disabled_at is not null as off
      from subject where id = ${carol}`.execute(made.world.db);
    expect(rows).toEqual([{ name: "(erased)", isRenamed: true, password_hash: null, off: true }]);
    const held = JSON.stringify(await heldOn(made.world, who("ada"), carol));
    expect(held).not.toMatch(/192\.0\.2\.7|[Cc]arol/);
    expect(held).toContain("(erased)");
    const text = await exported();
    expect(text).not.toMatch(/192\.0\.2\.7|[Cc]arol|Lovelace/);
    expect(JSON.stringify(await openSealed(made.world, text.split("\n").map(addressIn)))).toContain(
      "(erased)",
    );
    expect((await verifyExport([Buffer.from(text)], { key: trusted() })).findings).toEqual([]);
    const again = { id: newId<SubjectId>(Date.now()), kind: "person", handle: "carol" } as const;
    expect(
      await inTransaction(made.world.db, (tx) =>
        insertSubject(tx, { ...again, name: "Carol", owner: null }),
      ).catch(() => false),
    ).toBe(false);
  });

  test("is refused while a legal hold names them, in the database too", async () => {
    const dora = who("dora").subject;
    await expect(
      askOrErase(made.world, who("ada"), { user: "dora", reason: REASON }),
    ).rejects.toThrow(/Legal hold LH-\d+ keeps/);
    for (const db of [made.world.db, made.owner()]) {
      await expect(
        sql`insert into subject_key (subject, sealed_key, destroyed_at)
            values (${dora}, null, now())`.execute(db),
      ).rejects.toThrow(/keeps this key/);
    }
  });
});

function addressIn(line: string): string {
  return /"address":"(sealed:[^"]+)"/.exec(line)?.[1] ?? "";
}
