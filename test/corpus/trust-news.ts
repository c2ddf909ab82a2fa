import { sha256 } from "../../src/base/digest.ts";
import {
  type MachineKey,
  makeMachineKey,
  type Namespace,
  openMachineKey,
  signDocument,
} from "../../src/base/sshsig.ts";
import { type HostPolicy, writeHostPolicy } from "../../src/fleet/host-policy.ts";
import {
  type RevocationText,
  type SignedPolicy,
  type SignedRevocation,
  type TrustNews,
  writeRevocation,
  writeTrustFrame,
} from "../../src/fleet/trust-frame.ts";
import { buildScene, goodDraft, type Keys, NOW, named, type Scene, signAs } from "./scene.ts";

/** Hosts with three roots of which two must sign, and what is told to them. */
export interface TrustScene {
  readonly keys: Keys;
  readonly roots: readonly MachineKey[];
  readonly policy: HostPolicy;
  readonly scene: Scene;
}

export function trustScene(keys: Keys): TrustScene {
  const roots = [1, 2, 3, 4, 5].map(() => openMachineKey(makeMachineKey().privateKeyPem));
  const draft = goodDraft(keys);
  const policy = {
    ...draft.policy,
    rootsNeeded: 2,
    roots: roots.slice(0, 3).map((key, at) => named(`r${at + 1}`, key)),
  };
  draft.policy = policy;
  return { keys, roots, policy, scene: buildScene(keys, draft) };
}

/** Where a step of a chain goes wrong. */
export interface Link {
  readonly change?: (policy: HostPolicy) => HostPolicy;
  readonly edit?: (text: string) => string;
  /** Numbers of the roots that sign as old and as new. */
  readonly old?: readonly number[];
  readonly new?: readonly number[];
  readonly namespace?: Namespace;
  /** A key that signs in the place of all. */
  readonly by?: MachineKey;
  readonly over?: string;
}

/** Policies from the scene's version on; each is signed by the first two roots, old and new. */
export function chain(of: TrustScene, links: readonly Link[]): readonly SignedPolicy[] {
  let policy = of.policy;
  return links.map((link) => {
    policy = { ...policy, version: policy.version + 1 };
    if (link.change !== undefined) policy = link.change(policy);
    const text = (link.edit ?? ((t: string) => t))(writeHostPolicy(policy));
    const sign = (at: number): string =>
      signDocument({
        namespace: link.namespace ?? "fettle-policy-v1",
        key: link.by ?? (of.roots[at - 1] as MachineKey),
        bytes: link.over ?? text,
      });
    const side = (name: "old" | "new", which: readonly number[]) =>
      which.map((at) => ({ name: `r${at}`, side: name, signature: sign(at) }));
    const roots = [...side("old", link.old ?? [1, 2]), ...side("new", link.new ?? [1, 2])];
    return { version: policy.version, text, roots };
  });
}

export function revocation(
  of: TrustScene,
  by: {
    readonly root?: number;
    readonly person?: "alice" | "bob" | "mallory";
    readonly as?: string;
  },
  change: Partial<RevocationText> & { readonly namespace?: Namespace } = {},
): SignedRevocation {
  const { namespace = "fettle-revoke-v1", ...said } = change;
  const text = writeRevocation({
    ...{ tenant: "acme", what: "plan", id: sha256("plan"), issued: NOW },
    ...said,
  });
  if (by.root !== undefined) {
    const key = of.roots[by.root - 1] as MachineKey;
    const signature = signDocument({ namespace, key, bytes: text });
    return { text, signer: by.as ?? `r${by.root}`, class: "root", signature };
  }
  const person = by.person ?? "alice";
  const signature = signAs(of.keys, { person, namespace, text });
  return { text, signer: by.as ?? person, class: "ssh", signature };
}

export function frame(news: Partial<TrustNews>): string {
  return writeTrustFrame({ revocations: [], policies: [], ...news });
}
