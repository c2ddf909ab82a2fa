import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testRings } from "../../test/builders/plan.ts";
import {
  aPatch,
  aPerson,
  aService,
  askedOpenssl,
  someHosts,
  type TestPerson,
} from "../../test/builders/stored.ts";
import { buildScene, goodDraft, makeKeys, named } from "../../test/corpus/scene.ts";
import { layHost, makeHostRoot, shells } from "../../test/host/host-root.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { sha256 } from "../base/digest.ts";
import type { HostId } from "../base/ids.ts";
import { parseSelector } from "../base/labels.ts";
import { fingerprint, parsePublicKeyLine } from "../base/ssh-key.ts";
import { makeMachineKey, type Namespace, openMachineKey, signDocument } from "../base/sshsig.ts";
import { requestChange } from "../change/actions.ts";
import { approveChange } from "../change/actions-approve.ts";
import { withdrawChange } from "../change/actions-end.ts";
import type { Change } from "../change/model.ts";
import { loadChange } from "../change/store.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { insertEnrolment } from "../fleet/store.ts";
import { addKey, dropKey } from "../identity/actions-keys.ts";
import { loadKeys } from "../identity/store-keys.ts";
import { createPlan } from "../plan/actions.ts";
import { loadPlan } from "../plan/store.ts";
import { startSshd, type TestSshd } from "../reach/sshd-for-tests.ts";
import {
  draftRevocation,
  listRevocations,
  type RevocationInput,
  retellRevocation,
  revoke,
  showRevocation,
} from "./actions-revoke.ts";
import { startRevocations } from "./loops-revocations.ts";

let made: TestWorld;
let world: World;
let folder: string;
let patch: string;
let [carol, alice, bob, narrow, prod]: TestPerson[] = [];
const root = openMachineKey(makeMachineKey().privateKeyPem);

beforeAll(async () => {
  made = await testWorld();
  world = made.world;
  folder = mkdtempSync(join(tmpdir(), "fettle-revoke-"));
  carol = await aPerson(world, "carol");
  alice = await aPerson(world, "alice", { role: "approver" });
  bob = await aPerson(world, "bob", { role: "approver" });
  narrow = await aPerson(world, "narrow", { role: "approver", scope: "env=none" });
  prod = await aPerson(world, "prod", { role: "approver", scope: "env=prod" });
  const hosts = await someHosts(world, [
    { name: "web-1", labels: { ring: "canary", env: "prod" } },
    { name: "web-2", labels: { ring: "canary", env: "dev" } },
  ]);
  for (const host of hosts) await enrolled(host);
  patch = await aPatch(world, carol);
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await made.close();
});

function enrolled(host: HostId) {
  return inTransaction(world.db, (tx) =>
    insertEnrolment(tx, {
      ...{ host, policyVersion: 7, way: "installed" as const, ring: "canary" },
      ...{ policyDigest: null, keyLine: root.publicKeyLine, enrolledBy: carol!.actor.subject },
    }),
  );
}

async function requested(): Promise<Change> {
  const request = { patch, policy: { text: testRings }, class: "normal" as const };
  const { plan } = await createPlan(world, carol!.actor, request, askedOpenssl);
  return requestChange(world, carol!.actor, { plan: plan.digest, reason: "fixes a CVE" });
}

async function textOf(change: Change, who = alice!): Promise<string> {
  return (await draftRevocation(world, who.actor, { change: change.id })).document;
}

const reason = "the update breaks logins";

/** Signed by an approver over the text, or over what a case makes of it. */
async function given(
  change: Change,
  some: { by?: TestPerson; namespace?: Namespace; over?: string; document?: string } = {},
): Promise<RevocationInput> {
  const text = await textOf(change);
  const { by = alice!, namespace = "fettle-revoke-v1", over = some.document ?? text } = some;
  return { document: some.document ?? text, signature: by.sign(over, namespace), reason };
}

function byRoot(document: string, namespace: Namespace = "fettle-revoke-v1"): RevocationInput {
  const signature = signDocument({ namespace, key: root, bytes: document });
  return { document, signature, root: "r1", reason };
}

