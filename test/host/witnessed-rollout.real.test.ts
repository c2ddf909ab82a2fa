import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemActor } from "../../src/base/actor.ts";
import { sha256 } from "../../src/base/digest.ts";
import { type HostId, newId } from "../../src/base/ids.ts";
import { parsePublicKeyLine } from "../../src/base/ssh-key.ts";
import { inTransaction } from "../../src/db/database.ts";
import { listen } from "../../src/db/notify.ts";
import type { World } from "../../src/db/world.ts";
import { addWitness, changeRingQuorum, showWitnesses } from "../../src/fleet/actions-witnesses.ts";
import { writeHostIdentity } from "../../src/fleet/host-identity.ts";
import { type HostPolicy, type NamedKey, writeHostPolicy } from "../../src/fleet/host-policy.ts";
import { startWitnesses } from "../../src/fleet/loops-witness.ts";
import { insertEnrolment } from "../../src/fleet/store.ts";
import { machineKey } from "../../src/fleet/store-keys.ts";
import { startScan } from "../../src/inventory/actions-scan.ts";
import { startScanLoop } from "../../src/inventory/loops.ts";
import type { Host } from "../../src/inventory/model.ts";
import { everywhere, insertHosts, loadHosts, setSigningKey } from "../../src/inventory/store.ts";
import { startSequencer } from "../../src/ledger/loops.ts";
import { openLogKey } from "../../src/ledger/store-log-key.ts";
import { hostProgram } from "../../src/reach/host-program.ts";
import { startSshd, type TestSshd } from "../../src/reach/sshd-for-tests.ts";
import { startRollout } from "../../src/rollout/actions.ts";

import { retryHosts } from "../../src/rollout/actions-hosts.ts";
import { agreeToResume, resume } from "../../src/rollout/actions-resume.ts";
import { pageOfTargets, showRollout } from "../../src/rollout/actions-show.ts";
import { startRollouts } from "../../src/rollout/loops.ts";
import { type Agents, startAgents } from "../builders/agents.ts";
import { approvedMark, localTexts, writeHooks } from "../builders/local-hosts.ts";
import { aPerson, type TestPerson } from "../builders/stored.ts";
import { type TestWorld, testWorld } from "../setup/world.ts";

/**
 * A rollout over two rings, each with a host behind a real sshd and one that calls in, whose program and
 * policy the server did not bring. The second ring's hosts start nothing until two witnesses of the first
 * have signed the log, whatever the server thinks of it.
 */
const isRoot = process.getuid?.() === 0;

