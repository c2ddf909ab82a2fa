import { parsePublicKeyLine } from "../base/ssh-key.ts";
import { verifySshSignature } from "../base/sshsig.ts";
import { flagBits } from "../base/webauthn.ts";
import { type HostPolicy, parseHostPolicy } from "./host-policy.ts";
import type { SignedPolicy } from "./trust-frame.ts";

/**
 * One link of the chain by which the policy of hosts changes (host protocol §10.3): version = the one
 * before + 1, the same tenant, signed by as many distinct roots as the policy before it demands and by
 * as many of its own. A host judges the same by itself; this is so that nobody publishes what hosts
 * would refuse.
 */
export type LinkVerdict =
  | { readonly ok: true; readonly next: HostPolicy }
  | { readonly ok: false; readonly why: string };

export type RootSignature = SignedPolicy["roots"][number];

interface Link {
  readonly previous: string;
  readonly next: string;
  readonly signatures: readonly RootSignature[];
}

/** What must hold before anybody signs; the texts, without signatures. */
export function judgeTexts(of: Pick<Link, "previous" | "next">): LinkVerdict & {
  readonly old?: HostPolicy;
} {
  const old = parseHostPolicy(of.previous);
  if (!old.ok) return no(`the policy before it, line ${old.line}: ${old.why}`);
  const next = parseHostPolicy(of.next);
  if (!next.ok) return no(`line ${next.line}: ${next.why}`);
  if (next.value.tenant !== old.value.tenant) {
    return no(`it is for ${next.value.tenant}, the policy before it for ${old.value.tenant}`);
  }
  if (next.value.version !== old.value.version + 1) {
    return no(`version ${next.value.version} does not follow ${old.value.version}`);
  }
  return { ok: true, next: next.value, old: old.value };
}

/** The whole link, as hosts judge it. */
export function judgeLink(of: Link): LinkVerdict {
  const texts = judgeTexts(of);
  if (!texts.ok || texts.old === undefined) return texts;
  const { next, old } = texts;
  const seen = new Set<string>();
  for (const one of of.signatures) {
    const place = `${one.name} ${one.side}`;
    if (seen.has(place)) return no(`root ${one.name} signed twice as ${one.side}`);
    seen.add(place);
    const why = whyNotSigned(one.side === "old" ? old : next, of.next, one);
    if (why !== null) return no(`the ${one.side} root ${one.name} ${why}`);
  }
  for (const [side, policy] of [["old", old] as const, ["new", next] as const]) {
    const given = of.signatures.filter((one) => one.side === side).length;
    if (given < policy.rootsNeeded) {
      return no(
        `${given} of ${policy.rootsNeeded} roots of version ${policy.version} have signed it`,
      );
    }
  }
  return { ok: true, next };
}

/** The sides on which a root's signature counts: of the policy before, of this one, or of both. */
export function sidesOf(
  of: Pick<Link, "previous" | "next">,
  name: string,
  signature: string,
): readonly RootSignature[] {
  const texts = judgeTexts(of);
  if (!texts.ok || texts.old === undefined) return [];
  const sides = [
    { side: "old" as const, policy: texts.old },
    { side: "new" as const, policy: texts.next },
  ];
  return sides.flatMap(({ side, policy }) => {
    const one = { name, side, signature };
    return whyNotSigned(policy, of.next, one) === null ? [one] : [];
  });
}

function whyNotSigned(policy: HostPolicy, text: string, of: RootSignature): string | null {
  const root = policy.roots.find((known) => known.name === of.name);
  if (root === undefined) return `is not in version ${policy.version}`;
  if (policy.revoked.includes(root.base64)) return `is revoked in version ${policy.version}`;
  const publicKeyLine = `${root.type} ${root.base64}`;
  if (parsePublicKeyLine(publicKeyLine) === null) return "has a key that cannot be read";
  const verdict = verifySshSignature({
    ...{ namespace: "fettle-policy-v1", bytes: text },
    ...{ armoured: of.signature, publicKeyLine },
  });
  if (!verdict.ok) return `did not sign these bytes: ${verdict.why}`;
  const isTouched = verdict.flags === null || (verdict.flags & flagBits.touched) !== 0;
  return isTouched ? null : "used a security key that nobody touched";
}

function no(why: string): { readonly ok: false; readonly why: string } {
  return { ok: false, why };
}
