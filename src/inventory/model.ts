import type { Digest } from "../base/digest.ts";
import type { HostId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Labels } from "../base/labels.ts";

/**
 * Hosts and what is on them.
 *
 * An inspection is normalised to two content-addressed sets: the package set (what is installed) and
 * the offer set (what the host's own enabled sources offer it today). Hosts point to sets through
 * history rows with half-open ranges, so any past day can be asked. A million hosts share a few
 * thousand sets; everything that matches packages works on distinct packages, never on hosts.
 *
 * Invariants: a set never changes; a host that was never inspected has no set and is *unknown*, not
 * clean; held and auto marks live outside the set. Never does this context change a host.
 */

/** How Fettle reaches a host; the ways of host protocol §9. */
export type HostWay =
  | { readonly kind: "local" }
  /** Its own program calls in (host protocol §9, agent); the id is the one it drew itself. */
  | { readonly kind: "agent"; readonly protocolId: string }
  | {
      readonly kind: "ssh";
      readonly user: string;
      readonly address: string;
      readonly port: number;
      /** Private key file on the server, or null for the user's own agent and configuration. */
      readonly identityFile: string | null;
      /** No key stands there: one is made for each connection, with a certificate of our authority. */
      readonly byCertificate?: true | undefined;
      /** Pinned host keys, `<type> <base64>` each; no other key is ever accepted. */
      readonly hostKeys: readonly string[];
      readonly program: "piped" | "installed";
    };

export interface Host {
  readonly id: HostId;
  /** Unique; what people type. */
  readonly name: string;
  /** The id that signed documents carry, `h-` and 20 hex digits (80 random bits). */
  readonly protocolId: string;
  readonly labels: Labels;
  readonly way: HostWay;
  /** `inspect` hosts are never changed, whoever asks. */
  readonly mode: "managed" | "inspect-only";
  /** The host key line (`ecdsa-sha2-nistp256 …`) that signs results, once enrolled. */
  readonly signingKey: string | null;
  readonly contact: HostContact;
  readonly facts: HostFacts | null;
  readonly packageSet: Digest | null;
  readonly offerSet: Digest | null;
  readonly createdAt: Instant;
}

export interface HostContact {
  readonly state: "reachable" | "unreachable" | "unknown";
  /** Last time an inspection succeeded, and last time one was tried. */
  readonly inspectedAt: Instant | null;
  readonly triedAt: Instant | null;
  /** Why the last try failed, in words; null after a success. */
  readonly problem: string | null;
}

export interface InstalledProgram {
  /** As it says itself, `0.1.0`; null where it does not. */
  readonly version: string | null;
  readonly digest: Digest;
}

export interface HostFacts {
  readonly distribution: string;
  readonly release: string;
  readonly codename: string;
  readonly arch: string;
  readonly kernelRunning: string;
  readonly kernelInstalled: string | null;
  readonly bootId: string;
  readonly uptimeSeconds: number;
  readonly machine: string | null;
  /** Its time zone by the name of the IANA database; null where it did not say. */
  readonly zone: string | null;
  /** The host program that is installed there; null where there is none or it did not say. */
  readonly program: InstalledProgram | null;
  readonly reboot: { readonly isNeeded: boolean; readonly reason: string };
  readonly services: readonly {
    readonly unit: string;
    readonly state: "active" | "inactive" | "failed";
    readonly pid: number;
  }[];
  /** Processes that still run code a package has replaced. */
  readonly restarts: readonly {
    readonly unit: string;
    readonly pid: number;
    readonly file: string;
  }[];
  readonly sources: readonly {
    readonly uri: string;
    readonly suite: string;
    readonly components: string;
    readonly isSigned: boolean;
    /**
     * Whether its index is taken by its signature alone: always with apt, with `repo_gpgcheck` where
     * packages are rpm's. Null where it takes what nobody signed, and of programs that did not say.
     */
    readonly isIndexSigned: boolean | null;
  }[];
  /** Age of the package lists; `none` means that offers are unknown, not that there are none. */
  readonly lists: { readonly state: "ok" | "stale" | "none"; readonly newestAt: Instant | null };
  readonly held: readonly string[];
  readonly manual: readonly string[];
  readonly notes: readonly string[];
}

/**
 * One installed package. `ecosystem` is OSV's name with release (`Debian:12`), so a distinct package
 * can be matched without knowing any host.
 */
export interface Package {
  readonly ecosystem: string;
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  readonly source: string;
  readonly sourceVersion: string;
  /** Label of the archive it came from where known, else "". */
  readonly origin: string;
  /** rpm module stream `name:stream`, else "". */
  readonly module: string;
}

/**
 * Code of another source in an installed package (`Built-Using`, `Static-Built-Using`; Debian Policy
 * 7.8): what is open in that source is open in the package, until it is built anew.
 */
export interface BuiltInto extends Pick<Package, "name" | "arch" | "version"> {
  readonly source: string;
  readonly sourceVersion: string;
}

/** One version of an installed package that an enabled source offers the host today. */
export interface Offer {
  readonly name: string;
  readonly arch: string;
  readonly version: string;
  readonly sha256: Digest;
  readonly sizeBytes: number;
  readonly origin: string;
  readonly suite: string;
  readonly component: string;
  readonly source: string;
  readonly sourceVersion: string;
}

/** A stored distinct package: `id` is a small number, for posting lists. */
export interface StoredPackage extends Package {
  readonly id: number;
}

export interface PackageSetHeader {
  readonly distribution: string;
  readonly release: string;
  readonly channel: string;
}
