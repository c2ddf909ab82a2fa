import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { aPerson, someHosts, type TestPerson } from "../../test/builders/stored.ts";
import { buildScene, goodDraft, makeKeys, named, type Scene } from "../../test/corpus/scene.ts";
import { layHost, makeHostRoot, shells } from "../../test/host/host-root.ts";
import { policyVersion } from "../../test/host/trust.ts";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { fingerprint, parsePublicKeyLine } from "../base/ssh-key.ts";
import { makeMachineKey, openMachineKey, signDocument } from "../base/sshsig.ts";
import { inTransaction } from "../db/database.ts";
import { startSshd, type TestSshd } from "../reach/sshd-for-tests.ts";
import { confirmHost } from "./actions.ts";
import {
  publishHostPolicy,
  retellHostPolicies,
  showHostPolicies,
} from "./actions-host-policies.ts";
import type { HostIdentity } from "./host-identity.ts";
import { type HostPolicy, writeHostPolicy } from "./host-policy.ts";
import { startHostPolicies } from "./loops-host-policies.ts";
import { sidesOf } from "./policy-link.ts";
import { insertEnrolment } from "./store.ts";

// The files of a host must be root's own, so only root can lay a host.
describe.runIf(process.getuid?.() === 0)("§10.3 the chain of host policies", () => {
  const root = openMachineKey(makeMachineKey().privateKeyPem);
  const other = openMachineKey(makeMachineKey().privateKeyPem);
  let made: TestWorld;
  let sshd: TestSshd;
  let folder: string;
  let carol: TestPerson;
  let host: ReturnType<typeof makeHostRoot>;
  let first: HostPolicy;
  let identity: HostIdentity;
  let scene: Scene;

  beforeAll(async () => {
    made = await testWorld();
    folder = mkdtempSync(join(tmpdir(), "fettle-policies-"));
    carol = await aPerson(made.world, "carol");
    host = makeHostRoot(join(folder, "host"), shells[0]!, "");
    sshd = await startSshd({ forced: `${shells[0]!.argv.join(" ")} ${host.program} serve` });
    const keys = makeKeys(join(folder, "keys"));
    const draft = goodDraft(keys);
    identity = { ...draft.identity, tenant: "fettle" };
    first = { ...draft.policy, tenant: "fettle", roots: [named("r1", root)], rootsNeeded: 1 };
    scene = buildScene(keys, { ...draft, identity, policy: first });
    layHost(host, scene);
    const hosts = await someHosts(made.world, [
      { name: "web-1", labels: { ring: "prod" } },
      { name: "away", labels: { ring: "prod" } },
    ]);
    for (const one of hosts) {
      await inTransaction(made.world.db, (tx) =>
        insertEnrolment(tx, {
          ...{ host: one, policyVersion: first.version, way: "installed" as const, ring: "prod" },
          ...{ policyDigest: null, keyLine: root.publicKeyLine, enrolledBy: carol.actor.subject },
        }),
      );
    }
    const way = JSON.stringify({ ...sshd.target, program: "installed" });
    await sql`update host set way = ${way}::jsonb where name = 'web-1'`.execute(made.world.db);
  });
  afterAll(async () => {
    await sshd.close();
    rmSync(folder, { recursive: true, force: true });
    await made.close();
  });

  const textOf = (version: number): string => writeHostPolicy({ ...first, version });

  function publish(version: number, by = root, after = version - 1) {
    const [previous, policy] = [textOf(after), textOf(version)];
    const signature = signDocument({ namespace: "fettle-policy-v1", key: by, bytes: policy });
    const both = (["old", "new"] as const).map((side) => ({ name: "r1", side, signature }));
    const found = sidesOf({ previous, next: policy }, "r1", signature);
    const signatures = found.length === 0 ? both : found;
    return publishHostPolicy(made.world, carol.actor, { previous, policy, signatures });
  }

  async function until(outcome: string, version: number): Promise<void> {
    const loop = startHostPolicies(made.world);
    const seen = async () =>
      (await showHostPolicies(made.world, carol.actor)).hosts.find((one) => one.host === "web-1");
    try {
      await expect.poll(seen, { timeout: 20_000 }).toMatchObject({ outcome, version });
    } finally {
      await loop.stop();
    }
  }

  test("goes to hosts version by version, is refused where hosts would, and a host at another place is found", async () => {
    const { version } = first;
    await expect(publish(version + 1, other)).rejects.toMatchObject({ code: "invalid" });
    await expect(publish(version + 2, root, version)).rejects.toThrow(/does not follow/);
    expect(await publish(version + 1)).toEqual({ version: version + 1, hosts: 2 });
    await expect(publish(version + 1)).rejects.toMatchObject({ code: "conflict" });
    await expect(publish(version + 3)).rejects.toMatchObject({ code: "blocked" });
    await until("taken", version + 1);
    expect(policyVersion(host)).toBe(String(version + 1));
    expect(readFileSync(join(host.etc, "policy"), "utf8")).toBe(textOf(version + 1));

    await publish(version + 2);
    await publish(version + 3);
    // What the server thinks is wrong; the host says where it stands and gets the rest.
    await sql`update host_policy_host set version = ${version + 2}`.execute(made.world.db);
    await until("taken", version + 3);
    expect(policyVersion(host)).toBe(String(version + 3));
    const { hosts, policies } = await showHostPolicies(made.world, carol.actor);
    expect(policies.map((one) => one.version)).toEqual([version + 1, version + 2, version + 3]);
    expect(hosts.find((one) => one.host === "away")).toMatchObject({ outcome: "waiting" });
    expect(await retellHostPolicies(made.world, carol.actor)).toBe(2);

    // Set up anew by its own people, with the first policy and another key: it is told of itself.
    const key = openMachineKey(makeMachineKey().privateKeyPem).publicKeyLine;
    layHost(host, { ...scene, host: { ...scene.host, key: key.split(" ")[1]! } });
    const print = fingerprint(parsePublicKeyLine(key)!);
    await sql`update host set mode = 'managed', protocol_id = ${identity.host}, signing_key = null
      where name = 'web-1'`.execute(made.world.db);
    await confirmHost(made.world, carol.actor, { host: "web-1", fingerprint: print, ring: "prod" });
    await until("taken", version + 3);
    expect(policyVersion(host)).toBe(String(version + 3));
  });
});
