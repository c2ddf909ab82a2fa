import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Asked, type TestPasskey, testPasskey } from "../../test/builders/passkey.ts";
import { testRings } from "../../test/builders/plan.ts";
import {
  aPatch,
  aPerson,
  askedOpenssl,
  someHosts,
  type TestPerson,
} from "../../test/builders/stored.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { type PlayedRollout, started } from "../../test/web/played-rollout.ts";
import { credentialComment } from "../base/webauthn-bytes.ts";
import { editChange, requestChange } from "../change/actions.ts";
import { approveChange } from "../change/actions-approve.ts";
import { packChange } from "../change/actions-pack.ts";
import { showChange } from "../change/actions-show.ts";
import { showControl } from "../change/actions-show-control.ts";
import { signOff } from "../change/actions-sign-off.ts";
import { signRequest } from "../change/actions-sign-request.ts";
import type { Change } from "../change/model.ts";
import { loadChange, loadChanges } from "../change/store.ts";
import { loadRequestSignature } from "../change/store-request-signature.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { addKey } from "../identity/actions-keys.ts";
import { addPasskey, askForPasskey } from "../identity/actions-passkeys.ts";
import { sequence } from "../ledger/loops-sequencer.ts";
import { openLogKey } from "../ledger/store-log-key.ts";
import { createPlan } from "../plan/actions.ts";
import { signedView } from "../plan/signed-view.ts";
import { loadPlan } from "../plan/store.ts";
import { halt } from "./actions-halt.ts";
import { takeOfflineBundle } from "./actions-offline.ts";
import { showOpening, signOpening } from "./actions-open-wave.ts";
import { agreeToResume, resume } from "./actions-resume.ts";
import { loadFacts } from "./store.ts";
import { openWave } from "./store-turn.ts";
import { loadWaveSignatures } from "./store-wave-signatures.ts";

let made: TestWorld;
let world: World;
let [carol, alice, bob]: TestPerson[] = [];
let patch: string;
let folder: string;

/** The page's passkey is bound to this server's own name, the desk's to the desk's. */
const DESK = "desk.acme.example";
const desk = testPasskey(DESK);

beforeAll(async () => {
  made = await testWorld();
  world = made.world;
  folder = mkdtempSync(join(tmpdir(), "fettle-signed-"));
  carol = await aPerson(world, "carol");
  alice = await aPerson(world, "alice", { role: "approver" });
  bob = await aPerson(world, "bob", { role: "approver" });
  await someHosts(world, [
    { name: "web-1", labels: { ring: "canary", env: "prod" } },
    { name: "web-2", labels: { ring: "canary", env: "dev" } },
  ]);
  patch = await aPatch(world, carol);
  await register(alice, desk);
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await made.close();
});

async function register(who: TestPerson, passkey: TestPasskey) {
  const line = `${passkey.line} ${credentialComment(passkey.credential)}`;
  const actor = { ...who.actor, via: "session" as const };
  return addKey(world, actor, { line, title: "desk", credentialHash: null });
}

async function aPlan() {
  const request = { patch, policy: { text: testRings }, class: "normal" as const };
  return (await createPlan(world, carol!.actor, request, askedOpenssl)).plan;
}

async function requested(): Promise<Change> {
  const { digest } = await aPlan();
  return requestChange(world, carol!.actor, { plan: digest, reason: "fixes a CVE" });
}

async function statementOf(change: Pick<Change, "plan">): Promise<string> {
  return (await loadPlan(world.db, change.plan))?.statement ?? "";
}

/** The answer as the API takes it. */
function given(passkey: TestPasskey, asked: Asked) {
  const answer = passkey.answer(asked);
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");
  return {
    credential: passkey.credential,
    authenticatorData: text(answer.authenticatorData),
    clientData: text(answer.clientData),
    signature: text(answer.signature),
  };
}

async function approve(change: Change, some: Partial<Asked> = {}, passkey = desk, who = alice!) {
  const text = await statementOf(change);
  const answer = given(passkey, { text, ...some });
  return approveChange(world, who.actor, { change: change.id, passkey: answer });
}

function opensshAccepts(of: { line: string; signature: string; text: string; namespace: string }) {
  writeFileSync(join(folder, "allowed"), `someone ${of.line}\n`);
  writeFileSync(join(folder, "sig"), of.signature);
  const args = ["-Y", "verify", "-f", join(folder, "allowed"), "-I", "someone"];
  const run = spawnSync("ssh-keygen", [...args, "-n", of.namespace, "-s", join(folder, "sig")], {
    input: of.text,
  });
  return run.status === 0;
}

