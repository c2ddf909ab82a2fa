import type { Digest } from "../base/digest.ts";
import type { HostId, Id } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Labels, Selector } from "../base/labels.ts";

export type ServiceId = Id<"service">;

/**
 * What the organisation builds and runs: a team answers for it, hosts run it, and bills of materials
 * say what is in its artifacts.
 *
 * Invariants: one artifact in one environment has one open row of history; what is in it is a package
 * set like that of a host, so both are matched by the same rules; an entry that cannot be judged stays
 * in the bill and counts as unknown, never as clean. A service without a bill is *unknown* too.
 */
export interface Service {
  readonly id: ServiceId;
  readonly num: number;
  /** Unique; what people type. */
  readonly name: string;
  readonly title: string;
  readonly team: string;
  /** People or addresses to turn to. */
  readonly owners: readonly string[];
  /** Tier, data class, exposure, environment; they also decide who may see and edit it. */
  readonly labels: Labels;
  readonly repository: string;
  readonly hosts: ServiceHosts;
  /** Services it cannot do without, by id. Circles are possible: two may need each other. */
  readonly needs: readonly ServiceRef[];
  readonly createdAt: Instant;
}

export interface ServiceRef {
  readonly id: ServiceId;
  readonly name: string;
}

/** Hosts that run it: those of a label expression, and those that are named. */
export interface ServiceHosts {
  readonly selector: Selector | null;
  readonly named: readonly { readonly id: HostId; readonly name: string }[];
}

/** One artifact in one environment, as it is deployed now or was once. */
export interface Artifact {
  readonly artifact: string;
  /** "" where nobody said. */
  readonly environment: string;
  readonly version: string;
  readonly sbomId: number;
  readonly setId: number;
  readonly sbom: SbomHead;
  /** SHA-256 of the document that was handed in. */
  readonly document: Digest;
  readonly documentName: string;
  readonly observedFrom: Instant;
  readonly observedTo: Instant | null;
}

export interface SbomHead {
  readonly digest: Digest;
  readonly form: string;
  readonly subjectName: string;
  readonly subjectVersion: string;
  /** Package URL of what the bill is of; "" where it gives none. */
  readonly subjectPurl: string;
  readonly componentCount: number;
  readonly unknownCount: number;
  readonly fileCount: number;
}

/** An entry of a bill as it is stored. */
export interface SbomEntry {
  readonly place: number;
  readonly packageId: number | null;
  readonly name: string;
  readonly version: string;
  /** "" where the entry cannot be judged. */
  readonly ecosystem: string;
  readonly purl: string;
  readonly cpe: string;
  readonly scope: string;
  readonly parent: number | null;
  readonly depth: number | null;
  readonly problem: string | null;
}