async function count(): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select (select count(*) from revocation) + (select count(*) from event
       where type in ('plan.revoked', 'key.revoked', 'key.removed', 'change.withdrawn')) as n`.execute(
    world.db,
  );
  return Number(rows[0]?.n);
}

describe("revoking a plan", () => {
  test("ends the change at once, tells of it, and waits for each of its hosts", async () => {
    const change = await requested();
    const statement = (await loadPlan(world.db, change.plan))?.statement ?? "";
    const signature = bob!.sign(statement);
    await approveChange(world, bob!.actor, { change: change.id, signature });
    const told = await revoke(world, alice!.actor, await given(change));
    expect(told).toMatchObject({
      what: "plan",
      target: change.plan,
      signer: "alice",
      class: "ssh",
    });
    expect(told).toMatchObject({ taken: 0, refused: 0, waiting: 2, changeNumber: change.number });
    expect((await loadChange(world.db, change.id))?.state).toBe("withdrawn");
    const { rows } = await sql<{ type: string }>`
      select type from event where change = ${change.id} order by inserted desc limit 2`.execute(
      world.db,
    );
    expect(rows.map(({ type }) => type)).toEqual(["plan.revoked", "change.withdrawn"]);
  });

  test("ends one that runs, and is taken of one that has ended, as hosts may hold its plan", async () => {
    const [running, over] = [await requested(), await requested()];
    await sql`update change set state = 'running' where id = ${running.id}`.execute(world.db);
    await revoke(world, alice!.actor, await given(running));
    expect((await loadChange(world.db, running.id))?.state).toBe("withdrawn");
    await withdrawChange(world, carol!.actor, { change: over.id, reason: "not now" });
    await revoke(world, carol!.actor, byRoot(await textOf(over)));
    expect((await listRevocations(world, carol!.actor, 1))[0]).toMatchObject({ class: "root" });
  });

  test("U12 is refused, and nothing changes, where it is not signed for exactly this", async () => {
    const [change, other] = [await requested(), await requested()];
    const text = await textOf(change);
    const stranger = { ...alice!, sign: carol!.sign };
    const edited = text.replace(/^issued \d+$/m, "issued 1700000000");
    const future = text.replace(/^issued \d+$/m, `issued ${Math.floor(Date.now() / 1000) + 900}`);
    const foreign = text.replace(/^tenant .*$/m, "tenant evil");
    const unknown = text.replace(/^id .*$/m, `id ${sha256("no plan")}`);
    const cases: readonly (readonly [string, string, RevocationInput])[] = [
      ["another purpose", "invalid", await given(change, { namespace: "fettle-approve-v1" })],
      ["another plan's text", "invalid", await given(change, { over: await textOf(other) })],
      ["a text that was edited", "invalid", await given(change, { document: edited, over: text })],
      ["a text of tomorrow", "invalid", await given(change, { document: future })],
      ["another tenant's text", "invalid", await given(change, { document: foreign })],
      ["a plan of nobody", "not-found", await given(change, { document: unknown })],
      ["a text of another kind", "invalid", await given(change, { document: "fettle gate 1\n" })],
      ["another person's key", "forbidden", await given(change, { by: stranger })],
      ["no signature at all", "invalid", { document: text, signature: "x", reason }],
      ["a root's, for another purpose", "invalid", byRoot(text, "fettle-policy-v1")],
      ["a root's, over another text", "invalid", { ...byRoot(edited), document: text }],
    ];
    const before = await count();
    for (const [name, code, input] of cases) {
      await expect(revoke(world, alice!.actor, input), name).rejects.toMatchObject({ code });
    }
    expect(await count()).toBe(before);
    expect((await loadChange(world.db, change.id))?.state).toBe("requested");
  });

  test("is for people who approve for one of its hosts, each key once", async () => {
    const change = await requested();
    const input = await given(change);
    const mine = { ...input, signature: narrow!.sign(input.document, "fettle-revoke-v1") };
    const outside = revoke(world, narrow!.actor, mine);
    await expect(outside).rejects.toMatchObject({ code: "not-found" });
    await expect(textOf(change, narrow)).rejects.toMatchObject({ code: "not-found" });
    const service = await aService(world, "robot", alice!);
    await expect(revoke(world, service, input)).rejects.toMatchObject({ code: "forbidden" });
    await revoke(world, alice!.actor, input);
    await expect(revoke(world, alice!.actor, await given(change))).rejects.toMatchObject({
      code: "conflict",
    });
    // Hosts may know another approver's key where they do not know hers.
    const again = await revoke(world, bob!.actor, await given(change, { by: bob! }));
    expect(again.signer).toBe("bob");
    const scopes = [{ role: "approver" as const, scope: parseSelector("env=none") }];
    const seen = { ...narrow!.actor, grants: scopes };
    expect(await listRevocations(world, seen, 10)).toEqual([]);
    await expect(showRevocation(world, seen, again.id)).rejects.toMatchObject({
      code: "not-found",
    });
  });
});

describe("revoking a key", () => {
  const fingerprintOf = (who: TestPerson) =>
    fingerprint(parsePublicKeyLine(who.key.publicKeyLine)!);
  const draft = async (who: TestPerson) =>
    (await draftRevocation(world, carol!.actor, { key: fingerprintOf(who) })).document;

  test("takes it from its person for ever, and has hosts with a policy of their own told", async () => {
    const dora = await aPerson(world, "dora", { role: "approver" });
    const made = await revoke(world, carol!.actor, byRoot(await draft(dora)));
    expect(made).toMatchObject({ what: "key", class: "root", signer: "r1", waiting: 2 });
    expect(made.targetFingerprint).toBe(fingerprintOf(dora));
    const [key] = await loadKeys(world.db, { fingerprint: fingerprintOf(dora) });
    expect(key?.removedAt).not.toBeNull();
    const line = dora.key.publicKeyLine;
    const again = addKey(
      world,
      { ...dora.actor, via: "session" },
      { line, title: "again", credentialHash: null },
    );
    await expect(again).rejects.toMatchObject({ code: "conflict" });
    await expect(revoke(world, carol!.actor, byRoot(await draft(dora)))).rejects.toMatchObject({
      code: "conflict",
    });
  });

  test("of a key that its person took back already is still told to hosts", async () => {
    const erik = await aPerson(world, "erik", { role: "approver" });
    const [key] = await loadKeys(world.db, { fingerprint: fingerprintOf(erik) });
    await dropKey(world, erik.actor, key?.id ?? "");
    expect((await revoke(world, carol!.actor, byRoot(await draft(erik)))).waiting).toBe(2);
  });

  test("U12 is refused of approvers, without a root, and of keys that nobody has", async () => {
    const text = await draft(bob!);
    const own = { document: text, signature: alice!.sign(text, "fettle-revoke-v1"), reason };
    const stranger = makeMachineKey().publicKeyLine.split(" ")[1] ?? "";
    const unknown = text.replace(/^id .*$/m, `id ${stranger}`);
    const before = await count();
    for (const [who, code, input] of [
      [carol!, "forbidden", own],
      [alice!, "forbidden", byRoot(text)],
      [carol!, "not-found", byRoot(unknown)],
      [carol!, "invalid", byRoot(text, "fettle-approve-v1")],
      [carol!, "invalid", { ...byRoot(unknown), document: text }],
    ] as const) {
      await expect(revoke(world, who.actor, input)).rejects.toMatchObject({ code });
    }
    const asked = draftRevocation(world, alice!.actor, { key: fingerprintOf(bob!) });
    await expect(asked).rejects.toMatchObject({ code: "forbidden" });
    expect(await count()).toBe(before);
  });
});

// The files of a host must be root's own, so only root can lay a host.
describe.runIf(process.getuid?.() === 0)("telling hosts", () => {
  let sshd: TestSshd;
  const shell = shells[0]!;
  let host: ReturnType<typeof makeHostRoot>;

  beforeAll(async () => {
    host = makeHostRoot(join(folder, "host"), shell, "");
    sshd = await startSshd({ forced: `${shell.argv.join(" ")} ${host.program} serve` });
    // Bob's key is in no policy of this host.
    const keys = makeKeys(join(folder, "keys"));
    const draft = goodDraft(keys);
    const identity = { ...draft.identity, tenant: "fettle" };
    const [approver] = draft.policy.approvers;
    const policy = {
      ...{ ...draft.policy, tenant: "fettle", roots: [named("r1", root)] },
      approvers: [{ ...approver!, person: "alice", ...keyOf(alice!) }],
    };
    layHost(host, buildScene(keys, { ...draft, identity, policy }));
    const way = JSON.stringify({ ...sshd.target, program: "installed" });
    await sql`update host set way = ${way}::jsonb where name = 'web-1'`.execute(world.db);
    await sql`update revocation_host set next_at = now() + interval '1 day'`.execute(world.db);
  });
  afterAll(() => sshd.close());

  const keyOf = (who: TestPerson) => {
    const { type, base64 } = parsePublicKeyLine(who.key.publicKeyLine)!;
    return { type, base64 };
  };

  /** Runs the loop until this host's row says so. */
  async function until(id: string, outcome: string) {
    const loop = startRevocations(world);
    try {
      const deadline = Date.now() + 20_000;
      while (Date.now() < deadline) {
        const { hosts } = await showRevocation(world, carol!.actor, id);
        const told = hosts.find(({ name }) => name === "web-1");
        if (told?.outcome === outcome) return told;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(`web-1 is not ${outcome}: ${JSON.stringify(await rowsOf(id))}`);
    } finally {
      await loop.stop();
    }
  }
  const rowsOf = async (id: string) => (await showRevocation(world, carol!.actor, id)).hosts;

  test("a host keeps the plan revoked; one that is away waits and is told another time", async () => {
    const change = await requested();
    const { id } = await revoke(world, alice!.actor, await given(change));
    expect(await until(id, "taken")).toMatchObject({ code: null, tries: 1 });
    expect(readdirSync(join(host.var, "revoked"))).toContain(change.plan);
    const away = (await rowsOf(id)).find(({ name }) => name === "web-2");
    expect(away).toMatchObject({ outcome: "waiting" });
  });

  test("U12 a host refuses an approver that its policy does not know, and hears of it again", async () => {
    const change = await requested();
    const { id } = await revoke(world, bob!.actor, await given(change, { by: bob! }));
    expect(await until(id, "refused")).toMatchObject({ code: "E_KEY" });
    expect(readdirSync(join(host.var, "revoked"))).not.toContain(change.plan);
    // Of another team's hosts none is told, and their number is not told either.
    expect(await retellRevocation(world, prod!.actor, id)).toBe(1);
    await expect(retellRevocation(world, narrow!.actor, id)).rejects.toThrow(
      "There is no revocation",
    );
    expect(await retellRevocation(world, bob!.actor, id)).toBe(2);
    expect(await until(id, "refused")).toMatchObject({ code: "E_KEY", tries: 2 });
    const { rows } = await sql<{ type: string }>`
      select type from event where object = ${`revocation:${id}`} order by inserted`.execute(
      world.db,
    );
    expect(rows.map(({ type }) => type)).toEqual([
      "plan.revoked",
      "revocation.refused",
      ...["revocation.retold", "revocation.retold"],
      "revocation.refused",
    ]);
  });

  test("a host believes a key no more that its root revoked, whatever policy comes", async () => {
    const key = fingerprint(parsePublicKeyLine(alice!.key.publicKeyLine)!);
    const { document } = await draftRevocation(world, carol!.actor, { key });
    const { id } = await revoke(world, carol!.actor, byRoot(document));
    await until(id, "taken");
    const revoked = readFileSync(join(host.var, "revoked.keys"), "utf8");
    expect(revoked.trim()).toBe(keyOf(alice!).base64);
  });
});
