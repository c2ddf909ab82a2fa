import type { Digest } from "../base/digest.ts";
import type { HostId, PatchId, PlanDigest } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Labels } from "../base/labels.ts";
import type { Span } from "../base/spans.ts";
import type { Calendar } from "../calendar/model.ts";
import type { Around } from "../inventory/around.ts";
import type { DistrustedSource } from "../inventory/package-source.ts";
import type { AskedFile, ReadSources, SignedFile } from "../inventory/signed-proof.ts";
import type { FailureTest } from "../policy/failure-test.ts";
import type { ChangeClass, RingsPolicy } from "../policy/rings.ts";
import type { BudgetLimit, Rate } from "../policy/rings-budgets.ts";
import type { Party } from "../policy/rings-procedures.ts";
import type { Tier } from "../policy/rings-tiers.ts";
import type { WavePart } from "../policy/rings-waves.ts";
import type { PatchTarget } from "../triage/model.ts";

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

export interface PackageStep {
  readonly verb: "upgrade" | "downgrade" | "install" | "remove";
  readonly name: string;
  readonly arch: string;
  /** `-` where there is none. */
  readonly from: string;
  readonly to: string;
  readonly sha256: string;
}

export type Step =
  | PackageStep
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
  /** What depends on them there, and its edited files; null where the host could not tell. */
  readonly around: Around | null;
}

/** The answer for one distinct pair of package set and offer set; hosts with both share it. */
export interface SetPair {
  readonly packageSet: Digest;
  readonly offerSet: Digest;
}

export type ResolutionOutcome =
  | { readonly kind: "moves"; readonly resolution: Resolution }
  | { readonly kind: "not-affected" }
  | { readonly kind: "fix-not-offered" }
  | { readonly kind: "not-resolved"; readonly problem: string };

