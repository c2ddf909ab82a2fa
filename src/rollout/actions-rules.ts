import type { Digest } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import type { PlanDigest } from "../base/ids.ts";
import type { Reader } from "../db/database.ts";
import { parseBody } from "../plan/body.ts";
import { loadBodies, loadPolicyText } from "../plan/store.ts";
import { wayBackOf } from "../plan/way-back.ts";
import { parseRings, type RingsPolicy } from "../policy/rings.ts";
import type { RolloutRules } from "./gate-rules.ts";

/**
 * What the approved policy says of a rollout beyond its waves' limits. The signed statement names the
 * policy by the digest of its bytes, so gates and budgets are read from those very bytes.
 */
export async function approvedPolicy(reader: Reader, digest: Digest): Promise<RingsPolicy> {
  const text = await loadPolicyText(reader, digest);
  if (text === null) {
    throw new Failure("internal", `The policy ${digest} of an approved plan is missing.`);
  }
  return parseRings(text);
}

/** The rules of a rollout of this plan. */
export async function rulesOf(
  reader: Reader,
  plan: PlanDigest,
  policy: RingsPolicy,
): Promise<RolloutRules> {
  const bodies = await loadBodies(reader, plan);
  return {
    stabilisationMs: policy.stabilisation?.forMs ?? null,
    reverts: policy.reverts,
    networks: policy.networks,
    irreversible: bodies.flatMap(({ digest, text }) => {
      const body = parseBody(text);
      const isStuck = !body.ok || wayBackOf(body.value).class === "none";
      return isStuck ? [digest] : [];
    }),
  };
}
