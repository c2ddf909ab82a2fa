import { Failure } from "../base/failure.ts";
import type { HostId } from "../base/ids.ts";
import { keepLast } from "../base/kept.ts";
import type { Reader } from "../db/database.ts";
import { type HostPolicy, parseHostPolicy } from "./host-policy.ts";
import { loadHostPolicies, loadPolicyDigests } from "./store-known-policies.ts";

/** A policy never changes under its digest, so what was read of it once holds. */
const kept = new Map<string, HostPolicy>();
const POLICIES_KEPT_MAX = 200;

/** The policies that lie here, by digest; those that never were here are left out. */
export async function knownPolicies(
  reader: Reader,
  digests: Iterable<string>,
): Promise<ReadonlyMap<string, HostPolicy>> {
  const found = new Map<string, HostPolicy>();
  const missing: string[] = [];
  for (const digest of new Set(digests)) {
    const policy = kept.get(digest);
    if (policy === undefined) missing.push(digest);
    else found.set(digest, policy);
  }
  if (missing.length === 0) return found;
  for (const [digest, text] of await loadHostPolicies(reader, missing)) {
    const policy = parseHostPolicy(text);
    if (!policy.ok) throw new Failure("internal", `The host policy ${digest} cannot be read.`);
    found.set(digest, keepLast(kept, POLICIES_KEPT_MAX, [digest, policy.value]));
  }
  return found;
}

export async function policiesOfHosts(
  reader: Reader,
  hosts: readonly HostId[],
): Promise<ReadonlyMap<HostId, HostPolicy>> {
  const digests = await loadPolicyDigests(reader, hosts);
  const policies = await knownPolicies(reader, digests.values());
  const known = new Map<HostId, HostPolicy>();
  for (const [host, digest] of digests) {
    const policy = policies.get(digest);
    if (policy !== undefined) known.set(host, policy);
  }
  return known;
}
