import { type Actor, scopesFor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { roles } from "../base/permission.ts";
import { fingerprint, parsePublicKeyLine } from "../base/ssh-key.ts";
import { inTransaction, type Reader } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { parseGrant } from "../identity/rights.ts";
import { loadSubject } from "../identity/store.ts";
import { loadLiveKeys } from "../identity/store-keys.ts";
import { foundHost } from "../inventory/actions.ts";
import type { Host } from "../inventory/model.ts";
import { setSigningKey } from "../inventory/store.ts";
import { recordEvent } from "../ledger/record.ts";
import { parseRings } from "../policy/rings.ts";
import { askHost, isReachProblem } from "../reach/host-session.ts";
import { reachFor } from "../reach/reach-by-certificate.ts";
import { type EnrolmentFacts, enrolmentFor } from "./enrolment.ts";
import { writeHostIdentity } from "./host-identity.ts";
import { writeHostPolicy } from "./host-policy.ts";
import { type HostStatus, parseHostStatus } from "./host-status.ts";
import { pipedWeakens } from "./model.ts";
import { insertEnrolment, liftQuarantine, loadEnrolment, type StoredEnrolment } from "./store.ts";
import { insertAgentPolicy } from "./store-agent.ts";
import { tellEnrolledHost } from "./store-host-policies.ts";
import { machineKey } from "./store-keys.ts";

/**
 * Telling hosts whom to believe. A piped host is told by this server, and is marked so for ever after;
 * an installed one was told by its own people, and this server only learns its key, once a person has
 * compared the fingerprint.
 */
export interface EnrolledHost {
  readonly enrolment: StoredEnrolment;
  readonly fingerprint: string;
  /** Properties that this way gives up, in words. */
  readonly weakens: readonly string[];
}

export async function enrolHost(
  world: World,
  actor: Actor,
  input: {
    readonly host: string;
    /** The rings policy whose line for this host's ring it is given. */
    readonly rings: string;
    /** Takes a new key of a host that was reinstalled. */
    readonly acceptsNewKey: boolean;
  },
): Promise<EnrolledHost> {
  const host = await demandPiped(world, actor, input.host);
  const facts = await enrolmentFacts(world, host, input.rings);
  const texts = enrolmentFor(facts);
  const identity = writeHostIdentity(texts.identity);
  const policy = writeHostPolicy(texts.policy);
  const answer = await askHost(await reachFor(world, host), {
    verb: "enrol",
    input: `@identity\n${identity}@policy\n${policy}@end\n`,
    answer: "enrolled",
  });
  if (isReachProblem(answer)) {
    throw new Failure("unavailable", `${host.name} could not be enrolled: ${answer.message}`);
  }
  const keyLine = keyFrom(host, answer.get("enrolled") ?? []);
  demandSameKey(host, keyLine, input.acceptsNewKey);
  return keep(world, actor, host, {
    way: "piped",
    ring: texts.identity.ring,
    policyVersion: texts.policy.version,
    policyDigest: sha256(policy),
    policyText: policy,
    keyLine,
  });
}

/** First contact with an installed host: its key counts once somebody has compared the fingerprint. */
export async function confirmHost(
  world: World,
  actor: Actor,
  input: { readonly host: string; readonly fingerprint: string; readonly ring: string },
): Promise<EnrolledHost> {
  const host = await demandManaged(world, actor, input.host);
  if (host.way.kind !== "ssh" || host.way.program !== "installed") {
    throw new Failure("blocked", `${host.name} is not reached through an installed program.`);
  }
  const status = await askStatus(world, host);
  const key = status.keyLine === null ? null : parsePublicKeyLine(status.keyLine);
  if (key === null || status.keyLine === null || status.policyVersion === null) {
    throw new Failure(
      "blocked",
      `${host.name} has no key or no policy yet. Install both on the host first; they never come from this server.`,
    );
  }
  if (status.host !== host.protocolId) {
    throw new Failure(
      "conflict",
      `The machine that answers for ${host.name} calls itself ${status.host ?? "nothing"}, not ${host.protocolId}.`,
    );
  }
  if (fingerprint(key) !== input.fingerprint) {
    throw new Failure(
      "blocked",
      `${host.name} shows the key ${fingerprint(key)}, not the confirmed one. Compare it on the host's own console: ssh-keygen -lf /var/lib/fettle/key.pub`,
    );
  }
  return keep(world, actor, host, {
    way: "installed",
    ring: input.ring,
    policyVersion: status.policyVersion,
    // The policy itself never leaves the host; every ask and result names its digest.
    policyDigest: null,
    policyText: null,
    keyLine: status.keyLine,
  });
}

export async function hostStatus(
  world: World,
  actor: Actor,
  ref: string,
): Promise<{
  readonly status: HostStatus;
  readonly fingerprint: string | null;
  readonly enrolment: StoredEnrolment | null;
}> {
  const host = await foundHost(world, ref, scopesFor(actor, "host.scan"));
  const status = await askStatus(world, host);
  const key = status.keyLine === null ? null : parsePublicKeyLine(status.keyLine);
  const enrolment = await loadEnrolment(world.db, host.id);
  return { status, fingerprint: key === null ? null : fingerprint(key), enrolment };
}

async function askStatus(world: World, host: Host): Promise<HostStatus> {
  const transport = await reachFor(world, host);
  const answer = await askHost(transport, { verb: "status", answer: "status" });
  if (isReachProblem(answer)) throw new Failure("unavailable", answer.message);
  return parseHostStatus(answer.get("status") ?? []);
}

async function demandManaged(world: World, actor: Actor, ref: string): Promise<Host> {
  const host = await foundHost(world, ref, scopesFor(actor, "host.manage"));
  if (host.mode === "managed") return host;
  throw new Failure(
    "blocked",
    `${host.name} is for looking only and is never changed. Edit its mode first if that is no longer meant.`,
  );
}

async function demandPiped(world: World, actor: Actor, ref: string): Promise<Host> {
  const host = await demandManaged(world, actor, ref);
  if (host.way.kind === "ssh" && host.way.program === "piped") return host;
  throw new Failure(
    "blocked",
    `${host.name} is not reached by a program sent over a root login. A host with an installed program is enrolled by its own root; confirm its fingerprint here afterwards.`,
  );
}

async function enrolmentFacts(world: World, host: Host, rings: string): Promise<EnrolmentFacts> {
  const { config, paths, db } = world;
  const last = await loadEnrolment(db, host.id);
  return {
    tenant: config.deployment,
    host,
    rings: parseRings(rings),
    version: (last?.policyVersion ?? 0) + 1,
    dispatcherKeyLine: machineKey(paths.state, "dispatcher").publicKeyLine,
    rootKeyLine: machineKey(paths.state, "piped-root").publicKeyLine,
    depotUrl: `http://${config.serverName}:${config.port}/depot`,
    approvers: await approverKeys(db),
  };
}

/** Keys of people who may approve somewhere; the server still asks whether they may for this change. */
async function approverKeys(reader: Reader): Promise<EnrolmentFacts["approvers"]> {
  const keys = await loadLiveKeys(reader);
  const handles = [...new Set(keys.map((key) => key.handle))];
  const subjects = await Promise.all(handles.map((handle) => loadSubject(reader, handle)));
  const approving = new Set(
    subjects.flatMap((subject) =>
      subject?.grants.some((grant) => roles[parseGrant(grant).role].includes("change.approve"))
        ? [subject.handle]
        : [],
    ),
  );
  return keys.filter((key) => approving.has(key.handle));
}

function keyFrom(host: Host, lines: readonly string[]): string {
  const { host: id, keyLine } = parseHostStatus(lines);
  if (id === host.protocolId && keyLine !== null) return keyLine;
  throw new Failure("unavailable", `${host.name} did not answer with its id and key.`);
}

function demandSameKey(host: Host, keyLine: string, acceptsNewKey: boolean): void {
  if (host.signingKey === null || host.signingKey === keyLine || acceptsNewKey) return;
  throw new Failure(
    "conflict",
    `${host.name} has another key than the one it was enrolled with. If it was reinstalled, say so to accept the new key; if not, somebody else answers for it.`,
  );
}

async function keep(
  world: World,
  actor: Actor,
  host: Host,
  given: Pick<StoredEnrolment, "way" | "ring" | "policyVersion" | "policyDigest" | "keyLine"> & {
    /** What the digest is of: it says which approvers the host believes. */
    readonly policyText: string | null;
  },
): Promise<EnrolledHost> {
  const key = parsePublicKeyLine(given.keyLine);
  const print = key === null ? "" : fingerprint(key);
  await inTransaction(world.db, async (tx) => {
    await setSigningKey(tx, host.id, given.keyLine);
    await insertEnrolment(tx, { ...given, host: host.id, enrolledBy: actor.subject });
    await tellEnrolledHost(tx, { ...given, host: host.id });
    const { policyText: text } = given;
    if (text !== null)
      await insertAgentPolicy(tx, { digest: sha256(text), text, at: world.clock() });
    await liftQuarantine(tx, host.id);
    const { way, ring, policyVersion, policyDigest } = given;
    await recordEvent(tx, {
      type: "host.enrolled",
      actor: actor.subject,
      object: `host:${host.id}`,
      facts: { way, ring, policyVersion, policyDigest, key: print },
    });
    await notify(tx, "rollout");
  });
  const enrolment = await loadEnrolment(world.db, host.id);
  if (enrolment === null) throw new Failure("internal", "The enrolment was kept but is not there.");
  const weakens = given.way === "piped" ? pipedWeakens : [];
  return { enrolment, fingerprint: print, weakens };
}
