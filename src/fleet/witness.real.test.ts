import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { integrated } from "../../test/builders/integrated.ts";
import { aPerson, someHosts, type TestPerson } from "../../test/builders/stored.ts";
import { buildScene, goodDraft, makeKeys, named } from "../../test/corpus/scene.ts";
import { layHost, makeHostRoot, shells } from "../../test/host/host-root.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { sha256 } from "../base/digest.ts";
import { makeMachineKey, openMachineKey, verifySshSignature } from "../base/sshsig.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { loadWitnessSums } from "../ledger/store-witness-sums.ts";
import { startSshd, type TestSshd } from "../reach/sshd-for-tests.ts";
import { askWitness, proposeNext, takeWitnesses } from "./actions-witness.ts";
import {
  addWitness,
  changeOperator,
  changeQuorum,
  changeRingQuorum,
  dropWitness,
  showWitnesses,
} from "./actions-witnesses.ts";
import { insertEnrolment } from "./store.ts";
import { machineKey } from "./store-keys.ts";
import { signedHead } from "./store-signed-head.ts";
import { loadCosigned, loadProposal } from "./store-witness.ts";

let made: TestWorld;
let world: World;
let admin: TestPerson;
let folder: string;
let sshd: TestSshd;
const own = makeMachineKey();
const isRoot = process.getuid?.() === 0;

beforeAll(async () => {
  made = await testWorld();
  world = made.world;
  folder = mkdtempSync(join(tmpdir(), "fettle-witnesses-"));
  admin = await aPerson(world, "ada", { role: "admin" });
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await made.close();
});

/** Any event, so that there is a newer head. */
async function grow(approved = false): Promise<void> {
  await inTransaction(world.db, (tx) =>
    recordEvent(tx, {
      ...{ type: "test.done", actor: admin.actor.subject, object: "test:1", change: "c" },
      ...{ plan: sha256("plan") as never },
      ...(approved
        ? { approved: { plan: sha256("plan") as never, signatures: sha256("signatures") } }
        : {}),
    } as never),
  );
  await integrated(world);
}

/** One turn of the loop, until nobody is to be asked. */
async function ask(): Promise<void> {
  await proposeNext(world);
  for (let turn = 0; turn < 4; turn += 1) {
    const due = await takeWitnesses(world, 8);
    if (due.length === 0) return;
    for (const one of due) await askWitness(world, one, AbortSignal.timeout(20_000));
  }
}