describe.skipIf(!isRoot)("a rollout into a ring that demands two witnesses", { retry: 0 }, () => {
  let made: TestWorld;
  let world: World;
  let folder: string;
  let agents: Agents;
  let admin: TestPerson;
  let logs: readonly NamedKey[];
  const sshds: TestSshd[] = [];
  const at = (name: string): string => join(folder, name);
  const first = ["ssh-1", "call-1"];
  const second = ["ssh-2", "call-2"];

  beforeAll(async () => {
    made = await testWorld();
    world = made.world;
    folder = mkdtempSync(join(tmpdir(), "fettle-witnessed-"));
    agents = await startAgents(world, folder);
    admin = await aPerson(world, "ada", { role: "admin" });
    // A witness has to know the log's key.
    const key = parsePublicKeyLine(machineKey(world.paths.state, "log").publicKeyLine)!;
    logs = [{ name: "l1", ...key }];
    await addSsh("ssh-1", "canary", (policy) => ({ ...policy, logs }));
    await addAgent("call-1", "canary", (policy) => ({ ...policy, logs }));
  });
  afterAll(async () => {
    await Promise.all(sshds.map((sshd) => sshd.close()));
    await agents?.close();
    await made?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  type Change = (policy: HostPolicy) => HostPolicy;

  /** As the host's own people do it: program, policy and key, and one way in that runs the program alone. */
  async function addSsh(name: string, ring: string, change: Change): Promise<void> {
    const places = { etc: join(at(name), "etc"), var: join(at(name), "var") };
    mkdirSync(at(name));
    const program = join(at(name), "program");
    writeFileSync(program, hostProgram(places), { mode: 0o755 });
    const id = newId<HostId>(Date.now());
    const protocolId = `h-${sha256(id).slice(0, 20)}`;
    const host = { name, protocolId, labels: { ring } };
    const { identity, policy } = localTexts(world, host);
    const texts = `@identity\n${writeHostIdentity(identity)}@policy\n${writeHostPolicy(change(policy))}@end\n`;
    execFileSync("dash", [program, "piped"], { input: `enrol\n${texts}` });
    writeHooks(at(name));
    const sshd = await startSshd({ forced: `dash ${program} serve` });
    sshds.push(sshd);
    const way = { ...sshd.target, program: "installed" as const };
    const keyLine = readFileSync(join(places.var, "key.pub"), "utf8").trim();
    await inTransaction(world.db, async (tx) => {
      await insertHosts(tx, [{ id, ...host, way, mode: "managed" }], Date.now());
      await setSigningKey(tx, id, keyLine);
      await insertEnrolment(tx, {
        ...{ host: id, policyVersion: 1, way: "installed", ring, policyDigest: null, keyLine },
        enrolledBy: admin.actor.subject,
      });
    });
  }

  async function addAgent(name: string, ring: string, change: Change): Promise<void> {
    const policy = change(agents.policyOf(ring));
    const { token } = await agents.token({ ring, policy });
    const policyDigest = sha256(writeHostPolicy(policy));
    const ran = await agents.install(name, { ring, token, policyDigest });
    expect(ran, ran.said).toMatchObject({ ok: true });
  }

  const callIn = () => Promise.all(["call-1", "call-2"].map((name) => agents.run(name, "once")));
  const truth = (name: string): string => {
    const file = join(at(name), "truth");
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  };
  const headOf = (name: string): number => {
    const file = join(at(name), "var/head");
    return existsSync(file) ? Number(readFileSync(file, "utf8").split(" ")[0]) : 0;
  };

  /** What hosts of the second ring believe: two witnesses, which are the hosts of the first. */
  async function demanding(): Promise<Change> {
    const named = (await showWitnesses(world)).witnesses.map(({ name, keyLine }): NamedKey => {
      return { name, ...parsePublicKeyLine(keyLine)! };
    });
    return (policy) => {
      const rings = policy.rings.map((rule) => ({ ...rule, log: "witness:2" as const }));
      return { ...policy, logs, witnesses: named, rings };
    };
  }

  test("the hosts refuse without them, the server waits for them, and then it is done", async () => {
    const names = [...first, ...second];
    await addWitness(world, admin.actor, { host: "ssh-1", operator: "dba" });
    await addWitness(world, admin.actor, { host: "call-1", operator: "web" });
    const change = await demanding();
    await addSsh("ssh-2", "1", change);
    await addAgent("call-2", "1", change);
    const rollouts = startRollouts(world);
    const sequencer = startSequencer(world, await openLogKey(world));
    const loops = [sequencer, startScanLoop(world), rollouts];
    const listener = listen(made.connection, ["ledger", "rollout", "change"], (channel) => {
      sequencer.wake();
      rollouts.wake(channel);
    });
    try {
      await startScan(world, systemActor, { hosts: names, refresh: "nothing" });
      await callIn();
      const hosts = await loadHosts(world.db, { scopes: everywhere, names });
      const of = (some: readonly string[]): Host[] =>
        hosts.filter(({ name }) => some.includes(name));
      const change = await approvedMark(world, [
        { ring: "canary", hosts: of(first) },
        { ring: "1", hosts: of(second) },
      ]);
      const { id } = await startRollout(world, systemActor, { change });
      const holds = async (): Promise<string> => {
        const { rows } = await sql<{ holds: string }>`
          select holds::text from wave where rollout = ${id} and number = 2`.execute(world.db);
        return rows[0]?.holds ?? "";
      };
      const until = async (what: string, is: () => Promise<boolean>) => {
        const end = Date.now() + 60_000;
        while (!(await is())) {
          await callIn();
          const said = `${what}: ${JSON.stringify(await told(id))} ${await holds()}`;
          if (Date.now() > end) throw new Error(said);
        }
      };
      // This server has no rule and brings the job as it is: the hosts judge by their own policy.
      const refused = ["call-1 done", "call-2 failed E_LOG", "ssh-1 done", "ssh-2 failed E_LOG"];
      await until("both to refuse", async () => `${await told(id)}` === `${refused}`);
      expect([...first, ...second].map(truth)).toEqual(["mark\n", "mark\n", "", ""]);
      // With the rule it does not even ask them.
      await changeRingQuorum(world, admin.actor, { ring: "1", need: 2, operator: "shop" });
      const again = { rollout: id, reason: "the ring has its witnesses now" };
      await retryHosts(world, systemActor, { ...again, hosts: null, except: [] });
      await resume(world, admin.actor, again);
      const bob = await aPerson(world, "bob", { role: "approver" });
      await agreeToResume(world, bob.actor, again);
      const gap = `"have": 0, "need": 2`;
      await until("the wave to wait", async () => (await holds()).includes(gap));
      const none = { wave: undefined, standing: undefined, after: undefined, skip: undefined };
      const page = { ...none, rollout: id, host: "ssh-2", limit: 1 };
      const { targets } = await pageOfTargets(world, systemActor, page);
      expect(targets[0]?.explanation.sentence).toContain(
        "wave 2 waits for witnesses of the log: 0 of the 2 that ring 1 needs have signed a head",
      );
      loops.push(startWitnesses(world));
      const ended = async () => (await showRollout(world, systemActor, id)).row.state;
      await until("the end", async () => (await ended()) === "finished");
      expect([...first, ...second].map(truth)).toEqual(["mark\n", "mark\n", "mark\n", "mark\n"]);
      // What each of them keeps of the log is a head that both had signed.
      const { rows } = await sql<{ size: number }>`
        select size from ledger_cosignature group by size having count(*) = 2`.execute(world.db);
      const signed = rows.map(({ size }) => size);
      for (const name of second) expect(signed).toContain(headOf(name));
    } finally {
      await listener.close();
      for (const loop of loops) await loop.stop();
    }
  }, 180_000);

  async function told(rollout: string): Promise<string[]> {
    const { rows } = await sql<{ said: string }>`
      select concat_ws(' ', h.name, t.state, t.hold ->> 'code') as said
        from target t join host h on h.id = t.host
       where t.rollout = ${rollout} order by h.name`.execute(world.db);
    return rows.map(({ said }) => said);
  }
});
