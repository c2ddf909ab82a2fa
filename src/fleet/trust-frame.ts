import { type Parsed, parseDocument, writeDocument } from "../base/document.ts";
import type { ApprovalClass } from "./result.ts";

/**
 * News about whom to believe (host protocol §3, §10.3): plans and keys that count no more, and new
 * policies. The server only carries them: each is signed by people whose keys stand in the policy
 * that the host has, and the host judges them one by one (`host/26-trust.sh`).
 */
export interface RevocationText {
  readonly tenant: string;
  readonly what: "plan" | "key";
  /** A plan's digest, or the key's base64 as it stands in the policy. */
  readonly id: string;
  /** Unix seconds. */
  readonly issued: number;
}

export interface SignedRevocation {
  readonly text: string;
  /** Name of an approver, or of a root where the class is `root`. */
  readonly signer: string;
  readonly class: ApprovalClass | "root";
  readonly signature: string;
}

export interface SignedPolicy {
  readonly version: number;
  readonly text: string;
  /** Each root that signed, by the policy before this one (`old`) or by this one (`new`). */
  readonly roots: readonly {
    readonly name: string;
    readonly side: "old" | "new";
    readonly signature: string;
  }[];
}

export interface TrustNews {
  readonly revocations: readonly SignedRevocation[];
  /** One version after the other. */
  readonly policies: readonly SignedPolicy[];
}

/** Below the host's own cap for a frame. */
export const TRUST_CHARACTERS_MAX = 700_000;

/** Whether the host will find the frame's end; what stands in it is for the host to judge. */
export function isTrustFrame(text: string): boolean {
  return /^[\n -~]+\n@end\n$/.test(text) && !text.slice(0, -6).includes("\n@end\n");
}

export function writeRevocation(revocation: RevocationText): string {
  return writeDocument("revoke", [
    `tenant ${revocation.tenant}`,
    `what ${revocation.what}`,
    `id ${revocation.id}`,
    `issued ${revocation.issued}`,
  ]);
}

export function parseRevocation(text: string): Parsed<RevocationText> {
  return parseDocument(text, { type: "revoke" }, (reader) => {
    const tenant = reader.word("tenant", "id");
    const what = reader.choice("what", ["plan", "key"] as const);
    const id = reader.rest("id");
    const isKey = /^[A-Za-z0-9+/]{14,800}={0,2}$/.test(id) && id.length >= 16 && id.length <= 800;
    if (what === "plan") reader.must("digest", id, "id");
    else if (!isKey) reader.stop("`id` names no key");
    return { tenant, what, id, issued: reader.number("issued") };
  });
}

/** What follows the verb `trust`, on a connection or on the host itself. */
export function writeTrustFrame(news: TrustNews): string {
  const revocations = news.revocations.map(
    ({ text, signer, class: cls, signature }, at) =>
      `@revoke ${at + 1}\n${text}@revokesig ${at + 1} ${signer} ${cls}\n${signature}`,
  );
  const policies = news.policies.flatMap(({ version, text, roots }) => [
    `@policy ${version}\n${text}`,
    ...roots.map(({ name, side, signature }) => `@root ${version} ${name} ${side}\n${signature}`),
  ]);
  return [...revocations, ...policies, "@end\n"].join("");
}

/** What a host said to each item. */
export type TrustAnswer =
  | { readonly kind: "taken"; readonly what: string }
  | {
      readonly kind: "refused";
      readonly what: string;
      readonly code: string;
      readonly why: string;
    };

const ANSWER =
  /^(?:taken (?<taken>(?:revoke (?:plan|key) \S+|policy \d+))|refused (?<what>(?:revoke|policy) \d+) (?<code>E_[A-Z_]+) ?(?<why>.*))$/;

/** Lines that are no answer are passed over: a newer program may say more. */
export function parseTrustAnswers(lines: readonly string[]): readonly TrustAnswer[] {
  return lines.flatMap((line): TrustAnswer[] => {
    const { taken, what, code, why } = ANSWER.exec(line)?.groups ?? {};
    if (taken !== undefined) return [{ kind: "taken", what: taken }];
    if (what === undefined || code === undefined) return [];
    return [{ kind: "refused", what, code, why: (why ?? "").slice(0, 300) }];
  });
}
