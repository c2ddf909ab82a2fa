import type { Actor } from "../../src/base/actor.ts";
import { sha256 } from "../../src/base/digest.ts";
import { type HostId, newId, type PatchId, type SubjectId } from "../../src/base/ids.ts";
import { type Labels, parseSelector } from "../../src/base/labels.ts";
import type { RoleName } from "../../src/base/permission.ts";
import { fingerprint, parsePublicKeyLine } from "../../src/base/ssh-key.ts";
import {
  type MachineKey,
  makeMachineKey,
  type Namespace,
  openMachineKey,
  signDocument,
} from "../../src/base/sshsig.ts";
import { inTransaction } from "../../src/db/database.ts";
import type { World } from "../../src/db/world.ts";
import type { KeyId } from "../../src/identity/model.ts";
import { insertSubject } from "../../src/identity/store.ts";
import { insertKey } from "../../src/identity/store-keys.ts";
import { parseInspection } from "../../src/inventory/inspection.ts";
import { recordInspection } from "../../src/inventory/record-inspection.ts";
import type { ResolveAnswer } from "../../src/inventory/resolve.ts";
import { insertHosts } from "../../src/inventory/store.ts";
import type { Asking } from "../../src/plan/actions-resolve.ts";
import { noFacts } from "../../src/policy/case-condition.ts";
import { undatedDeadline } from "../../src/triage/deadline.ts";
import { insertPatch } from "../../src/triage/store.ts";

/** Builders that write to a real database, through the stores that the product uses. */

export interface TestPerson {
  readonly actor: Actor;
  readonly handle: string;
  readonly key: MachineKey;
  sign(text: string, namespace?: Namespace): string;
}

/** A person with one registered SSH key. */
export async function aPerson(
  world: World,
  handle: string,
  as: { readonly role?: RoleName; readonly scope?: string } = {},
): Promise<TestPerson> {
  const id = newId<SubjectId>(Date.now());
  const key = openMachineKey(makeMachineKey().privateKeyPem);
  const public_ = parsePublicKeyLine(key.publicKeyLine)!;
  await inTransaction(world.db, async (tx) => {
    await insertSubject(tx, { id, kind: "person", handle, name: handle, owner: null });
    await insertKey(tx, {
      id: newId<KeyId>(Date.now()),
      subject: id,
      class: "ssh",
      type: public_.type,
      base64: public_.base64,
      fingerprint: fingerprint(public_),
      title: "test",
    });
  });
  const role = as.role ?? "admin";
  return {
    actor: {
      subject: id,
      name: handle,
      kind: "person",
      via: "token",
      grants: [{ role, scope: parseSelector(as.scope ?? "") }],
    },
    handle,
    key,
    sign: (text, namespace = "fettle-approve-v1") => signDocument({ namespace, key, bytes: text }),
  };
}

/** A service that acts for its owner. */
export async function aService(world: World, handle: string, owner: TestPerson): Promise<Actor> {
  const id = newId<SubjectId>(Date.now());
  await inTransaction(world.db, (tx) =>
    insertSubject(tx, { id, kind: "service", handle, name: handle, owner: owner.actor.subject }),
  );
  return { ...owner.actor, subject: id, name: handle };
}

export const OLD_VERSION = "3.0.17-1~deb12u2";
export const NEW_VERSION = "3.0.18-1~deb12u1";

/** Managed hosts that were inspected now: openssl is old, and its sources offer the new one; `more` lines. */
export async function someHosts(
  world: World,
  hosts: readonly { readonly name: string; readonly labels: Labels }[],
  more: readonly string[] = [],
): Promise<readonly HostId[]> {
  const now = world.clock();
  const made = hosts.map(({ name, labels }) => ({
    id: newId<HostId>(now),
    name,
    labels,
    protocolId: `h-${sha256(name).slice(0, 20)}`,
    mode: "managed" as const,
    way: {
      kind: "ssh" as const,
      user: "root",
      address: "192.0.2.1",
      port: 22,
      identityFile: null,
      hostKeys: [],
      program: "piped" as const,
    },
  }));
  const result = parseInspection([
    "os debian 12 bookworm",
    "arch amd64",
    "kernel 6.1.0",
    `boot ${"0".repeat(32)}`,
    "lists ok 1700000000 -",
    "service nginx.service active 100",
    `pkg libssl3\tamd64\t${OLD_VERSION}\topenssl\t${OLD_VERSION}\tinstalled\tauto`,
    `offer libssl3\tamd64\t${NEW_VERSION}\t${sha256("new")}\t10\tDebian\tstable\tmain\topenssl\t${NEW_VERSION}`,
    ...more,
  ]);
  if (result.kind !== "inspection") throw new Error(result.problem);
  await inTransaction(world.db, async (tx) => {
    await insertHosts(tx, made, now);
    for (const host of made) {
      await recordInspection(tx, host, {
        inspection: result.inspection,
        observedAt: now,
        recordedAt: now,
        actor: "00000000-0000-7000-8000-000000000001" as SubjectId,
      });
    }
  });
  return made.map((host) => host.id);
}

/** What a package manager answers for `someHosts`. */
export function answered(
  {
    packageSet,
    offerSet,
  }: { readonly packageSet: string | null; readonly offerSet: string | null },
  affectedServices: readonly string[] = ["nginx.service"],
): ResolveAnswer {
  const move = {
    verb: "upgrade" as const,
    name: "libssl3",
    arch: "amd64",
    from: OLD_VERSION,
    to: NEW_VERSION,
    sha256: sha256("new"),
    sizeBytes: 10,
    oldSha256: sha256("old"),
  };
  const pair = { packageSet: packageSet ?? "", offerSet: offerSet ?? "" };
  const around = {
    dependents: [{ name: "libssl3", count: 2, first: ["nginx", "openssh-server"] }],
    reached: 3,
    conffiles: [],
  };
  return { kind: "resolved", resolution: { ...pair, moves: [move], affectedServices, around } };
}

export const askedOpenssl: Asking = {
  pair: async (_world, pair) => answered(pair),
  host: async (_world, host) => answered(host),
};

/** A case for the hosts' openssl; an open case has a version of its own. */
export async function aPatch(
  world: World,
  by: TestPerson,
  sourceVersion = NEW_VERSION,
  source = "openssl",
): Promise<PatchId> {
  const now = world.clock();
  const id = newId<PatchId>(now);
  await inTransaction(world.db, (tx) =>
    insertPatch(tx, {
      id,
      title: `${source} ${sourceVersion}`,
      target: { ecosystem: "Debian:12", source, sourceVersion },
      state: "triage",
      route: "scheduled",
      kind: "security",
      urgency: "high",
      classifiedBy: {
        ...{ file: "classification.yaml", rule: "test", version: sha256("x") },
        justificationMin: null,
      },
      priority: null,
      justifiedBy: null,
      vulnerabilities: ["CVE-2026-0001"],
      affectedVersions: [OLD_VERSION],
      regression: { level: "low", because: "test" },
      deadline: undatedDeadline(now),
      justification: "test",
      openedBy: by.actor.subject,
      openedAt: now,
      facts: {
        ...noFacts,
        kev: 0,
        ransomware: 0,
        active: 0,
        proof: 0,
        epss: 0,
        cvss: 7,
        vulnerabilities: 1,
        hosts: 1,
        tier: 2,
      },
    }),
  );
  return id;
}
