import type { Bundle } from "./bundle.ts";
import { no, type Refusal, signedBy } from "./check-people.ts";
import type { HostPolicy, RingRule } from "./host-policy.ts";
import { type HeadText, type LogProof, logProofFault } from "./log-proof.ts";
import type { Head, Order } from "./order.ts";

/** What the ledger must prove to a host (host protocol §6 step 15, §12). */
export function checkLog(of: {
  readonly policy: HostPolicy;
  readonly rule: RingRule;
  readonly bundle: Bundle;
  readonly order: Order;
  readonly log: { readonly proof: LogProof; readonly head: HeadText } | null;
  /** The host's own, with the plan that was shown to be in it. */
  readonly mine: Head & { readonly plan: string | null };
  /** Base64 of the host's own key, where it has one. */
  readonly ownKey: string | null;
}): Refusal | null {
  const { policy, rule, bundle, order, log, mine } = of;
  if (rule.log === "off" || mine.plan === order.plan) return null;
  if (log === null || bundle.log === null) return no("E_LOG", "no proof of the ledger came");
  const keys = policy.logs.filter((key) => !policy.revoked.includes(key.base64));
  if (keys.length === 0) return no("E_KEY", "the policy names no log key that counts");
  const { head: bytes, headSignature: signature } = bundle.log;
  const claim = { namespace: "fettle-head-v1", bytes, signature } as const;
  if (!keys.some((key) => signedBy(key, claim).ok)) {
    return no("E_LOG", "the head is not signed by a log key");
  }
  const fault = logProofFault({ ...log, mine, plan: order.plan });
  if (fault !== null) return no("E_LOG", fault);
  if (log.head.size !== order.log.size || log.head.root !== order.log.root) {
    return no("E_LOG", "the order refers to another head than the one that came");
  }
  return checkWitnesses(policy, rule, bundle.log, of.ownKey);
}

function checkWitnesses(
  policy: HostPolicy,
  rule: RingRule,
  log: NonNullable<Bundle["log"]>,
  ownKey: string | null,
): Refusal | null {
  if (rule.log === "off" || rule.log === "seen") return null;
  const known = policy.witnesses.filter((key) => !policy.revoked.includes(key.base64));
  let count = 0;
  for (const { witness, signature } of log.cosignatures) {
    const key = known.find(({ name }) => name === witness);
    // The server sends each host the same; who is not in this policy says nothing here.
    if (key === undefined) continue;
    const claim = { namespace: "fettle-cosign-v1", bytes: log.head, signature } as const;
    if (!signedBy(key, claim).ok) {
      return no("E_LOG", `the word of witness ${witness} does not fit`);
    }
    // Nobody is a witness for itself.
    if (key.base64 !== ownKey) count += 1;
  }
  const need = Number(rule.log.slice("witness:".length));
  return count >= need ? null : no("E_LOG", `${count} of ${need} witnesses saw the head`);
}
