import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { systemActor } from "../../src/base/actor.ts";
import { sha256 } from "../../src/base/digest.ts";
import { type ChangeId, type HostId, newId, type PatchId } from "../../src/base/ids.ts";
import { instantToSeconds, MINUTE_MS } from "../../src/base/instant.ts";
import { makeMachineKey, openMachineKey, signDocument } from "../../src/base/sshsig.ts";
import { inTransaction } from "../../src/db/database.ts";
import type { World } from "../../src/db/world.ts";
import { type EnrolmentTexts, enrolmentFor } from "../../src/fleet/enrolment.ts";
import { sshExecutor } from "../../src/fleet/executors/ssh/executor.ts";
import { writeHostIdentity } from "../../src/fleet/host-identity.ts";
import { writeHostPolicy } from "../../src/fleet/host-policy.ts";
import { parseHostStatus } from "../../src/fleet/host-status.ts";
import type { Executor } from "../../src/fleet/model.ts";
import { machineKey } from "../../src/fleet/store-keys.ts";
import type { Host } from "../../src/inventory/model.ts";
import { recordInspection } from "../../src/inventory/record-inspection.ts";
import { insertHosts, loadHosts, setSigningKey } from "../../src/inventory/store.ts";
import { writeBody } from "../../src/plan/body.ts";
import { writeLeaf } from "../../src/plan/leaf.ts";
import { writeStatement } from "../../src/plan/statement.ts";
import { statementDigest } from "../../src/plan/statement-digest.ts";
import { buildTree } from "../../src/plan/tree.ts";
import { parseRings } from "../../src/policy/rings.ts";
import { hostProgram } from "../../src/reach/host-program.ts";
import { askHost, isReachProblem } from "../../src/reach/host-session.ts";
import { bootstrap } from "../../src/reach/ssh-command.ts";
import type { Transport } from "../../src/reach/transport.ts";
import { recordApproval } from "../../src/rollout/store-story-log.ts";
import { undatedDeadline } from "../../src/triage/deadline.ts";
import { integrated } from "./integrated.ts";

/**
 * Hosts on this machine: the real host program, each with folders of its own. What a host did stands in
 * its `truth` file, which its hooks write; nothing of the machine is changed.
 */
export interface LocalHosts {
  readonly executor: Executor;
  /** Connections that were made to each host. */
  readonly connections: Map<string, number>;
  /** A host that is enrolled and inspected, with a hook that writes the truth and a probe. */
  add(name: string, ring: string, probe?: string): Promise<Host>;
  truth(name: string): readonly string[];
  truthOf(name: string): string;
}

const ringsText = readFileSync(new URL("../../policies/rings.yaml", import.meta.url), "utf8");
const approver = openMachineKey(makeMachineKey().privateKeyPem);

export function localHosts(world: World, folder: string): LocalHosts {
  const connections = new Map<string, number>();
  const transportTo = transportsIn(folder, (name) => {
    connections.set(name, (connections.get(name) ?? 0) + 1);
  });
  const executor = sshExecutor({
    tenant: world.config.deployment,
    transportTo,
    isNewestToken: () => Promise.resolve(true),
  });
  const truthOf = (name: string): string => join(folder, name, "truth");
  return {
    executor,
    connections,
    truthOf,
    truth: (name) =>
      existsSync(truthOf(name)) ? readFileSync(truthOf(name), "utf8").trim().split("\n") : [],
    async add(name, ring, probe = "exit 0") {
      const id = await enrolled({ world, transport: transportTo({ name }) }, name, ring, () =>
        mkdirSync(join(folder, name)),
      );
      writeHooks(join(folder, name), probe);
      return inspected(world, executor, id);
    },
  };
}

/** Runs the host program of each folder as a child, in place of a login on a machine. */
function transportsIn(folder: string, onConnect: (name: string) => void) {
  return (host: Pick<Host, "name">): Transport => {
    const places = { etc: join(folder, host.name, "etc"), var: join(folder, host.name, "var") };
    const program = Buffer.from(hostProgram(places));
    return {
      where: host.name,
      isRoot: true,
      prepare: () => {
        onConnect(host.name);
        return {
          program: "/bin/sh",
          args: ["-c", bootstrap(program.length)],
          env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" },
          preamble: program,
          endsGroup: true,
        };
      },
      explain: ({ code }) => ({ kind: "unreachable", message: `ended with ${code}` }),
    };
  };
}

async function enrolled(
  { world, transport }: { readonly world: World; readonly transport: Transport },
  name: string,
  ring: string,
  makeFolder: () => void,
): Promise<HostId> {
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
  const texts = localTexts(world, { name, protocolId, labels });
  makeFolder();
  const answer = await askHost(transport, {
    verb: "enrol",
    input: `@identity\n${writeHostIdentity(texts.identity)}@policy\n${writeHostPolicy(texts.policy)}@end\n`,
    answer: "enrolled",
  });
  if (isReachProblem(answer)) throw new Error(answer.message);
  const { keyLine } = parseHostStatus(answer.get("enrolled") ?? []);
  await inTransaction(world.db, (tx) => setSigningKey(tx, id, keyLine ?? ""));
  return id;
}

