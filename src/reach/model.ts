/**
 * Reach: how this server talks to a host.
 *
 * One session is one connection over which the host program speaks its line protocol: a greeting,
 * then messages. A session is opened over a transport (a local process, or OpenSSH) and ends in a
 * typed way; whatever a host sends is counted, capped and made harmless before anybody sees it.
 *
 * Invariants: a host key that was not pinned is refused before authentication, and no mode accepts
 * it. No shell ever reads what comes from data: the remote command is a constant with one number in
 * it. Every wait has a limit. What a host prints decides nothing by itself: outcomes come from signed
 * results, which other contexts check. Nothing here knows what a package or a plan is.
 */

/** Where to go; the same shape as a host's way in the inventory, plus the name its keys go by. */
export type ReachTarget =
  | { readonly kind: "local" }
  /** The host calls in; `protocolId` is what it is known by then. */
  | { readonly kind: "agent"; readonly protocolId: string }
  | {
      readonly kind: "ssh";
      readonly user: string;
      readonly address: string;
      readonly port: number;
      readonly identityFile: string | null;
      /** No key stands there: one is made for each connection, with a certificate of our authority. */
      readonly byCertificate?: true | undefined;
      /** Beside its private half in `identityFile`, for this one connection. */
      readonly certificateFile?: string | undefined;
      readonly hostKeys: readonly string[];
      readonly program: "piped" | "installed";
    };

/** What a session leaves behind: its connection, for whatever comes next, or nothing. */
export type Keeps = "connection" | "nothing";

export const reachProblemKinds = [
  "host-key-unknown",
  "host-key-changed",
  "authentication",
  "identity-file",
  "unreachable",
  "no-answer",
  "algorithms",
  "sudo-password",
  "program-missing",
  "program-refused",
  "connection-lost",
  "flood",
  "protocol",
  "timeout",
  "cancelled",
] as const;

export type ReachProblemKind = (typeof reachProblemKinds)[number];

/** Why a host could not be talked to. The message is for people: what was tried and what to do. */
export interface ReachProblem {
  readonly kind: ReachProblemKind;
  readonly message: string;
}

/** What never got an answer, as opposed to a host that answered with something else. */
export function isSilence(kind: ReachProblemKind): boolean {
  return ["unreachable", "no-answer", "connection-lost", "timeout"].includes(kind);
}

/**
 * What the host says after its greeting. A *group* is one or more named sections ended by `@end`
 * (`@ask` with `@asksig`); a *note* is one line (`@journal STATE …`).
 */
export type HostMessage =
  | {
      readonly kind: "group";
      readonly name: GroupName;
      /** What stands behind the name on its line, for example a digest; usually "". */
      readonly heading: string;
      readonly sections: ReadonlyMap<string, readonly string[]>;
    }
  | { readonly kind: "note"; readonly name: NoteName; readonly text: string };

export const groupNames = [
  "inspect",
  "resolve",
  "status",
  "trust",
  "witness",
  "enrolled",
  "ask",
  "result",
  "staged",
] as const;
export type GroupName = (typeof groupNames)[number];

/** Sections that may follow the first one within a group. */
export const innerSections: Readonly<Record<GroupName, readonly string[]>> = {
  inspect: [],
  resolve: [],
  status: ["signed", "fork"],
  trust: [],
  witness: ["cosign"],
  enrolled: [],
  ask: ["asksig"],
  result: ["resultsig"],
  staged: ["stagedsig"],
};

export const noteNames = ["accepted", "journal", "refused", "idle"] as const;
export type NoteName = (typeof noteNames)[number];

export const GREETING = "fettle-host 1 ready";

export interface SessionLimits {
  /** From the start of the connection to the greeting. */
  readonly greetingMs: number;
  /** Longest silence after the greeting. */
  readonly silenceMs: number;
  readonly totalMs: number;
  /** All a host may send in one session. */
  readonly bytesMax: number;
}

export const sessionLimits: SessionLimits = {
  // A host key, an authentication and sudo on a loaded machine; more is a host that hangs.
  greetingMs: 30_000,
  // Refreshing package lists over a slow line is the longest quiet work a host does.
  silenceMs: 330_000,
  totalMs: 900_000,
  bytesMax: 64 * 1024 * 1024,
};

/** Longest line that is kept; the rest of a longer one is dropped, so it fits no grammar. */
export const LINE_BYTES_MAX = 4_096;
/** What may precede the greeting: banners, profiles. */
export const PREAMBLE_BYTES_MAX = 64 * 1024;
