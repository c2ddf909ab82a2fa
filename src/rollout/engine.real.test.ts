import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type TestWorld, testWorld } from "../../test/setup/world.ts";
import { systemActor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { type ChangeId, type HostId, newId, type PatchId } from "../base/ids.ts";
import { instantToSeconds, MINUTE_MS } from "../base/instant.ts";
import { makeMachineKey, openMachineKey, signDocument } from "../base/sshsig.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { enrolmentFor } from "../fleet/enrolment.ts";
import { sshExecutor } from "../fleet/executors/ssh/executor.ts";
import { writeHostIdentity } from "../fleet/host-identity.ts";
import { writeHostPolicy } from "../fleet/host-policy.ts";
import { parseHostStatus } from "../fleet/host-status.ts";
import type { Executor } from "../fleet/model.ts";
import { machineKey } from "../fleet/store-keys.ts";
import type { Host } from "../inventory/model.ts";
import { recordInspection } from "../inventory/record-inspection.ts";
import { insertHosts, loadHosts, setSigningKey } from "../inventory/store.ts";
import { writeBody } from "../plan/body.ts";
import { writeLeaf } from "../plan/leaf.ts";
import { writeStatement } from "../plan/statement.ts";
import { statementDigest } from "../plan/statement-digest.ts";
import { buildTree } from "../plan/tree.ts";
import { parseRings } from "../policy/rings.ts";
import { hostProgram } from "../reach/host-program.ts";
import { askHost, isReachProblem } from "../reach/host-session.ts";
import { bootstrap } from "../reach/ssh-command.ts";
import type { Transport } from "../reach/transport.ts";
import { undatedDeadline } from "../triage/deadline.ts";
import { startRollout } from "./actions.ts";
import { halt, resume } from "./actions-halt.ts";
import { explain, showRollout } from "./actions-show.ts";
import { type Rollouts, startRollouts } from "./loops.ts";
import { brokenInvariants } from "./store-story.ts";

/**
 * The engine against the real host program, each host with folders of its own on this machine. What a
 * host did stands in its `truth` file, which its hooks write; nothing of the machine is changed.
 */
const isRoot = process.getuid?.() === 0;

let made: TestWorld;
let world: World;
let folder: string;
let running: Rollouts[] = [];

beforeEach(async () => {
  made = await testWorld();
  world = made.world;
  folder = mkdtempSync(join(tmpdir(), "fettle-engine-"));
});
afterEach(async () => {
  await Promise.all(running.map((r) => r.stop()));
  running = [];
  await made.close();
  rmSync(folder, { recursive: true, force: true });
});

const ringsText = readFileSync(new URL("../../policies/rings.yaml", import.meta.url), "utf8");
const approver = openMachineKey(makeMachineKey().privateKeyPem);

/** Connections that were made to each host since its test began. */
const connections = new Map<string, number>();

function transportTo(host: Pick<Host, "name">): Transport {
  const places = { etc: join(folder, host.name, "etc"), var: join(folder, host.name, "var") };
  const program = hostProgram(places);
  return {
    where: host.name,
    isRoot: true,
    prepare: () => {
      connections.set(host.name, (connections.get(host.name) ?? 0) + 1);
      return {
        program: "/bin/sh",
        args: ["-c", bootstrap(Buffer.byteLength(program))],
        env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" },
        preamble: program,
        endsGroup: true,
      };
    },
    explain: ({ code }) => ({ kind: "unreachable", message: `ended with ${code}` }),
  };
}

function executor(): Executor {
  return sshExecutor({ tenant: world.config.deployment, transportTo });
}

/** A host that is enrolled and inspected, with a hook that writes the truth and a probe. */
async function aHost(name: string, ring: string, probe = "exit 0"): Promise<Host> {
  const id = newId<HostId>(Date.now());
  const protocolId = `h-${sha256(id).slice(0, 20)}`;
  const labels = { ring };
  await inTransaction(world.db, (tx) =>
    insertHosts(
      tx,
      [{ id, name, protocolId, labels, way: { kind: "local" }, mode: "managed" }],
      Date.now(),
    ),
  );
  const texts = enrolmentFor({
    tenant: world.config.deployment,
    host: { name, protocolId, labels },
    rings: parseRings(ringsText),
    version: 1,
    dispatcherKeyLine: machineKey(world.paths.state, "dispatcher").publicKeyLine,
    rootKeyLine: machineKey(world.paths.state, "piped-root").publicKeyLine,
    depotUrl: "http://localhost/depot",
    approvers: [{ handle: "alice", class: "ssh", ...keyOf(approver.publicKeyLine) }],
  });
  mkdirSync(join(folder, name));
  const answer = await askHost(transportTo({ name }), {
    verb: "enrol",
    input: `@identity\n${writeHostIdentity(texts.identity)}@policy\n${writeHostPolicy(texts.policy)}@end\n`,
    answer: "enrolled",
  });
  if (isReachProblem(answer)) throw new Error(answer.message);
  const { keyLine } = parseHostStatus(answer.get("enrolled") ?? []);
  writeHook(name, "mark", `echo mark >>${truthOf(name)}`);
  writeHook(name, "unmark", `echo unmark >>${truthOf(name)}`);
  writeHook(name, "check", probe);
  writeFileSync(join(folder, name, "etc/probes.d/works"), "hook check\ntries 1\n", { mode: 0o644 });
  await inTransaction(world.db, (tx) => setSigningKey(tx, id, keyLine!));
  return inspected(id);
}

async function inspected(id: HostId): Promise<Host> {
  const [host] = await loadHosts(world.db, { ids: [id], scopes: [[]] });
  const seen = await executor().inspect(host!, new AbortController().signal);
  if (seen.kind === "problem") throw new Error(seen.problem.message);
  const at = Date.now();
  const facts = { inspection: seen.inspection, observedAt: at, recordedAt: at };
  await inTransaction(world.db, (tx) =>
    recordInspection(tx, host!, { ...facts, actor: systemActor.subject }),
  );
  return host!;
}

function keyOf(line: string): { type: string; base64: string } {
  const [type = "", base64 = ""] = line.split(" ");
  return { type, base64 };
}

function writeHook(host: string, name: string, text: string): void {
  const file = join(folder, host, "etc/hooks.d", name);
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
}

const truthOf = (name: string): string => join(folder, name, "truth");

function truth(name: string): string[] {
  return existsSync(truthOf(name)) ? readFileSync(truthOf(name), "utf8").trim().split("\n") : [];
}

interface Waves {
  readonly ring: string;
  readonly hosts: readonly Host[];
}

/** An approved change over these waves: a real plan, signed by a real key. */
async function anApproved(waves: readonly Waves[], soakSeconds = 0): Promise<ChangeId> {
  const now = Date.now();
  const body = writeBody({
    steps: [
      { verb: "run", hook: "mark" },
      { verb: "probe", name: "works" },
    ],
    undo: [{ at: 1, step: { verb: "run", hook: "unmark" } }],
  });
  const targets = waves.flatMap((wave, at) => wave.hosts.map((host) => ({ host, wave: at + 1 })));
  const leaves = targets.map(({ host, wave }, index) => {
    const windows: { from: number; to: number }[] = [];
    const text = writeLeaf({ index, wave, host: host.protocolId, body: sha256(body), windows });
    return { index, wave, host, text, digest: sha256(text) };
  });
  const times = { notBefore: now - MINUTE_MS, notAfter: now + 60 * MINUTE_MS };
  const policy = parseRings(ringsText);
  const statement = writeStatement({
    tenant: world.config.deployment,
    change: "c-1",
    title: "Mark all hosts",
    requester: "carol",
    class: "normal",
    issued: instantToSeconds(now - MINUTE_MS),
    hostPolicy: 1,
    policy: policy.digest,
    content: sha256("content"),
    hosts: { kind: "frozen", count: leaves.length },
    attempts: 2,
    permit: { kind: "online" },
    revert: { kind: "order", seconds: 3600 },
    bodies: 1,
    leaves: leaves.length,
    root: buildTree(leaves.map((leaf) => leaf.digest)).root,
    waves: waves.map((wave, at) => ({
      number: at + 1,
      ring: wave.ring,
      notBefore: instantToSeconds(times.notBefore),
      notAfter: instantToSeconds(times.notAfter),
    })),
    supersedes: [],
  });
  const plan = statementDigest(statement);
  const [patch, change] = [newId<PatchId>(now), newId<ChangeId>(now)];
  const limits = JSON.stringify({
    batchSize: 9,
    inFlightMax: 9,
    failedMax: 0,
    failures: null,
    successRateMin: 1,
    soakSeconds,
    rollback: "wave",
  });
  const report = JSON.stringify({
    reversibility: "downgrade",
    irreversible: [],
    restarts: [],
    needsReboot: false,
    detects: [],
    ways: { local: 0, ssh: 0, piped: leaves.length },
    warnings: [],
  });
  const { db } = world;
  await sql`
    insert into patch (id, title, ecosystem, source, source_version, state, route, kind, urgency,
      classified_by, classified_facts, vulnerabilities, affected_versions, regression, deadline,
      justification, opened_by, opened_at, moved_at)
    values (${patch}, 'Mark', 'Debian:12', 'openssl', '3', 'triage', 'scheduled', 'security', 'high',
      '{"file": "f", "rule": "r", "version": "1"}', '{}', '{}', '{"< 3"}', '{"level": "low", "because": "it is small"}', ${JSON.stringify(
        undatedDeadline(now),
      )}::jsonb, 'it is', 'carol', now(), now())`.execute(db);
  await sql`insert into rings_policy values (${policy.digest}, 'standard', ${policy.text})`.execute(
    db,
  );
  await sql`
    insert into plan values (${plan}, ${statement}, ${patch}, 1, 'normal', ${policy.digest}, 'carol',
      'carol', 1, ${leaves.length}, ${report}::jsonb, now(), now() + interval '1 hour')`.execute(
    db,
  );
  await sql`insert into plan_body values (${plan}, ${sha256(body)}, ${body})`.execute(db);
  for (const [at, wave] of waves.entries()) {
    await sql`
      insert into plan_wave values (${plan}, ${at + 1}, ${wave.ring},
        to_timestamp(${times.notBefore}::float8 / 1000),
        to_timestamp(${times.notAfter}::float8 / 1000), '[]', ${wave.hosts.length},
        ${limits}::jsonb)`.execute(db);
  }
  for (const { index, wave, host, digest } of leaves) {
    await sql`
      insert into plan_leaf values (${plan}, ${index}, ${wave}, ${host.id}, ${host.protocolId},
        ${sha256(body)}, ${digest})`.execute(db);
  }
  await sql`
    insert into change (id, number, patch, plan, class, state, title, reason, backout, risk, need,
      requested_by, requester_person, requested_at, expires_at, moved_at)
    values (${change}, 1, ${patch}, ${plan}, 'normal', 'approved', 'Mark all hosts', 'it is time',
      'undo', ${JSON.stringify({
        hosts: leaves.length,
        rings: waves.map((wave) => wave.ring),
        restarts: [],
        needsReboot: false,
        reversibility: "downgrade",
        irreversible: [],
        pipedHosts: leaves.length,
        firstWaveDetects: 1,
      })}::jsonb, 1, 'carol', 'carol', now(), now() + interval '1 hour', now())`.execute(db);
  const signature = signDocument({
    namespace: "fettle-approve-v1",
    key: approver,
    bytes: statement,
  });
  await sql`
    insert into approval values (${change}, ${change}, ${plan}, 'alice', 'alice', 'ssh',
      ${approver.publicKeyLine}, ${signature}, now())`.execute(db);
  return change;
}

function startServer(): Rollouts {
  const server = startRollouts(world, executor());
  running.push(server);
  return server;
}

const admin = systemActor;

async function until<T>(what: string, look: () => Promise<T | null>): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const seen = await look();
    if (seen !== null) return seen;
    if (Date.now() > deadline) {
      const { rows } = await sql`select state, hold, step, result_code, evidence, verdict, attempt
                                   from target order by leaf_index`.execute(world.db);
      const waves = await sql`select number, state, holds from wave`.execute(world.db);
      throw new Error(`${what}: ${JSON.stringify(rows)} ${JSON.stringify(waves.rows)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function untilState(rollout: string, state: string) {
  return until(`the rollout is ${state}`, async () => {
    const shown = await showRollout(world, admin, rollout);
    return shown.row.state === state ? shown : null;
  });
}

describe.skipIf(!isRoot)("a rollout over real host programs", () => {
  test("patches the canary, then the ring, and verifies every host by a look of its own", async () => {
    const [canary, ...ring] = await Promise.all([
      aHost("web-1", "canary"),
      aHost("web-2", "1"),
      aHost("web-3", "1"),
    ]);
    const change = await anApproved([
      { ring: "canary", hosts: [canary] },
      { ring: "1", hosts: ring },
    ]);
    connections.clear();
    startServer();
    const { id } = await startRollout(world, admin, { change });
    const shown = await untilState(id, "finished");
    expect(shown.view.outcomes).toMatchObject({ verified: 3, hosts: 3 });
    expect(shown.view.now).toBe("finished: 3 verified");
    // Job and look came over one connection.
    expect([...connections.values()]).toEqual([1, 1, 1]);
    for (const name of ["web-1", "web-2", "web-3"]) expect(truth(name)).toEqual(["mark"]);
    const { rows } = await sql`select 1 from job_result where is_applied`.execute(world.db);
    expect(rows).toHaveLength(3);
    const why = await explain(world, admin, { host: "web-2", patch: "P-1" });
    expect(why.sentence).toBe("is patched and verified");
    const states = await sql<{ change: string; patch: string }>`
      select c.state as change, p.state as patch from change c join patch p on p.id = c.patch`.execute(
      world.db,
    );
    expect(states.rows).toEqual([{ change: "completed", patch: "observing" }]);
    expect(await brokenInvariants(world.db)).toEqual([]);
  });

  test("a host whose connection ends with its result is looked at over another one", async () => {
    const hosts = [await aHost("web-1", "canary")];
    const change = await anApproved([{ ring: "canary", hosts }]);
    connections.clear();
    const whole = executor();
    const withoutLine: Executor = {
      ...whole,
      async apply(host, job, talk) {
        const end = await whole.apply(host, job, talk);
        await end.line?.close();
        return { ...end, line: null };
      },
    };
    running.push(startRollouts(world, withoutLine));
    const { id } = await startRollout(world, admin, { change });
    const shown = await untilState(id, "finished");
    expect(shown.view.outcomes).toMatchObject({ verified: 1, hosts: 1 });
    expect([...connections.values()]).toEqual([2]);
  });

  test("a canary whose probe fails rolls itself back and starts nothing in the ring", async () => {
    const [good, bad, next] = await Promise.all([
      aHost("web-1", "canary"),
      // Fails as long as the patch is on, and passes again once it was taken off.
      aHost("web-2", "canary", `[ "$(tail -n 1 ${truthOf("web-2")})" != mark ]`),
      aHost("web-3", "1"),
    ]);
    const change = await anApproved([
      { ring: "canary", hosts: [good, bad] },
      { ring: "1", hosts: [next] },
    ]);
    startServer();
    const { id } = await startRollout(world, admin, { change });
    const shown = await untilState(id, "halted");
    expect(shown.view.haltReason).toBe("1 host of wave 1 failed; the plan allows none");
    await until("the whole wave is taken back", async () => {
      const { outcomes } = (await showRollout(world, admin, id)).view;
      return outcomes.rolledBack === 2 ? outcomes : null;
    });
    expect(truth("web-1")).toEqual(["mark", "unmark"]);
    expect(truth("web-2")).toEqual(["mark", "unmark"]);
    expect(truth("web-3")).toEqual([]);
    const why = await explain(world, admin, { host: "web-3", patch: "P-1" });
    expect(why.sentence).toMatch(/^waits: halted \(this rollout\) since /);
    expect(await brokenInvariants(world.db)).toEqual([]);
  });

  test("a server that dies is replaced, and no host does anything twice", async () => {
    const canary = await Promise.all([
      aHost("web-1", "canary", "sleep 2"),
      aHost("web-2", "canary"),
    ]);
    const change = await anApproved([{ ring: "canary", hosts: canary }]);
    const { id } = await startRollout(world, admin, { change });
    for (const seconds of [0.4, 0.9, 1.6]) {
      const server = startServer();
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      running = [];
      await server.stop();
    }
    startServer();
    const shown = await untilState(id, "finished");
    expect(shown.view.outcomes).toMatchObject({ verified: 2 });
    for (const name of ["web-1", "web-2"]) expect(truth(name)).toEqual(["mark"]);
    expect(await brokenInvariants(world.db)).toEqual([]);
  });

  test("a halt starts nothing any more; a resume goes on with a new attempt", async () => {
    const canary = await Promise.all([aHost("web-1", "canary"), aHost("web-2", "canary")]);
    const change = await anApproved([{ ring: "canary", hosts: canary }]);
    const { id } = await startRollout(world, admin, { change });
    const said = await halt(world, admin, { rollout: id, reason: "wait", isFrozen: false });
    expect(said.mayStillStart).toEqual({ hosts: 0, until: null });
    startServer();
    await until("the engine has looked", async () => {
      const { view } = await showRollout(world, admin, id);
      return view.waves[0]?.holds[0]?.why === "halted" ? view : null;
    });
    expect(truth("web-1")).toEqual([]);
    await resume(world, admin, { rollout: id, reason: "go on" });
    const shown = await untilState(id, "finished");
    expect(shown.view.outcomes).toMatchObject({ verified: 2 });
    expect(shown.words.map((word) => word.verb)).toEqual(["halted", "resumed"]);
  });
});
