import { afterAll, beforeAll, expect, test } from "vitest";
import { testRings } from "../../test/builders/plan.ts";
import {
  aPatch,
  aPerson,
  askedOpenssl,
  someHosts,
  type TestPerson,
} from "../../test/builders/stored.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { sha256 } from "../base/digest.ts";
import type { HostId } from "../base/ids.ts";
import { makeMachineKey, openMachineKey } from "../base/sshsig.ts";
import { requestChange } from "../change/actions.ts";
import { approveChange } from "../change/actions-approve.ts";
import type { Change } from "../change/model.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { enrolmentFor } from "../fleet/enrolment.ts";
import { writeHostPolicy } from "../fleet/host-policy.ts";
import { insertEnrolment } from "../fleet/store.ts";
import { insertAgentPolicy } from "../fleet/store-agent.ts";
import { loadLiveKeys } from "../identity/store-keys.ts";
import { loadHosts } from "../inventory/store.ts";
import { createPlan } from "../plan/actions.ts";
import { loadPlan } from "../plan/store.ts";
import { parseRings } from "../policy/rings.ts";
import { startRollout } from "./actions.ts";
import { showReadiness } from "./actions-readiness.ts";

let made: TestWorld;
let world: World;
let patch: string;
let hosts: readonly HostId[];
let [carol, alice, bob, narrow]: TestPerson[] = [];
const key = openMachineKey(makeMachineKey().privateKeyPem).publicKeyLine;

beforeAll(async () => {
  made = await testWorld();
  world = made.world;
  carol = await aPerson(world, "carol");
  alice = await aPerson(world, "alice", { role: "approver" });
  narrow = await aPerson(world, "narrow", { role: "viewer", scope: "env=dev" });
  hosts = await someHosts(world, [
    { name: "web-1", labels: { ring: "canary", env: "prod" } },
    { name: "web-2", labels: { ring: "canary", env: "dev" } },
  ]);
  for (const host of hosts) await enrolled(host);
  // Hired after the hosts learned whom to believe.
  bob = await aPerson(world, "bob", { role: "approver" });
  patch = await aPatch(world, carol);
});
afterAll(() => made.close());

/** As `fettle host enrol` does, with the policy that the host is given. */
async function enrolled(host: HostId, policyVersion = 1): Promise<void> {
  const [row] = await loadHosts(world.db, { ids: [host], scopes: [[]] });
  if (row === undefined) throw new Error("no such host");
  const { policy, identity } = enrolmentFor({
    tenant: world.config.deployment,
    host: row,
    rings: parseRings(testRings),
    version: policyVersion,
    dispatcherKeyLine: key,
    rootKeyLine: key,
    depotUrl: "http://localhost:7700/depot",
    approvers: await loadLiveKeys(world.db),
  });
  const text = writeHostPolicy(policy);
  const policyDigest = sha256(text);
  await inTransaction(world.db, async (tx) => {
    await insertAgentPolicy(tx, { digest: policyDigest, text, at: world.clock() });
    const { ring } = identity;
    const enrolledBy = carol!.actor.subject;
    const of = { host, policyVersion, way: "piped" as const, ring, policyDigest, keyLine: key };
    await insertEnrolment(tx, { ...of, enrolledBy });
  });
}

async function approvedBy(...people: readonly TestPerson[]): Promise<Change> {
  const request = { patch, policy: { text: testRings }, class: "normal" as const };
  const { plan } = await createPlan(world, carol!.actor, request, askedOpenssl);
  const change = await requestChange(world, carol!.actor, { plan: plan.digest, reason: "a CVE" });
  const statement = (await loadPlan(world.db, change.plan))?.statement ?? "";
  for (const person of people) {
    const signature = person.sign(statement);
    await approveChange(world, person.actor, { change: change.id, signature });
  }
  return change;
}

test("a change that only a stranger to its hosts approved does not start until they know the key", async () => {
  const change = await approvedBy(bob!);
  expect(await showReadiness(world, carol!.actor, change.id)).toMatchObject({
    ...{ known: 2, unknown: 0 },
    refusing: [{ ring: "canary", hosts: 2, names: ["web-1", "web-2"], code: "E_THRESHOLD" }],
    strangers: [{ handle: "bob", hosts: 2, names: ["web-1", "web-2"] }],
  });
  await expect(startRollout(world, carol!.actor, { change: change.id })).rejects.toThrow(
    /web-1, web-2 would refuse .*E_THRESHOLD 0 of 1 approvals.*do not know the key of bob/,
  );
  for (const host of hosts) await enrolled(host, 2);
  const ready = await showReadiness(world, carol!.actor, change.id);
  expect(ready).toEqual({ known: 2, unknown: 0, refusing: [], strangers: [] });
  await expect(startRollout(world, carol!.actor, { change: change.id })).resolves.toBeDefined();
});

test("names no host outside the scope of whoever asks", async () => {
  const gina = await aPerson(world, "gina", { role: "approver" });
  const change = await approvedBy(gina);
  const [stranger] = (await showReadiness(world, narrow!.actor, change.id)).strangers;
  expect(stranger).toMatchObject({ handle: "gina", hosts: 2, names: ["web-2"] });
});

test("one who is known is enough, and a host whose policy lies elsewhere judges for itself", async () => {
  const hank = await aPerson(world, "hank", { role: "approver" });
  const change = await approvedBy(alice!);
  expect((await showReadiness(world, carol!.actor, change.id)).refusing).toEqual([]);
  const strange = await approvedBy(hank);
  const [host] = hosts;
  await inTransaction(world.db, (tx) =>
    insertEnrolment(tx, {
      ...{ host: host as HostId, policyVersion: 9, way: "installed", ring: "canary" },
      ...{ policyDigest: null, keyLine: key, enrolledBy: carol!.actor.subject },
    }),
  );
  expect(await showReadiness(world, carol!.actor, strange.id)).toMatchObject({
    ...{ known: 1, unknown: 1 },
    refusing: [{ hosts: 1, names: ["web-2"] }],
  });
});
