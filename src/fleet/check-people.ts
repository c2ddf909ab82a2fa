import { type Namespace, verifySshSignature } from "../base/sshsig.ts";
import type { Statement } from "../plan/statement.ts";
import type { Bundle, BundleApproval } from "./bundle.ts";
import type { GateText } from "./gate-text.ts";
import type { HostPolicy, RingRule } from "./host-policy.ts";

/**
 * What people signed, judged as a host judges it (host protocol §6, steps 12 and 15): approvals, the
 * request, gates. People are counted, not keys; each signature is tried with that person's keys of the
 * named class only.
 */
export interface Refusal {
  readonly ok: false;
  readonly code: string;
  readonly why: string;
}

export function no(code: string, why: string): Refusal {
  return { ok: false, code, why };
}

export interface Signed {
  readonly policy: HostPolicy;
  readonly rule: RingRule;
  readonly bundle: Bundle;
  readonly statement: Statement;
}

/** §4.3: bit 0 touched, bit 2 knew its user, bit 3 may be copied to other devices. */
const [TOUCHED, VERIFIED, SYNCED] = [1, 4, 8];

export function checkApprovals(of: Signed): Refusal | null {
  const { rule, bundle, statement } = of;
  const people = new Set<string>();
  for (const approval of bundle.approvals) {
    const claim = { ...approval, namespace: "fettle-approve-v1", bytes: bundle.plan } as const;
    const refusal = checkSigned(of, claim);
    if (refusal !== null) return refusal;
    if (people.has(approval.person)) return no("E_THRESHOLD", `${approval.person} approved twice`);
    people.add(approval.person);
  }
  if (people.has(statement.requester)) return no("E_SOD", "the requester approved");
  const refusal = rule.sod === "signed" ? checkRequest(of) : null;
  if (refusal !== null) return refusal;
  if (people.size < rule.need) return no("E_THRESHOLD", `${people.size} of ${rule.need} approvals`);
  // What a stolen server can show on its own page counts as nobody from outside (§4.5).
  const outside = bundle.approvals.filter((approval) => approval.class !== "page");
  if (outside.length < rule.outside) return no("E_THRESHOLD", "too few from outside the page");
  const short = rule.groups.find(({ group, need }) => {
    const members = bundle.approvals.filter((a) =>
      keysOf(of, a).some((key) => key.groups.includes(group)),
    );
    return members.length < need;
  });
  return short === undefined ? null : no("E_THRESHOLD", `too few approvals of ${short.group}`);
}

/** With `sod plain` the requester's name is the server's word only. */
function checkRequest(of: Signed): Refusal | null {
  const { request, plan } = of.bundle;
  if (request === null || request.person !== of.statement.requester) {
    return no("E_SOD", `the request is not signed by ${of.statement.requester}`);
  }
  return checkSigned(of, { ...request, namespace: "fettle-request-v1", bytes: plan });
}

/** A revert opens no wave. */
export function checkGates(
  of: Signed,
  at: { readonly gates: readonly GateText[]; readonly plan: string; readonly wave: number },
): Refusal | null {
  const people = new Set<string>();
  for (const [place, signed] of of.bundle.gates.entries()) {
    const gate = at.gates[place];
    if (gate?.tenant !== of.policy.tenant || gate.plan !== at.plan || gate.wave !== at.wave) {
      return no("E_GATE", `the gate of ${signed.person} is of another plan or wave`);
    }
    const { person, text } = signed;
    if (person === of.statement.requester) return no("E_GATE", "the requester opened a gate");
    if (people.has(person)) return no("E_GATE", `${person} signed the gate twice`);
    const claim = { ...signed, namespace: "fettle-gate-v1", bytes: text } as const;
    const refusal = checkSigned(of, claim);
    if (refusal !== null) return no("E_GATE", refusal.why);
    people.add(person);
  }
  return people.size >= of.rule.gate
    ? null
    : no("E_GATE", `${people.size} of ${of.rule.gate} gate signatures`);
}

function checkSigned(
  of: Signed,
  claim: BundleApproval & { readonly namespace: Namespace; readonly bytes: string },
): Refusal | null {
  const keys = keysOf(of, claim);
  if (keys.length === 0) return no("E_KEY", `${claim.person} has no key that counts`);
  const verdicts = keys.map((key) => signedBy(key, claim));
  const good = verdicts.find((verdict) => verdict.ok);
  if (good?.ok !== true) return no("E_SIG", `the signature of ${claim.person} is not theirs`);
  const fault = flagFault(claim.class, good.flags ?? 0, of.rule.isBound);
  return fault === null ? null : no("E_SIG", `the key of ${claim.person} ${fault}`);
}

function flagFault(cls: BundleApproval["class"], flags: number, isBound: boolean): string | null {
  if (cls === "ssh") return null;
  if ((flags & TOUCHED) === 0) return "was not touched";
  if (cls !== "sk" && (flags & VERIFIED) === 0) return "did not verify its user";
  return isBound && (flags & SYNCED) !== 0 ? "may be copied to other devices" : null;
}

export function signedBy(
  key: { readonly type: string; readonly base64: string },
  claim: { readonly namespace: Namespace; readonly bytes: string; readonly signature: string },
): ReturnType<typeof verifySshSignature> {
  const { namespace, bytes, signature: armoured } = claim;
  return verifySshSignature({
    namespace,
    bytes,
    armoured,
    publicKeyLine: `${key.type} ${key.base64}`,
  });
}

function keysOf({ policy }: Signed, approval: BundleApproval): HostPolicy["approvers"] {
  return policy.approvers.filter(
    (key) =>
      key.person === approval.person &&
      key.class === approval.class &&
      !policy.revoked.includes(key.base64),
  );
}