async function eventsOf(change: Change, type: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from event where change = ${change.id} and type = ${type}`.execute(
    world.db,
  );
  return rows[0]?.count ?? 0;
}

describe("an approval by passkey", () => {
  test("is kept as an SSH signature that stock ssh-keygen takes, with its class", async () => {
    const change = await requested();
    const { change: after, approval } = await approve(change, { flags: 0x0d });
    expect(after.state).toBe("approved");
    expect(approval).toMatchObject({ handle: "alice", keyClass: "desk", keyLine: desk.line });
    const { signature } = approval;
    const text = await statementOf(change);
    const claim = { line: desk.line, signature, text, namespace: "fettle-approve-v1" };
    expect(opensshAccepts(claim)).toBe(true);
    expect(opensshAccepts({ ...claim, namespace: "fettle-request-v1" })).toBe(false);
    const { weaker } = await showChange(world, carol!.actor, change.id);
    expect(weaker.map(({ choice }) => choice)).toContain("synced passkey of alice");
  });

  test("U12 is refused where the person was not verified, or the key not touched", async () => {
    const change = await requested();
    for (const flags of [0x00, 0x01, 0x04]) {
      await expect(approve(change, { flags })).rejects.toMatchObject({ code: "forbidden" });
    }
    expect((await showChange(world, carol!.actor, change.id)).approvals).toEqual([]);
  });

  test("is refused for another plan, purpose or site, and leaves nothing behind", async () => {
    const change = await requested();
    for (const [some, why] of [
      [{ text: "fettle plan 1\nend\n" }, "another challenge"],
      [{ namespace: "fettle-gate-v1" as const }, "another challenge"],
      [{ rpId: "localhost" }, "another site"],
      [{ origin: "https://acme.example" }, "not the site"],
      [{ flags: 0x45 }, "attested data"],
    ] as const) {
      await expect(approve(change, some)).rejects.toMatchObject({
        code: "invalid",
        message: expect.stringContaining(why),
      });
    }
    expect(await eventsOf(change, "approval.given")).toBe(0);
    expect((await showChange(world, carol!.actor, change.id)).change.state).toBe("requested");
  });

  test("is refused with a passkey of nobody, of another person, or taken back", async () => {
    const change = await requested();
    const stranger = testPasskey(DESK);
    await expect(approve(change, {}, stranger)).rejects.toMatchObject({ code: "forbidden" });
    await expect(approve(change, {}, desk, bob!)).rejects.toMatchObject({ code: "forbidden" });
    const lost = testPasskey(DESK);
    const { id } = await register(bob!, lost);
    await sql`update approver_key set removed_at = now() where id = ${id}`.execute(world.db);
    await expect(approve(change, {}, lost, bob!)).rejects.toMatchObject({ code: "forbidden" });
  });

  test("U2 is refused to the requester, whatever key it is", async () => {
    const change = await requested();
    const own = testPasskey(DESK);
    await register(carol!, own);
    await expect(approve(change, {}, own, carol!)).rejects.toMatchObject({
      code: "forbidden",
      message: expect.stringContaining("somebody else"),
    });
  });
});

describe("an approval pack", () => {
  test("holds the bytes that are signed, and goes only to who may see every host of them", async () => {
    const change = await requested();
    const pack = await packChange(world, alice!.actor, change.id);
    const view = signedView(pack);
    expect([view.digest, view.faults]).toEqual([change.plan, []]);
    expect(pack.passkeys).toEqual([{ site: DESK, credential: desk.credential }]);
    const elsewhere = await aPerson(world, "elsa", { role: "approver", scope: "env=dev" });
    await expect(packChange(world, elsewhere.actor, change.id)).rejects.toMatchObject({
      code: "forbidden",
    });
  });
});

describe("a passkey", () => {
  test("of a domain that this server shares is no desk's", async () => {
    const own = { ...world, config: { ...world.config, serverName: "fettle.acme.example" } };
    const { line } = testPasskey("acme.example");
    await expect(
      addKey(own, { ...alice!.actor, via: "session" }, { line, title: "k", credentialHash: null }),
    ).rejects.toMatchObject({ code: "invalid", message: expect.stringContaining("own full name") });
  });

  test("is made of this page only for a challenge that this person was asked, once", async () => {
    const asked = await askForPasskey(world, alice!.actor);
    expect(asked.rpId).toBe(world.config.serverName);
    const data = {
      type: "webauthn.create",
      challenge: asked.challenge,
      origin: "http://localhost",
    };
    const answer = {
      id: "AAAA",
      rawId: "AAAA",
      type: "public-key" as const,
      clientExtensionResults: {},
      response: {
        clientDataJSON: Buffer.from(JSON.stringify(data)).toString("base64url"),
        attestationObject: "oA",
      },
    };
    await expect(
      addPasskey(
        world,
        { ...alice!.actor, via: "session" },
        { answer, title: "k", credentialHash: null },
      ),
    ).rejects.toMatchObject({ code: "invalid" });
  });
});

describe("a request that its person signed", () => {
  test("goes to hosts as a signature of its own purpose", async () => {
    const { digest } = await aPlan();
    const text = await statementOf({ plan: digest });
    const signature = carol!.sign(text, "fettle-request-v1");
    const change = await requestChange(world, carol!.actor, {
      plan: digest,
      reason: "y",
      signature,
    });
    expect(await loadRequestSignature(world.db, change.plan)).toMatchObject({
      handle: "carol",
      keyClass: "ssh",
      signature,
    });
    expect(await eventsOf(change, "change.request-signed")).toBe(1);
    const shown = await showChange(world, carol!.actor, change.id);
    expect(shown.actions.find(({ verb }) => verb === "sign-request")).toMatchObject({
      allowed: false,
      reason: "The request is signed already.",
    });
    await expect(
      signRequest(world, carol!.actor, { change: change.id, signature }),
    ).rejects.toMatchObject({ code: "conflict" });
  });

  test("with a bad signature is not requested at all", async () => {
    const { digest } = await aPlan();
    const text = await statementOf({ plan: digest });
    for (const signature of [
      carol!.sign(text, "fettle-approve-v1"),
      carol!.sign(`${text} `, "fettle-request-v1"),
      alice!.sign(text, "fettle-request-v1"),
      "nonsense",
    ]) {
      const asked = { plan: digest, reason: "y", signature };
      await expect(requestChange(world, carol!.actor, asked)).rejects.toThrow();
    }
    const { rows } = await sql`select 1 from change where plan = ${digest}`.execute(world.db);
    expect(rows).toEqual([]);
  });

  test("is signed by nobody else, and no approval passes for it", async () => {
    const change = await requested();
    const text = await statementOf(change);
    const admin = await aPerson(world, "adam");
    await expect(
      signRequest(world, admin.actor, {
        change: change.id,
        signature: admin.sign(text, "fettle-request-v1"),
      }),
    ).rejects.toMatchObject({ code: "forbidden", message: expect.stringContaining("carol") });
    const signature = carol!.sign(text, "fettle-request-v1");
    await signRequest(world, carol!.actor, { change: change.id, signature });
    await expect(
      approveChange(world, alice!.actor, { change: change.id, signature }),
    ).rejects.toMatchObject({ code: "forbidden" });
  });

  test("is asked for anew by an edit", async () => {
    const change = await requested();
    const signature = carol!.sign(await statementOf(change), "fettle-request-v1");
    await signRequest(world, carol!.actor, { change: change.id, signature });
    const request = {
      patch,
      policy: { text: testRings },
      class: "normal" as const,
      replaces: change.plan,
    };
    const { plan } = await createPlan(world, carol!.actor, request, askedOpenssl);
    const edited = await editChange(world, carol!.actor, {
      change: change.id,
      plan: plan.digest,
      reason: "later",
    });
    expect(await loadRequestSignature(world.db, edited.plan)).toBeNull();
    await expect(
      signRequest(world, carol!.actor, { change: change.id, signature }),
    ).rejects.toMatchObject({ code: "invalid" });
  });
});

/** The same text with another first digit of one digest. */
function otherDigit(text: string, key: string): string {
  return text.replace(
    new RegExp(`${key} (.)`),
    (_, digit) => `${key} ${digit === "0" ? "1" : "0"}`,
  );
}

describe("a wave whose ring asks for signatures", () => {
  let played: PlayedRollout;
  const signedRings = testRings.replace(
    "  - name: canary\n",
    "  - name: canary\n    openSignatures: 2\n",
  );

  beforeAll(async () => {
    const request = { patch, policy: { text: signedRings }, class: "normal" as const };
    const { plan } = await createPlan(world, carol!.actor, request, askedOpenssl);
    const asked = { plan: plan.digest, reason: "y" };
    const change = await requestChange(world, carol!.actor, asked);
    await approve(change);
    await sequence(world, await openLogKey(world));
    played = await started({ world, carol: carol!, alice: alice!, bob: bob!, patch }, change);
    await played.turn();
  });

  const ref = () => ({ rollout: played.row.id, wave: 1 });

  async function sign(who: TestPerson, edit = (text: string): string => text) {
    const { document } = await showOpening(world, who.actor, ref());
    const text = edit(document);
    const signature = who.sign(text, "fettle-gate-v1");
    return signOpening(world, who.actor, { ...ref(), document: text, signature });
  }

  async function stateOf(): Promise<{ state: string; holds: readonly unknown[] }> {
    const loaded = await loadFacts(world.db, played.row.id);
    const [wave] = loaded?.facts.waves ?? [];
    return { state: wave?.state ?? "", holds: wave?.holds ?? [] };
  }

  test("does not open before enough approvers have signed, and says so", async () => {
    const hold = { why: "wave-unsigned", wave: 1, have: 0, need: 2 };
    expect(await stateOf()).toMatchObject({ state: "waiting", holds: [hold] });
    expect(played.jobs.size).toBe(0);
  });

  test("U2 takes no signature of the requester, of a viewer, twice, or over another text", async () => {
    const viewer = await aPerson(world, "vera", { role: "viewer" });
    await expect(sign(carol!)).rejects.toMatchObject({ code: "forbidden" });
    await expect(sign(viewer)).rejects.toMatchObject({ code: "not-found" });
    for (const edit of [
      (text: string) => text.replace("wave 1", "wave 2"),
      (text: string) => otherDigit(text, "plan"),
      (text: string) => text.replace(/tenant \S+/, "tenant evil"),
      (text: string) => otherDigit(text, "evidence"),
      (text: string) => text.replace(/issued \d/, "issued 0"),
      (text: string) => text.replace(/issued 1/, "issued 2"),
      (text: string) => `${text}x\n`,
    ]) {
      await expect(sign(alice!, edit)).rejects.toThrow(/Fetch it|Look again|no gate text/);
    }
    const { document } = await showOpening(world, alice!.actor, ref());
    for (const signature of [alice!.sign(document), bob!.sign(document, "fettle-gate-v1")]) {
      const given = { ...ref(), document, signature };
      await expect(signOpening(world, alice!.actor, given)).rejects.toThrow();
    }
    expect((await showOpening(world, alice!.actor, ref())).given).toEqual([]);
    await sign(alice!);
    await expect(sign(alice!)).rejects.toMatchObject({ code: "conflict" });
    await played.turn();
    expect((await stateOf()).state).toBe("waiting");
  });

  test("opens with the last signature, and brings them to its hosts", async () => {
    await sign(bob!);
    await played.turn();
    expect((await stateOf()).state).toBe("open");
    const given = await loadWaveSignatures(world.db, played.row.id);
    expect(given.map(({ handle }) => handle)).toEqual(["alice", "bob"]);
    for (const { document, signature, keyLine: line } of given) {
      const claim = { line, signature, text: document, namespace: "fettle-gate-v1" };
      expect(opensshAccepts(claim)).toBe(true);
    }
  });

  test("§9 its jobs go out as files without an order, told to the log, unless it is halted", async () => {
    const take = (who = carol!, host = "web-1") =>
      takeOfflineBundle(world, who.actor, { rollout: played.row.id, host });
    const text = await take();
    expect(text.match(/^@\S+/gm)).toEqual([
      ...["@plan", "@approve", "@gate", "@gatesig", "@gate", "@gatesig", "@leaf", "@node1"],
      ...["@body", "@end"],
    ]);
    expect(text).toContain((await loadPlan(world.db, played.row.plan))?.statement);
    const events = await sql<{ type: string }>`
      select type from event where type = 'target.bundle-taken'`.execute(world.db);
    expect(events.rows).toHaveLength(1);
    await expect(take(carol!, "web-9")).rejects.toMatchObject({ code: "not-found" });
    const elsewhere = await aPerson(world, "olga", { role: "operator", scope: "env=dev" });
    await expect(take(elsewhere)).rejects.toMatchObject({ code: "not-found" });
    await halt(world, carol!.actor, { rollout: played.row.id, reason: "wait", isFrozen: false });
    await expect(take()).rejects.toMatchObject({ code: "blocked" });
    expect(events.rows).toHaveLength(1);
  });
});

describe("a wave that waits for sign-offs", () => {
  let played: PlayedRollout;
  let change: Change;
  let tess: TestPerson;

  beforeAll(async () => {
    tess = await aPerson(world, "tess", { role: "approver" });
    const policies = join(world.paths.state, "policies");
    mkdirSync(policies, { recursive: true });
    const shipped = readFileSync(new URL("../../policies/change.yaml", import.meta.url), "utf8");
    const asked =
      "signOffs:\n  - { when: { tier: [0] }, before: start, by: [qa, team] }\n  - { before: wave 2, by: [application] }\n";
    writeFileSync(join(policies, "change.yaml"), `${shipped}\n${asked}`);
    const signs = "{ qa: [bob, carol], team: [bob, tess], application: [alice, vera] }";
    const owners = `kind: owners\nrules:\n  - { name: the shop, signs: ${signs} }\n`;
    writeFileSync(join(policies, "owners.yaml"), owners);
    change = await requested();
    await approve(change);
    await sequence(world, await openLogKey(world));
  });

  type Role = "qa" | "team" | "application";
  const say = (who: TestPerson, role: Role, actor = who.actor) =>
    signOff(world, actor, { change: change.id, role, words: "looked at it" });
  const opens = () => inTransaction(world.db, (tx) => openWave(tx, played.row.id, 1));
  const waitsFor = async (who: TestPerson) => {
    const me = { person: who.actor.subject, scopes: [[]], now: Date.now() };
    const rows = await loadChanges(world.db, { scopes: [[]], waitingFor: me, limit: 500 });
    return rows.some(({ id }) => id === change.id);
  };
  const disable = (who: TestPerson, isOff: boolean) =>
    sql`
    update subject set disabled_at = case when ${isOff} then now() end
     where id = ${who.actor.subject}`.execute(world.db);
  async function first() {
    const loaded = await loadFacts(world.db, played.row.id);
    return loaded?.facts.waves[0];
  }

  test("R3 takes none of who asked, of others, of no person, or before there is anything to see", async () => {
    await expect(say(carol!, "qa")).rejects.toThrow(/Who asked/);
    await expect(say(alice!, "qa")).rejects.toThrow(/does not name you/);
    await expect(say(tess, "application")).rejects.toThrow(/does not name you/);
    await expect(say(alice!, "application")).rejects.toThrow(/once it runs/);
    const system = { ...bob!.actor, kind: "system" as const };
    await expect(say(bob!, "qa", system)).rejects.toThrow(/Only a person/);
    const viewer = await aPerson(world, "vic", { role: "viewer" });
    await expect(say(viewer, "qa")).rejects.toMatchObject({ code: "not-found" });
    expect(await eventsOf(change, "change.signed-off")).toBe(0);
    expect([await waitsFor(tess), await waitsFor(alice!)]).toEqual([true, false]);
  });

  test("does not open, says who is missing, and cannot be opened past them", async () => {
    played = await started({ world, carol: carol!, alice: alice!, bob: bob!, patch }, change);
    await played.turn();
    const parts = [
      { role: "qa", of: "the shop", able: ["bob"] },
      { role: "team", of: "the shop", able: ["bob", "tess"] },
    ];
    const hold = { why: "sign-off-missing", wave: 1, parts };
    expect(await first()).toMatchObject({ state: "waiting", holds: [hold] });
    expect(await opens()).toBe(false);
    const now = await loadChange(world.db, change.id);
    const { heldUpBy } = await showControl(world, alice!.actor, now ?? change);
    expect(heldUpBy).toContain("a sign-off before the first wave by the QA lead of the shop: bob");
  });

  test("takes one part of one person, and forgets those who were disabled", async () => {
    await say(bob!, "qa");
    await expect(say(bob!, "team")).rejects.toThrow(/one person signs one part/);
    await expect(say(bob!, "qa")).rejects.toThrow(/one person signs one part/);
    expect(await opens()).toBe(false);
    await say(tess, "team");
    expect(await waitsFor(tess)).toBe(false);
    await disable(tess, true);
    expect(await opens()).toBe(false);
    await disable(tess, false);
    await expect(
      sql`delete from sign_off where change = ${change.id}`.execute(world.db),
    ).rejects.toThrow();
  });

  test("R13 is halted by an operator of one host in any plight, and resumed by none of those", async () => {
    const oz = await aPerson(world, "oz", { role: "operator", scope: "env=dev" });
    const asked = { rollout: played.row.id, reason: "stop" };
    const plights = [
      () => disable(alice!, true),
      () => sql`update change set needs_board = true where id = ${change.id}`.execute(world.db),
      () => sql`update change set state = 'withdrawn' where id = ${change.id}`.execute(world.db),
    ];
    for (const plight of plights) {
      await plight();
      const { rollout } = await halt(world, oz.actor, { ...asked, isFrozen: false });
      expect(rollout.state).toBe("halted");
      await expect(resume(world, oz.actor, asked)).rejects.toThrow();
      await resume(world, carol!.actor, asked);
      await expect(agreeToResume(world, oz.actor, asked)).rejects.toThrow();
      const { state } = await agreeToResume(world, bob!.actor, asked);
      expect(state).toBe("running");
      // Going on without a valid approval starts nothing.
      await played.turn();
      expect(await opens()).toBe(false);
      expect(played.jobs.size).toBe(0);
    }
    await disable(alice!, false);
    await sql`update change set state = 'running', needs_board = false
               where id = ${change.id}`.execute(world.db);
  });

  test("opens with the last sign-off, each of which is an event", async () => {
    await played.turn();
    expect((await first())?.state).toBe("open");
    expect(await eventsOf(change, "change.signed-off")).toBe(2);
    await say(alice!, "application");
    expect(await eventsOf(change, "change.signed-off")).toBe(3);
  });
});

describe("a wave that waits for the state of a record in an ITSM system", () => {
  let played: PlayedRollout;
  let change: Change;
  const opens = () => inTransaction(world.db, (tx) => openWave(tx, played.row.id, 1));
  const holds = async () => {
    await played.turn();
    const wave = (await loadFacts(world.db, played.row.id))?.facts.waves[0];
    return [wave?.state, wave?.holds];
  };
  const record = (state: string, isHolding: boolean) =>
    sql`
    insert into itsm_link (system, change, wanted, outside_id, outside_key, outside_state,
                           is_holding, checked_at)
    values ('bus', ${change.id}, 0, 'x1', 'EXT-1', ${state}, ${isHolding}, now())
    on conflict (system, change) do update set outside_state = excluded.outside_state,
      is_holding = excluded.is_holding`.execute(world.db);

  beforeAll(async () => {
    const policies = join(world.paths.state, "policies");
    const shipped = readFileSync(new URL("../../policies/change.yaml", import.meta.url), "utf8");
    const asks = "itsm:\n  - { when: { tier: [0] }, system: bus, states: [Implement] }\n";
    mkdirSync(policies, { recursive: true });
    writeFileSync(join(policies, "change.yaml"), `${shipped}\n${asks}`);
    change = await requested();
    await approve(change);
    await sequence(world, await openLogKey(world));
    played = await started({ world, carol: carol!, alice: alice!, bob: bob!, patch }, change);
  });

  test("stays shut without it, while it is stopped there, and opens by nothing else", async () => {
    const of = { system: "bus", key: null, state: null, wanted: ["Implement"] };
    const none = { why: "itsm", wave: 1, parts: [{ ...of, kind: "no-system" }] };
    expect(await holds()).toEqual(["waiting", [none]]);
    await sql`
      insert into itsm_system (name, kind, url, secret_file, settings, next, changed_by, changed_at)
      values ('bus', 'webhook', 'http://127.0.0.1', 'k', '{}', 0, ${carol!.actor.subject}, now())`.execute(
      world.db,
    );
    await record("Approved", false);
    const other = { ...of, key: "EXT-1", state: "Approved", kind: "not-in-state" };
    expect(await holds()).toEqual(["waiting", [{ ...none, parts: [other] }]]);
    expect(await opens()).toBe(false);
    await record("implement", true);
    expect(await holds()).toMatchObject(["waiting", [{ parts: [{ kind: "held" }] }]]);
    expect(await opens()).toBe(false);
    const now = await loadChange(world.db, change.id);
    const { heldUpBy } = await showControl(world, alice!.actor, now ?? change);
    expect(heldUpBy.join()).toContain('EXT-1 in bus is "implement" there, which holds the change');
    await record("implement", false);
    const [state, left] = await holds();
    expect(state).toBe("open");
    expect(JSON.stringify(left)).not.toContain("itsm");
  });
});
