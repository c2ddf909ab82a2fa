import type { Digest } from "../base/digest.ts";
import type { HostId, PatchId, PlanDigest } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Labels } from "../base/labels.ts";

/**
 * Plans: what would be done, to which hosts, in which order, with the undo.
 *
 * `plan(input) → { plan, report }` is pure: no clock, no I/O, the same input gives the same bytes.
 * A plan is immutable and named by the digest of its statement (host protocol §3). Hosts with the
 * same steps share a body. The checker judges any plan, whoever made it, against the same policy.
 *
 * Invariants: a body is the complete transaction as the host's own package manager resolved it; every
 * excluded host is in the report with a typed reason; a plan that cannot be undone says so before
 * anybody approves; nothing here ever dispatches anything.
 */

export type Step =
  | {
      readonly verb: "upgrade" | "downgrade" | "install" | "remove";
      readonly name: string;
      readonly arch: string;
      /** `-` where there is none. */
      readonly from: string;
      readonly to: string;
      readonly sha256: string;
    }
  | { readonly verb: "restart"; readonly unit: string }
  | { readonly verb: "probe"; readonly name: string }
  | { readonly verb: "run"; readonly hook: string }
  | { readonly verb: "hold"; readonly name: string }
  | { readonly verb: "snapshot" | "restore"; readonly name: string }
  | { readonly verb: "reboot" };

export interface Body {
  readonly digest: Digest;
  readonly steps: readonly Step[];
  /** `at` is the number of the step it undoes. */
  readonly undo: readonly { readonly at: number; readonly step: Step }[];
}

/** What the host's own package manager says it would do: made by the host program, read-only. */
export interface Resolution {
  readonly packageSet: Digest;
  readonly offerSet: Digest;
  readonly moves: readonly {
    readonly verb: "upgrade" | "downgrade" | "install" | "remove";
    readonly name: string;
    readonly arch: string;
    readonly from: string;
    readonly to: string;
    readonly sha256: string;
    readonly sizeBytes: number;
    /** SHA-256 of the package now installed, where a source still offers it; else null. */
    readonly oldSha256: Digest | null;
  }[];
  /** Services known to use files of these packages on the host that was asked. */
  readonly affectedServices: readonly string[];
}

export interface PlanHost {
  readonly id: HostId;
  readonly name: string;
  readonly protocolId: string;
  readonly labels: Labels;
  readonly mode: "managed" | "inspect-only";
  readonly inspectedAt: Instant | null;
  readonly packageSet: Digest | null;
  readonly offerSet: Digest | null;
  /** Units that run there now. */
  readonly services: readonly string[];
}

export type Exclusion =
  | { readonly why: "inspect-only" }
  | { readonly why: "never-inspected" }
  | {
      readonly why: "stale-inventory";
      readonly inspectedAt: Instant;
      readonly ageSecondsMax: number;
    }
  | { readonly why: "not-affected" }
  | { readonly why: "fix-not-offered"; readonly source: string; readonly version: string }
  | { readonly why: "not-resolved"; readonly problem: string }
  | { readonly why: "no-ring" }
  | { readonly why: "held"; readonly packages: readonly string[] };

export interface PlannedWave {
  readonly number: number;
  readonly ring: string;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  readonly hosts: readonly HostId[];
}

export interface PlannedLeaf {
  readonly index: number;
  readonly wave: number;
  readonly host: HostId;
  readonly protocolId: string;
  readonly body: Digest;
  readonly digest: Digest;
  readonly text: string;
}

export type Reversibility = "downgrade" | "none";

export interface Plan {
  readonly digest: PlanDigest;
  /** The bytes that people sign. */
  readonly statement: string;
  readonly patch: PatchId;
  readonly bodies: readonly { readonly digest: Digest; readonly text: string }[];
  readonly leaves: readonly PlannedLeaf[];
  readonly waves: readonly PlannedWave[];
}

export interface PlanReport {
  readonly excluded: readonly {
    readonly host: HostId;
    readonly name: string;
    readonly because: Exclusion;
  }[];
  readonly reversibility: Reversibility;
  /** Packages whose present version no source offers any more: they cannot be put back. */
  readonly irreversible: readonly string[];
  readonly restarts: readonly string[];
  readonly needsReboot: boolean;
  /** Failure rate (0–1) that each wave can detect with 95 % confidence at its size. */
  readonly detects: readonly {
    readonly wave: number;
    readonly hosts: number;
    readonly failureRate: number;
  }[];
  readonly warnings: readonly string[];
}