async function events(type: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from event where type = ${type}`.execute(world.db);
  return rows[0]?.n ?? 0;
}

async function isIntegrated(): Promise<boolean> {
  const { rows } = await sql`select 1 from integrated_approval where change = 'c'`.execute(
    world.db,
  );
  return rows.length > 0;
}

// The files of a host must be root's own, so only root can lay a host.
describe.runIf(isRoot)("hosts as witnesses", () => {
  const shell = shells[0]!;
  let root: ReturnType<typeof makeHostRoot>;

  beforeAll(async () => {
    const [host = ""] = await someHosts(world, [{ name: "web-1", labels: { ring: "canary" } }]);
    root = makeHostRoot(join(folder, "host"), shell, "");
    sshd = await startSshd({ forced: `${shell.argv.join(" ")} ${root.program} serve` });
    const keys = makeKeys(join(folder, "keys"));
    const draft = goodDraft(keys);
    const identity = { ...draft.identity, tenant: "fettle" };
    const logs = [named("l1", machineKey(world.paths.state, "log"))];
    const policy = { ...draft.policy, tenant: "fettle", logs };
    layHost(root, buildScene(keys, { ...draft, identity, policy }));
    writeFileSync(join(root.var, "key"), own.privateKeyPem, { mode: 0o600 });
    writeFileSync(join(root.var, "key.pub"), `${own.publicKeyLine}\n`);
    const way = JSON.stringify({ ...sshd.target, program: "installed" });
    await sql`update host set way = ${way}::jsonb where name = 'web-1'`.execute(world.db);
    await inTransaction(world.db, (tx) =>
      insertEnrolment(tx, {
        ...{ host: host as never, policyVersion: 7, way: "installed", ring: "canary" },
        ...{ policyDigest: null, keyLine: own.publicKeyLine, enrolledBy: admin.actor.subject },
      }),
    );
  });
  afterAll(() => sshd.close());

  test("a host over SSH signs head after head, and the quorum waits for it", async () => {
    // With a quorum that nobody can reach the whole fleet would stand still.
    await expect(changeQuorum(world, admin.actor, 1)).rejects.toMatchObject({ code: "blocked" });
    expect(await proposeNext(world)).toBe(false);
    const { name } = await addWitness(world, admin.actor, { host: "web-1" });
    await changeQuorum(world, admin.actor, 1);
    await expect(dropWitness(world, admin.actor, name)).rejects.toMatchObject({ code: "blocked" });
    await expect(changeQuorum(world, admin.actor, 2)).rejects.toMatchObject({ code: "blocked" });
    await grow(true);
    expect(await isIntegrated()).toBe(false);
    await integrated(world);
    await ask();
    expect(await isIntegrated()).toBe(true);
    const [first] = await loadCosigned(world.db, { beyond: 0, heads: 1 });
    const bytes = signedHead(world, first!).text;
    const claim = { namespace: "fettle-cosign-v1", bytes, armoured: first!.signature } as const;
    expect(verifySshSignature({ ...claim, publicKeyLine: own.publicKeyLine }).ok).toBe(true);
    expect(readFileSync(join(root.var, "head"), "utf8")).toBe(`${first!.size} ${first!.root}\n`);
    // The next approval waits again, until the host has seen that the log only grew.
    await grow(true);
    expect(await loadWitnessSums(world.db)).toMatchObject({ need: 1, cosigned: first!.size });
    await ask();
    const { sums, witnesses } = await showWitnesses(world);
    expect(sums.cosigned).toBeGreaterThan(first!.size);
    expect(witnesses).toMatchObject([{ name, problem: null, signedSize: sums.cosigned }]);
    expect([await events("witness.added"), await events("witness.quorum-set")]).toEqual([1, 1]);
  });

  test("what a host saw without our hearing of it is learnt from its answer", async () => {
    await sql`update ledger_witness set size = 0, root = '' where host is not null`.execute(
      world.db,
    );
    await grow(true);
    await ask();
    const proposal = await loadProposal(world.db);
    const { witnesses } = await showWitnesses(world);
    expect(witnesses[0]).toMatchObject({ signedSize: proposal?.size, problem: null });
  });

  test("a ring waits for witnesses that are neither its own nor its operator's", async () => {
    const name = (await showWitnesses(world)).witnesses[0]!.name;
    const gap = async (ring: string) => {
      const { rows } = await sql<{ gap: unknown }>`
        select ring_witness_gap(${ring}, 'c', ${sha256("plan")}) as gap`.execute(world.db);
      return rows[0]?.gap;
    };
    const rule = (ring: string, need: number, operator: string | null = null) =>
      changeRingQuorum(world, admin.actor, { ring, need, operator });
    const blocked = { code: "blocked" };
    // It is a host of the ring canary, so nobody is left there.
    await expect(rule("canary", 1)).rejects.toMatchObject(blocked);
    await expect(rule("prod", 2)).rejects.toMatchObject(blocked);
    // Nobody said whose it is, so it could be theirs.
    await expect(rule("prod", 1, "platform")).rejects.toMatchObject(blocked);
    await changeOperator(world, admin.actor, { name, operator: "dba" });
    const { rings } = await rule("prod", 1, "platform");
    expect(rings).toMatchObject([{ ring: "prod", need: 1, able: 1, counts: [name] }]);
    const turn = changeOperator(world, admin.actor, { name, operator: "platform" });
    await expect(turn).rejects.toMatchObject(blocked);
    await expect(dropWitness(world, admin.actor, name)).rejects.toMatchObject(blocked);
    expect(await gap("prod")).toBeNull();
    await changeQuorum(world, admin.actor, 0);
    await grow(true);
    expect(await isIntegrated()).toBe(true);
    expect([await gap("prod"), await gap("canary")]).toEqual([{ have: 0, need: 1 }, null]);
    await ask();
    expect(await gap("prod")).toBeNull();
    // What is not in the log at all has nobody's word.
    const { rows } = await sql<{ gap: unknown }>`
      select ring_witness_gap('prod', 'other', ${sha256("plan")}) as gap`.execute(world.db);
    expect(rows).toEqual([{ gap: { have: 0, need: 1 } }]);
    await rule("prod", 0);
    expect((await showWitnesses(world)).rings).toEqual([]);
    await changeQuorum(world, admin.actor, 1);
    const seen = [await events("witness.ring-quorum-set"), await events("witness.operator-set")];
    expect(seen).toEqual([2, 1]);
  });

  test("a host that holds another history is told of once, and its word counts no more", async () => {
    const { size } = (await loadProposal(world.db))!;
    writeFileSync(join(root.var, "head"), `${size} ${sha256("other")}\n`);
    await grow(true);
    await ask();
    await ask();
    expect(await events("witness.contradicted")).toBe(1);
    const { sums, witnesses } = await showWitnesses(world);
    expect(sums).toMatchObject({ contradicting: 1, cosigned: 0 });
    expect(witnesses[0]?.problem).toContain("never had");
    // Fail closed: without a witness that counts nothing starts.
    expect(await isIntegrated()).toBe(false);
    await dropWitness(world, admin.actor, witnesses[0]!.name);
    await changeQuorum(world, admin.actor, 0);
    expect(await isIntegrated()).toBe(true);
  });
});

describe("who may be a witness", () => {
  test("a host of the server's own way in is refused, and so are keys that do not fit", async () => {
    const [host = ""] = await someHosts(world, [{ name: "web-9", labels: { ring: "canary" } }]);
    await inTransaction(world.db, (tx) =>
      insertEnrolment(tx, {
        ...{ host: host as never, policyVersion: 1, way: "piped", ring: "canary" },
        ...{ policyDigest: null, keyLine: own.publicKeyLine, enrolledBy: admin.actor.subject },
      }),
    );
    await expect(addWitness(world, admin.actor, { host: "web-9" })).rejects.toMatchObject({
      code: "blocked",
    });
    const { publicKeyLine } = openMachineKey(own.privateKeyPem);
    for (const noteKey of ["auditor+00000000+AAAA", "", "other+12345678+BAAA"]) {
      const given = { name: "auditor", url: "https://w.example", keyLine: publicKeyLine, noteKey };
      await expect(addWitness(world, admin.actor, given)).rejects.toMatchObject({
        code: "invalid",
      });
    }
    const viewer = await aPerson(world, "vic", { role: "viewer" });
    const forbidden = { code: "forbidden" };
    await expect(changeQuorum(world, viewer.actor, 0)).rejects.toMatchObject(forbidden);
    const rule = { ring: "prod", need: 0, operator: null };
    await expect(changeRingQuorum(world, viewer.actor, rule)).rejects.toMatchObject(forbidden);
    const turn = changeOperator(world, viewer.actor, { name: "auditor", operator: null });
    await expect(turn).rejects.toMatchObject(forbidden);
  });
});
