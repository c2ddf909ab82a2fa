import type { Digest } from "../base/digest.ts";
import type { Instant } from "../base/instant.ts";

/**
 * Whether a file that a plan names is the one that its vendor signed: the chain from the signed index
 * over its lists, as this server read it. Pure; a host is judged by its own sources only.
 */

/** A line of a list that a signed index names. */
export interface SignedFile {
  /** Number of the source. */
  readonly source: number;
  readonly uri: string;
  readonly suite: string;
  readonly name: string;
  readonly arch: string;
  readonly version: string;
  readonly sha256: Digest;
  /** Date of the signed index in which it stood first, as far as this server saw them. */
  readonly firstSeen: Instant;
  /** The newest index names it no more. */
  readonly isGone: boolean;
  /** The list, as the index names it. */
  readonly list: string;
  /** Date of the newest index whose lists were read, and its key. */
  readonly dated: Instant;
  readonly signedBy: string;
}

/** The sources of a host whose lists this server reads. */
export interface ReadSources {
  /** Sorted numbers. */
  readonly sources: readonly number[];
  /** Architectures that the lists of all of them cover; null: every one. */
  readonly archs: readonly string[] | null;
  /** It has no other source. */
  readonly isAll: boolean;
}

export const noSourcesRead: ReadSources = { sources: [], archs: null, isAll: false };

export interface AskedFile {
  readonly name: string;
  readonly arch: string;
  readonly version: string;
  readonly sha256: Digest;
}

export type FileProof =
  | { readonly kind: "signed"; readonly by: SignedFile }
  /** A source of the host signs another file of this name and version, and none signs this one. */
  | { readonly kind: "differs"; readonly by: SignedFile }
  /** Every source of the host is read, and none names it. */
  | { readonly kind: "unlisted" }
  /** The server reads not all of the host's sources, so it cannot tell. */
  | { readonly kind: "unproven" };

export function proofOf(
  file: AskedFile,
  host: ReadSources,
  signed: readonly SignedFile[],
): FileProof {
  const own = signed.filter(
    (one) =>
      host.sources.includes(one.source) &&
      one.name === file.name &&
      one.arch === file.arch &&
      one.version === file.version,
  );
  // The first of equal ones is the oldest.
  const same = own.find((one) => one.sha256 === file.sha256 && !one.isGone);
  if (same !== undefined) return { kind: "signed", by: same };
  const other = own.find((one) => one.sha256 !== file.sha256 && !one.isGone);
  if (other !== undefined) return { kind: "differs", by: other };
  const isCovered = host.archs === null || host.archs.includes(file.arch) || file.arch === "all";
  return host.isAll && isCovered ? { kind: "unlisted" } : { kind: "unproven" };
}
