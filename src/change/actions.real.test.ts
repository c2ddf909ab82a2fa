import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import type { Actor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { DAY_MS } from "../base/instant.ts";
import { fingerprint, parsePublicKeyLine } from "../base/ssh-key.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import type { KeyId } from "../identity/model.ts";
import { insertKey } from "../identity/store-keys.ts";
import { addService, editService } from "../inventory/actions-services.ts";
import { type CreatePlan, createPlan } from "../plan/actions.ts";
import {
  acknowledgeProcedures,
  attachProcedures,
  putProcedure,
  showPlanProcedures,
} from "../plan/actions-procedures.ts";
import { loadPatch } from "../triage/store.ts";
import { editChange, requestChange } from "./actions.ts";
import { approveChange } from "./actions-approve.ts";
import { askElevation } from "./actions-elevation.ts";
import {
  expireOverdue,
  finishChange,
  rejectChange,
  startChange,
  withdrawChange,
} from "./actions-end.ts";
import { showChange } from "./actions-show.ts";
import { proposeTemplate } from "./actions-templates.ts";
import type { Change } from "./model.ts";
import { routes } from "./routes.ts";
import { signaturesDigest } from "./signatures.ts";
import { approvalsFor, loadChange, loadChanges, lockApproval } from "./store.ts";

let made: TestWorld;
let world: World;
let now = Date.now();
let [carol, alice, bob]: TestPerson[] = [];
let patch: string;

beforeAll(async () => {
  made = await testWorld({ clock: () => now });
  world = made.world;
  carol = await aPerson(world, "carol");
  alice = await aPerson(world, "alice", { role: "approver" });
  bob = await aPerson(world, "bob", { role: "approver" });
  await someHosts(world, [
    { name: "web-1", labels: { ring: "canary", env: "prod" } },
    { name: "web-2", labels: { ring: "1", env: "dev" } },
  ]);
  patch = await aPatch(world, carol);
});
afterAll(() => made.close());

async function plan(actor: Actor, some: Partial<CreatePlan> = {}) {
  const request = { patch, policy: { text: testRings }, class: "normal" as const, ...some };
  return (await createPlan(world, actor, request, askedOpenssl)).plan;
}

/** A requested change: one approval for class normal, two for an emergency. */
async function requested(
  some: Partial<CreatePlan> = {},
  by: Actor = carol!.actor,
): Promise<Change> {
  const { digest } = await plan(by, some);
  return requestChange(world, by, { plan: digest, reason: "fixes a CVE" });
}

async function statementOf(change: Change): Promise<string> {
  return (await showChange(world, carol!.actor, change.id)).statement;
}

async function approve(who: TestPerson, change: Change, text?: string) {
  const signature = who.sign(text ?? (await statementOf(change)));
  return approveChange(world, who.actor, { change: `C-${change.number}`, signature });
}

function start(change: Change) {
  return inTransaction(world.db, async (tx) => {
    await lockApproval(tx, [change.id], "shared");
    return startChange(world, tx, { change: change.id, actor: carol!.actor.subject, at: now });
  });
}

describe("an approval", () => {
  test("is the approver's own signature, also when one is enough", async () => {
    const change = await requested();
    const { change: after, approval } = await approve(alice!, change);
    expect(after.state).toBe("approved");
    const [stored] = await approvalsFor(world.db, change.id);
    expect(stored).toEqual(approval);
    expect(stored).toMatchObject({ handle: "alice", keyClass: "ssh", plan: change.plan });
    expect((await loadPatch(world.db, patch))?.state).toBe("approved");
  });

  test("counts no longer when its approver was disabled or took the key back", async () => {
    const gone = await aPerson(world, "gone", { role: "approver" });
    const lost = await aPerson(world, "lost", { role: "approver" });
    for (const [who, end] of [
      [gone, sql`update subject set disabled_at = now() where id = ${gone.actor.subject}`],
      [lost, sql`update approver_key set removed_at = now() where subject = ${lost.actor.subject}`],
    ] as const) {
      const change = await requested();
      expect((await approve(who, change)).change.state).toBe("approved");
      await end.execute(world.db);
      await expect(start(change)).rejects.toMatchObject({
        code: "blocked",
        message: expect.stringContaining("not enough of its approvals count"),
      });
      expect((await loadChange(world.db, change.id))?.state).toBe("approved");
    }
  });

  test("is accepted by stock ssh-keygen, from the statement as it is shown", async () => {
    const folder = mkdtempSync(join(tmpdir(), "fettle-approve-"));
    try {
      const key = join(folder, "key");
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
      const dora = await aPerson(world, "dora", { role: "approver" });
      const line = readFileSync(`${key}.pub`, "utf8").trim();
      const public_ = parsePublicKeyLine(line)!;
      await inTransaction(world.db, (tx) =>
        insertKey(tx, {
          id: "dora-ed25519" as KeyId,
          subject: dora.actor.subject,
          class: "ssh",
          type: public_.type,
          base64: public_.base64,
          fingerprint: fingerprint(public_),
          title: "made by ssh-keygen",
        }),
      );
      const change = await requested();
      const file = join(folder, "plan");
      writeFileSync(file, await statementOf(change));
      execFileSync("ssh-keygen", ["-q", "-Y", "sign", "-n", "fettle-approve-v1", "-f", key, file]);
      const signature = readFileSync(`${file}.sig`, "utf8");
      const { change: after } = await approveChange(world, dora.actor, {
        change: change.id,
        signature,
      });
      expect(after.state).toBe("approved");
      const [stored] = await approvalsFor(world.db, change.id);
      const signers = join(folder, "signers");
      writeFileSync(signers, `dora namespaces="fettle-approve-v1" ${stored!.keyLine}\n`);
      const checked = execFileSync(
        "ssh-keygen",
        [
          "-Y",
          "verify",
          "-n",
          "fettle-approve-v1",
          "-I",
          "dora",
          "-f",
          signers,
          "-s",
          `${file}.sig`,
        ],
        { input: await statementOf(change) },
      );
      expect(checked.toString()).toContain("Good");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("puts plan and signatures into the ledger in the transaction that completes it", async () => {
    const change = await requested({ class: "emergency" });
    const first = await approve(alice!, change);
    expect(first.change.state).toBe("requested");
    const second = await approve(bob!, change);
    expect(second.change.state).toBe("approved");
    const { rows } = await sql<{ type: string; approved: string | null }>`
      select type, approved from event where change = ${change.id} order by inserted`.execute(
      world.db,
    );
    const signatures = [first, second].map((given) => given.approval.signature);
    expect(rows).toEqual([
      { type: "change.requested", approved: null },
      { type: "approval.given", approved: null },
      { type: "approval.given", approved: null },
      { type: "change.approved", approved: `${change.plan} ${signaturesDigest(signatures)}` },
    ]);
  });

  test("is refused to who asked, by whatever way", async () => {
    const change = await requested();
    await expect(approve(carol!, change)).rejects.toThrow("somebody else has to approve");
    // Through a service that the approver owns, and as that service.
    const robot = await aService(world, `robot-${change.number}`, alice!);
    const admin: TestPerson["actor"]["grants"] = carol!.actor.grants;
    const byRobot = await requested({}, { ...robot, grants: admin });
    expect((await statementOf(byRobot)).match(/^requester (.*)$/m)?.[1]).toBe("alice");
    await expect(approve(alice!, byRobot)).rejects.toThrow("somebody else has to approve");
    const asRobot = { ...alice!, actor: { ...robot, grants: admin } };
    await expect(approve(asRobot, change)).rejects.toThrow("Only a person approves");
  });

  test("is refused without right, and to who may not approve every host of the plan", async () => {
    const change = await requested();
    const dev = await aPerson(world, "dev-approver", { role: "approver", scope: "env=dev" });
    await expect(approve(dev, change)).rejects.toMatchObject({ code: "not-found" });
  });

  test("is refused twice, with another's key, an unknown key, for other bytes or purposes", async () => {
    const change = await requested({ class: "emergency" });
    const text = await statementOf(change);
    const given = (actor: Actor, signature: string) =>
      approveChange(world, actor, { change: change.id, signature });
    await expect(given(alice!.actor, bob!.sign(text))).rejects.toThrow(
      "not registered as one of y",
    );
    await expect(given(alice!.actor, alice!.sign(`${text}\n`))).rejects.toThrow("does not fit");
    await expect(given(alice!.actor, alice!.sign(text, "fettle-request-v1"))).rejects.toThrow(
      "another purpose",
    );
    await expect(given(alice!.actor, "yes")).rejects.toThrow("not an SSH signature");
    await approve(alice!, change);
    await expect(approve(alice!, change)).rejects.toMatchObject({ code: "conflict" });
    expect(await approvalsFor(world.db, change.id)).toHaveLength(1);
  });

  test("counts for one plan only: an edit makes everybody sign again", async () => {
    const change = await requested({ class: "emergency" });
    await approve(alice!, change);
    await approve(bob!, change);
    const next = await plan(carol!.actor, { replaces: change.plan, class: "emergency" });
    const edit = { change: change.id, plan: next.digest, reason: "one host more" };
    const edited = await editChange(world, carol!.actor, edit);
    expect(edited).toMatchObject({ state: "requested", plan: next.digest });
    expect(await approvalsFor(world.db, change.id)).toEqual([]);
    await expect(start(change)).rejects.toMatchObject({ code: "blocked" });
    const old = alice!.sign((await loadPlanText(change.plan)) ?? "");
    await expect(
      approveChange(world, alice!.actor, { change: change.id, signature: old }),
    ).rejects.toThrow("does not fit");
    await approve(alice!, edited);
    await approve(bob!, edited);
    expect((await start(change)).state).toBe("running");
  });

  test("of an unrelated plan does not replace the one that is asked for", async () => {
    const change = await requested();
    const { digest } = await plan(carol!.actor);
    const edit = { change: change.id, plan: digest, reason: "x" };
    await expect(editChange(world, carol!.actor, edit)).rejects.toMatchObject({
      code: "not-found",
    });
  });

  test("ends with the plan's last wave", async () => {
    const change = await requested({ class: "emergency" });
    await approve(alice!, change);
    const later = now;
    now += DAY_MS;
    try {
      await expect(approve(bob!, change)).rejects.toThrow("expired");
      expect(await expireOverdue(world)).toBeGreaterThan(0);
      expect((await loadChange(world.db, change.id))?.state).toBe("expired");
    } finally {
      now = later;
    }
  });

  test("cannot be edited or removed, whoever asks the database", async () => {
    const change = await requested();
    await approve(alice!, change);
    const tries = [sql`update approval set handle = 'bob'`, sql`delete from approval`];
    for (const attempt of tries) {
      await expect(attempt.execute(world.db)).rejects.toThrow("append-only");
    }
  });
});

async function loadPlanText(digest: string): Promise<string | null> {
  const { rows } = await sql<{ statement: string }>`
    select statement from plan where digest = ${digest}`.execute(world.db);
  return rows[0]?.statement ?? null;
}

test("the case follows: approved while a change of it is, planned again when none is", async () => {
  const own = await aPatch(world, carol!, "3.0.18-1~deb12u0");
  const state = async (): Promise<string | undefined> => (await loadPatch(world.db, own))?.state;
  const first = await requested({ patch: own });
  expect(await state()).toBe("planned");
  const second = await requested({ patch: own });
  await Promise.all([approve(alice!, first), approve(bob!, second)]);
  expect(await state()).toBe("approved");
  await withdrawChange(world, carol!.actor, { change: first.id, reason: "r" });
  expect(await state()).toBe("approved");
  await rejectChange(world, bob!.actor, { change: second.id, reason: "r" });
  expect(await state()).toBe("planned");
});

describe("a change", () => {
  test("is asked for by who made the plan, once", async () => {
    const { digest } = await plan(carol!.actor);
    const admin = await aPerson(world, "other-admin");
    const ask = { plan: digest, reason: "r" };
    await expect(requestChange(world, admin.actor, ask)).rejects.toThrow("names carol");
    await requestChange(world, carol!.actor, ask);
    await expect(requestChange(world, carol!.actor, ask)).rejects.toMatchObject({
      code: "conflict",
    });
  });

  test("shows what is signed, counted from the documents, and what its choices give up", async () => {
    const change = await requested();
    const shown = await showChange(world, alice!.actor, `c-${change.number}`);
    expect(sha256(shown.statement)).toBe(change.plan);
    expect(shown.view).toMatchObject({ faults: [], hosts: 2, restarts: [{ hosts: 2 }] });
    expect(shown.weaker.map((one) => one.choice)).toEqual([
      "piped on 2 of 2 hosts",
      "need 1",
      "sod plain",
      "log off",
      "revert order 259200",
    ]);
    const allowed = (one: typeof shown): string[] =>
      one.actions.filter((action) => action.allowed).map((action) => action.verb);
    expect(allowed(shown)).toEqual(["approve", "reject"]);
    expect(allowed(await showChange(world, carol!.actor, change.id))).toEqual([
      "reject",
      "withdraw",
      "edit",
      "sign-request",
    ]);
  });

  test("waits in the inbox of those who can approve it, until they have", async () => {
    const change = await requested({ class: "emergency" });
    const inbox = async (who: TestPerson): Promise<boolean> => {
      const scopes = who.actor.grants.map((grant) => grant.scope);
      const waitingFor = { person: who.actor.subject, scopes, now };
      const found = await loadChanges(world.db, { scopes, waitingFor, limit: 1000 });
      return found.some((one) => one.id === change.id);
    };
    const dev = await aPerson(world, "dev-inbox", { role: "approver", scope: "env=dev" });
    expect(await Promise.all([alice!, bob!, carol!, dev].map(inbox))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    await approve(alice!, change);
    expect(await Promise.all([alice!, bob!].map(inbox))).toEqual([false, true]);
  });

  test("is withdrawn by who asked, rejected by approvers, and then never starts", async () => {
    const first = await requested();
    const gone = { change: first.id, reason: "not now" };
    await expect(withdrawChange(world, bob!.actor, gone)).rejects.toMatchObject({
      code: "not-found",
    });
    expect((await withdrawChange(world, carol!.actor, gone)).state).toBe("withdrawn");
    const second = await requested();
    await approve(alice!, second);
    const no = { change: second.id, reason: "the vendor took it back" };
    expect((await rejectChange(world, bob!.actor, no)).state).toBe("rejected");
    for (const change of [first, second]) {
      await expect(start(change)).rejects.toMatchObject({ code: "blocked" });
      await expect(approve(bob!, change)).rejects.toMatchObject({ code: "blocked" });
    }
  });

  test("runs once, and ends as its rollout ended", async () => {
    const change = await requested();
    await expect(start(change)).rejects.toMatchObject({ code: "blocked" });
    await approve(alice!, change);
    await start(change);
    await expect(start(change)).rejects.toMatchObject({ code: "blocked" });
    const end = {
      change: change.id,
      verb: "complete" as const,
      actor: carol!.actor.subject,
      at: now,
    };
    const finish = () => inTransaction(world.db, (tx) => finishChange(tx, end));
    expect(await finish()).toBe(true);
    expect(await finish()).toBe(false);
  });
});

test("every route answers what its schema says", async () => {
  const change = await requested();
  await approve(alice!, change);
  const text = "name: known\nwhy: it is small\npackages: [openssl]\nhostsMax: 5\ndays: 9\n";
  const template = await proposeTemplate(world, carol!.actor, text);
  const asked = { change: change.id, minutes: 30, reason: "dave is away today" };
  const elevation = await askElevation(world, bob!.actor, asked);
  const context = { world, actor: alice!.actor, requestId: "r" };
  for (const one of routes.filter((route) => route.method === "GET")) {
    const query = (one.query as { parse(x: unknown): unknown } | undefined)?.parse({});
    const params = { change: change.id, template: template.name, elevation: elevation.id };
    const reply = await one.handle(context, { params, query, body: undefined } as never);
    if (one.reply !== null && "parse" in one.reply) one.reply.parse(reply);
    else expect(typeof reply).toBe("string");
  }
});

describe("a rollback procedure that the tier of a host asks for", () => {
  const parties = ["operations", "security", "application"] as const;
  const policy = {
    text: `${testRings}
tiers: [{ tier: 0, procedure: [${parties.join(", ")}] }]
procedures: [{ procedure: web-back }]
`,
  };
  const put = (text: string) => putProcedure(world, carol!.actor, { name: "web-back", text });
  const shown = (change: Change) => showPlanProcedures(world, carol!.actor, change.plan);
  async function acknowledge(who: TestPerson, party: (typeof parties)[number], change: Change) {
    const { procedures } = await shown(change);
    const digests = procedures.flatMap(({ current }) => current?.digest ?? []);
    const given = { plan: change.plan, party, digests, reason: "read it" };
    await acknowledgeProcedures(world, who.actor, given);
  }
  async function approved(): Promise<Change> {
    const change = await requested({ policy });
    await approve(alice!, change);
    return change;
  }

  test("keeps a change from starting until each party, another person each, has read it", async () => {
    const change = await approved();
    await expect(start(change)).rejects.toMatchObject({
      code: "blocked",
      message: expect.stringContaining("web-back is named, but nobody has put it"),
    });
    await expect(acknowledge(bob!, "security", change)).rejects.toMatchObject({ code: "blocked" });
    await put("# Back\n1. Wait.\n");
    const eve = await aPerson(world, "eve", { role: "viewer" });
    await addService(world, carol!.actor, {
      ...{ name: "web", title: "", team: "", owners: ["eve"], labels: {}, repository: "" },
      ...{ hostSelector: null, hosts: ["web-2"], needs: [] },
    });
    const refused = { code: "forbidden" };
    await expect(acknowledge(eve, "operations", change)).rejects.toMatchObject(refused);
    await expect(acknowledge(alice!, "application", change)).rejects.toThrow("An owner of a serv");
    const robot = await aService(world, "robot-owner", alice!);
    const asRobot = { ...alice!, actor: robot };
    await expect(acknowledge(asRobot, "security", change)).rejects.toThrow("Only a person");
    await acknowledge(carol!, "operations", change);
    await expect(acknowledge(carol!, "security", change)).rejects.toThrow("somebody else has to");
    await acknowledge(eve, "application", change);
    const before = await showChange(world, carol!.actor, change.id);
    expect(before.actions.filter(({ verb }) => /start|acknow/.test(verb))).toMatchObject([
      { verb: "start", reason: expect.stringContaining("web-back for security") },
      { verb: "acknowledge-operations", allowed: false },
      { verb: "acknowledge-security", allowed: false },
      { verb: "acknowledge-application", allowed: false },
    ]);
    await expect(start(change)).rejects.toThrow(`C-${change.number} does not start.`);
    await acknowledge(bob!, "security", change);
    expect((await shown(change)).missing).toEqual([]);
    await start(change);
    const { rows } = await sql<{ as: string }>`
      select facts ->> 'as' as as from event
       where plan = ${change.plan} and type = 'procedure.acknowledged'
       order by inserted`.execute(world.db);
    expect(rows.map((row) => row.as)).toEqual(["operations", "application", "security"]);
  });

  test("is read anew in each version, for each plan, and by who can still sign in", async () => {
    const fay = await aPerson(world, "fay");
    const eve = await aPerson(world, "eve-too");
    await editService(world, carol!.actor, "web", { owners: ["eve-too"] });
    const everybody = async (change: Change) => {
      await acknowledge(fay, "operations", change);
      await acknowledge(bob!, "security", change);
      await acknowledge(eve, "application", change);
    };
    const change = await approved();
    expect((await shown(change)).missing).toHaveLength(3);
    await everybody(change);
    expect((await put("# Back\n1. Wait.\n")).isNew).toBe(false);
    expect((await shown(change)).missing).toEqual([]);
    const old = (await shown(change)).procedures.flatMap((one) => one.current?.digest ?? []);
    expect(await put("# Back\n1. Do not wait.\n")).toMatchObject({ version: 2, isNew: true });
    await expect(start(change)).rejects.toThrow("web-back for operations");
    const stale = { plan: change.plan, party: "security" as const, digests: old, reason: "" };
    await expect(acknowledgeProcedures(world, bob!.actor, stale)).rejects.toMatchObject({
      code: "conflict",
    });
    await everybody(change);
    await expect(acknowledge(bob!, "security", change)).rejects.toMatchObject({ code: "conflict" });
    await sql`update subject set disabled_at = now() where id = ${fay.actor.subject}`.execute(
      world.db,
    );
    await expect(start(change)).rejects.toThrow("web-back for operations");
    await acknowledge(carol!, "operations", change);
    await putProcedure(world, carol!.actor, { name: "more", text: "And also." });
    const attach = { plan: change.plan, names: ["more"] };
    await expect(attachProcedures(world, bob!.actor, attach)).rejects.toMatchObject({
      code: "not-found",
    });
    await attachProcedures(world, carol!.actor, attach);
    await expect(start(change)).rejects.toThrow(
      "Nobody has acknowledged the rollback procedure more",
    );
    for (const [who, party] of [
      [carol!, "operations"],
      [bob!, "security"],
      [eve, "application"],
    ] as const) {
      await acknowledge(who, party, change);
    }
    await start(change);
  });
});

describe("a change that wants hosts of another one", () => {
  test("names it, with the hosts that the reader may see, until one of the two has ended", async () => {
    const first = await requested();
    const second = await requested();
    const seen = async (actor: Actor) =>
      (await showChange(world, actor, second.id)).conflicts.find(
        (conflict) => conflict.number === first.number,
      );
    expect(await seen(carol!.actor)).toMatchObject({
      state: "requested",
      isSamePatch: true,
      hosts: 2,
    });
    const scope = [{ op: "in", key: "env", values: ["prod"] }] as const;
    const inProd: Actor = { ...carol!.actor, grants: [{ role: "operator", scope }] };
    expect(await seen(inProd)).toMatchObject({ hosts: 1 });
    await withdrawChange(world, carol!.actor, { change: first.id, reason: "not needed" });
    expect(await seen(carol!.actor)).toBeUndefined();
  });
});