export interface ResolvedPair extends SetPair {
  readonly outcome: ResolutionOutcome;
  /**
   * Hosts of this pair that run another combination of services than any host that was asked, so
   * that what they have to restart is only known from others.
   */
  readonly servicesUnasked?: number;
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
  /** Packages that somebody put on hold on this very host. */
  readonly held: readonly string[];
  /** Its sources that give what nobody signed, and those that people blocked. */
  readonly distrusted: readonly DistrustedSource[];
  /** Its sources whose lists this server reads. */
  readonly read: ReadSources;
  /** Distribution and release, such as `debian 12`. */
  readonly os: string;
  /** How it is reached: a piped program guards against mistakes only (host protocol §9). */
  readonly way: "local" | "ssh" | "piped" | "agent";
  /** Its time zone as it reported it; null where it did not. */
  readonly zone: string | null;
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
  | { readonly why: "held"; readonly packages: readonly string[] }
  | { readonly why: "distrusted-source"; readonly sources: readonly DistrustedSource[] }
  | {
      /** Files that are not those which its sources sign. */
      readonly why: "not-authentic";
      readonly files: readonly (AskedFile & {
        readonly because: "differs" | "unlisted" | "unproven";
        /** The source that signs another; null where none names it. */
        readonly by: string | null;
      })[];
    }
  | {
      readonly why: "too-young";
      readonly minimumAgeSeconds: number;
      /** `firstSeen` is null where no signed index names the file. */
      readonly files: readonly {
        readonly name: string;
        readonly version: string;
        readonly firstSeen: Instant | null;
      }[];
    }
  | {
      /** The calendar leaves no time for it while its ring's wave may run. */
      readonly why: "no-window";
      readonly until: Instant;
      /** When it may be worked on next; null where the calendar has no such time. */
      readonly opensAt: Instant | null;
      readonly because: string;
    };

/** Why there is no plan at all; every one is for people to act on. */
export type Blocker =
  | { readonly why: "no-hosts" }
  | { readonly why: "class-not-allowed"; readonly class: ChangeClass }
  | {
      readonly why: "no-window";
      readonly ring: string;
      readonly part: WavePart;
      readonly until: Instant;
      /** What in the calendar closes it; null where the ring's own times do. */
      readonly because: string | null;
    }
  | {
      readonly why: "irreversible";
      readonly packages: readonly string[];
      readonly allowed: "no" | "acknowledged";
    }
  | { readonly why: "no-canary"; readonly ring: string }
  | {
      /** Critical hosts that lack what their tier asks for; the first of them by name. */
      readonly why: "tier-not-ready";
      readonly tier: Tier;
      readonly lacks: "way-back" | "backup";
      readonly hosts: number;
      readonly names: readonly string[];
    }
  | {
      /** Services that each come after the next, the first again at the end. */
      readonly why: "service-circle";
      readonly loop: readonly string[];
    }
  | {
      /** Nobody of these may ever be away, so their patch could never start. */
      readonly why: "budget-impossible";
      readonly key: string;
      readonly value: string;
      readonly members: number;
      readonly limit: BudgetLimit;
    }
  | { readonly why: "too-many-waves"; readonly waves: number; readonly most: number }
  | { readonly why: "body-too-large"; readonly host: string; readonly bytes: number }
  | { readonly why: "rule-too-small"; readonly hosts: number; readonly max: number }
  | {
      /** Hosts of one wave with the same steps share a leaf, and have no open time in common. */
      readonly why: "rule-no-window";
      readonly ring: string;
      readonly hosts: number;
    };

/** What the engine keeps to within a wave, as numbers; the policy that made them is in the digest. */
export interface WaveLimits {
  readonly batchSize: number;
  readonly inFlightMax: number;
  /** Hosts that may start within so many seconds; null: as fast as the others allow. */
  readonly rate: Rate | null;
  /** So long before the wave opens the files of its jobs may come; null: only with the job. */
  readonly stageSeconds: number | null;
  readonly failedMax: number;
  /** The sequential test that stops the wave too; null where only the number does. */
  readonly failures: FailureTest | null;
  /** Share (0–1) of the wave's hosts. */
  readonly successRateMin: number;
  readonly soakSeconds: number;
  readonly rollback: "host" | "wave" | "none";
}

export interface PlannedWave {
  readonly number: number;
  readonly ring: string;
  /** Which of the ring's hosts: a ring may come in several waves. */
  readonly part: WavePart;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  /** The times in which any of its hosts may start; none when it is open throughout. */
  readonly windows: readonly Span[];
  readonly hostCount: number;
  readonly limits: WaveLimits;
}

/** How many hosts with this label may be away at once, over all rollouts. */
export interface PlannedBudget {
  readonly key: string;
  readonly value: string;
  /** Hosts of the whole fleet with the label, when the plan was made. */
  readonly members: number;
  readonly unavailableMax: number;
}

/**
 * Hosts by their labels instead of by name (host protocol §3): whoever has all of them may take a leaf
 * of its ring's waves whose versions it has, also a host that joins later.
 */
export interface HostRule {
  /** `key=value` each, in order, none twice. */
  readonly labels: readonly string[];
  /** Kept by the server alone: hosts cannot count each other. */
  readonly max: number;
}

/** A host's place in the plan, with the leaf that it takes. */
export interface PlannedLeaf {
  /** The host's place among all; in a frozen plan also its leaf's index. */
  readonly index: number;
  /** The index that the leaf's text says: hosts of a rule plan share leaves. */
  readonly leaf: number;
  readonly wave: number;
  readonly host: HostId;
  /** As the leaf names the host: `*` in a rule plan. */
  readonly protocolId: string;
  readonly body: Digest;
  readonly digest: Digest;
  readonly text: string;
  /** When the host may start; none: all of its wave's time. */
  readonly windows: readonly Span[];
}

export type Reversibility = "downgrade" | "none";

export interface Plan {
  readonly digest: PlanDigest;
  /** The bytes that people sign. */
  readonly statement: string;
  readonly patch: PatchId;
  readonly class: ChangeClass;
  /** Approvals that the policy demands for this class and these rings. */
  readonly need: number;
  /** After this nobody may approve or start it. */
  readonly expiresAt: Instant;
  readonly bodies: readonly { readonly digest: Digest; readonly text: string }[];
  readonly leaves: readonly PlannedLeaf[];
  readonly waves: readonly PlannedWave[];
  readonly budgets: readonly PlannedBudget[];
}

export interface ExcludedHost {
  readonly host: HostId;
  readonly name: string;
  readonly because: Exclusion;
}

/** How well the canaries of a ring stand for it. */
export interface CanaryReport {
  readonly ring: string;
  readonly count: number;
  readonly strata: number;
  /** Strata without a canary, the first of them by name, and how many hosts they have. */
  readonly without: readonly string[];
  readonly withoutCount: number;
  readonly withoutHosts: number;
  /** Canaries of the most critical tier: their strata have nothing less critical. */
  readonly critical: readonly string[];
}

/**
 * Procedures that people must acknowledge before a plan starts, as its policy and its hosts asked when
 * it was made; labels that are edited later loosen nothing.
 */
export interface AskedProcedures {
  /** Empty: nothing is asked. */
  readonly parties: readonly Party[];
  /** Those that the policy names for its hosts. */
  readonly names: readonly string[];
  /** Hosts whose tier asks, and those of them for which the policy names no procedure. */
  readonly hosts: number;
  readonly uncovered: number;
}

export const noProcedures: AskedProcedures = { parties: [], names: [], hosts: 0, uncovered: 0 };

/** Hosts that run these hooks around their change. */
export interface DrainReport {
  readonly drain: string;
  readonly rejoin: string;
  readonly hosts: number;
  /** The first of them by name. */
  readonly names: readonly string[];
}

/** Hosts whose keys this hook makes anew. */
export interface RotationReport {
  readonly run: string;
  readonly hosts: number;
  /** The first of them by name. */
  readonly names: readonly string[];
}

/** A file that the plan brings, and the signed index that names it; null where none is known. */
export interface FileReport extends AskedFile {
  readonly by: Pick<
    SignedFile,
    "uri" | "suite" | "list" | "dated" | "signedBy" | "firstSeen"
  > | null;
  /** Why it may be younger than the policy asks; null where it is not. */
  readonly younger: string | null;
}

export interface PlanReport {
  /** Empty exactly when there is a plan. */
  readonly blocked: readonly Blocker[];
  readonly excluded: readonly ExcludedHost[];
  readonly reversibility: Reversibility;
  /** Packages whose present version no source offers any more: they cannot be put back. */
  readonly irreversible: readonly string[];
  readonly restarts: readonly string[];
  /** The files of hosts whose sources this server reads. */
  readonly files: readonly FileReport[];
  /** How hosts leave their traffic while they change, by their hooks. */
  readonly drains: readonly DrainReport[];
  /** Hosts that make keys and certificates anew, as a library that made them changes. */
  readonly rotations: readonly RotationReport[];
  readonly needsReboot: boolean;
  /** Hosts that boot again as part of their job, as the policy says. */
  readonly reboots: number;
  /** The smallest failure rate (0–1) at which each wave is stopped with 95 % probability. */
  readonly detects: readonly {
    readonly wave: number;
    readonly hosts: number;
    readonly failureRate: number;
  }[];
  /** What the canary waves leave untried. */
  readonly canaries: readonly CanaryReport[];
  readonly procedures: AskedProcedures;
  /** Hosts by the way they are reached. */
  readonly ways: Readonly<Record<PlanHost["way"], number>>;
  readonly warnings: readonly string[];
}

export interface LabelCount {
  readonly key: string;
  readonly value: string;
  readonly hosts: number;
}

/** Everything a plan depends on. The same input gives the same bytes. */
export interface PlanInput {
  readonly deployment: string;
  /** The change's id as documents carry it, `c-88`. */
  readonly change: string;
  readonly patch: PatchId;
  readonly target: PatchTarget;
  readonly title: string;
  /** Handle of whoever asks; never an approver of this plan. */
  readonly requester: string;
  readonly class: ChangeClass;
  readonly issuedAt: Instant;
  /** Not before this; the moment of issue when it is earlier. */
  readonly startsAt: Instant | null;
  readonly hostPolicy: number;
  readonly policy: RingsPolicy;
  /** When hosts may be worked on, as known now; freezes that come later hold what starts. */
  readonly calendar: Calendar;
  /** How long nine of ten recorded jobs took at most; null where too few are known. */
  readonly jobSeconds: number | null;
  /** Somebody said in words that there is no way back. */
  readonly isIrreversibleAcknowledged: boolean;
  readonly hosts: readonly PlanHost[];
  readonly resolutions: readonly ResolvedPair[];
  /** What signed lists say of the names and versions that those would bring. */
  readonly signed: readonly SignedFile[];
  /** Whether a vulnerability of the case is known to be exploited (CISA's catalogue). */
  readonly isKnownExploited: boolean;
  /** Hosts of the whole fleet by the labels that budgets count, whether the plan looks at them or not. */
  readonly members: readonly LabelCount[];
  readonly supersedes: readonly PlanDigest[];
  /** Null: the plan names its hosts. */
  readonly rule: HostRule | null;
}

export interface Planned {
  readonly plan: Plan | null;
  readonly report: PlanReport;
}

/** What the checker is told beside the plan: what the planner was told, without trusting it. */
export type PlanFacts = Omit<PlanInput, "policy">;