/** What a host is told to believe here: the one approver of these tests, and this server's key. */
export function localTexts(
  world: World,
  host: Pick<Host, "name" | "protocolId" | "labels">,
): EnrolmentTexts {
  return enrolmentFor({
    tenant: world.config.deployment,
    host,
    rings: parseRings(ringsText),
    version: 1,
    dispatcherKeyLine: machineKey(world.paths.state, "dispatcher").publicKeyLine,
    rootKeyLine: machineKey(world.paths.state, "piped-root").publicKeyLine,
    depotUrl: "http://localhost/depot",
    approvers: [{ handle: "alice", class: "ssh", ...keyOf(approver.publicKeyLine) }],
  });
}

/** A hook that writes the truth of a host, one that takes it back, and a probe. */
export function writeHooks(folder: string, probe = "exit 0"): void {
  writeHook(folder, "mark", `echo mark >>${join(folder, "truth")}`);
  writeHook(folder, "unmark", `echo unmark >>${join(folder, "truth")}`);
  writeHook(folder, "check", probe);
  writeFileSync(join(folder, "etc/probes.d/works"), "hook check\ntries 1\n", { mode: 0o644 });
}

async function inspected(world: World, executor: Executor, id: HostId): Promise<Host> {
  const [host] = await loadHosts(world.db, { ids: [id], scopes: [[]] });
  if (host === undefined) throw new Error("the host was not stored");
  const seen = await executor.inspect(host, new AbortController().signal);
  if (seen.kind === "problem") throw new Error(seen.problem.message);
  const at = Date.now();
  const facts = { inspection: seen.inspection, observedAt: at, recordedAt: at };
  await inTransaction(world.db, (tx) =>
    recordInspection(tx, host, { ...facts, actor: systemActor.subject }),
  );
  return host;
}

function keyOf(line: string): { type: string; base64: string } {
  const [type = "", base64 = ""] = line.split(" ");
  return { type, base64 };
}

function writeHook(host: string, name: string, text: string): void {
  const file = join(host, "etc/hooks.d", name);
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
}

export interface MarkWave {
  readonly ring: string;
  readonly hosts: readonly Host[];
}

const MARK = writeBody({
  steps: [
    { verb: "run", hook: "mark" },
    { verb: "probe", name: "works" },
  ],
  transactions: [],
  undo: [{ at: 1, step: { verb: "run", hook: "unmark" } }],
});

/** An approved change over these waves: a real plan, signed by a real key. */
export async function approvedMark(
  world: World,
  waves: readonly MarkWave[],
  /** In place of named hosts: labels, so that each wave has one leaf for all of its hosts. */
  rule: { readonly labels: readonly string[]; readonly max: number } | null = null,
  inFlightMax = 9,
  body = MARK,
): Promise<ChangeId> {
  const now = Date.now();
  const targets = waves.flatMap((wave, at) => wave.hosts.map((host) => ({ host, wave: at + 1 })));
  const leaves = targets.map(({ host, wave }, index) => {
    const windows: { from: number; to: number }[] = [];
    const leaf = rule === null ? index : wave - 1;
    const named = rule === null ? host.protocolId : "*";
    const text = writeLeaf({ index: leaf, wave, host: named, body: sha256(body), windows });
    return { index, leaf, wave, host, named, text, digest: sha256(text) };
  });
  const signed = [...new Map(leaves.map((leaf) => [leaf.leaf, leaf.digest])).values()];
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
    hosts: rule === null ? { kind: "frozen", count: leaves.length } : { kind: "rule", ...rule },
    attempts: 2,
    permit: { kind: "online" },
    revert: { kind: "order", seconds: 3600 },
    bodies: 1,
    leaves: signed.length,
    root: buildTree(signed).root,
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
    batchSize: inFlightMax,
    inFlightMax,
    failedMax: 0,
    failures: null,
    successRateMin: 1,
    soakSeconds: 0,
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
  for (const { index, leaf, wave, host, named, digest } of leaves) {
    await sql`
      insert into plan_leaf (plan, index, leaf, wave, host, protocol_id, body, digest)
      values (${plan}, ${index}, nullif(${leaf}::int, ${index}::int), ${wave}, ${host.id},
        ${named}, ${sha256(body)}, decode(${digest}, 'hex'))`.execute(db);
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
  await inTransaction(db, (tx) => recordApproval(tx, { change, plan }));
  await integrated(world);
  return change;
}
