import type { SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { askHost, isReachProblem } from "../reach/host-session.ts";
import { isSilence, type ReachProblem } from "../reach/model.ts";
import { reachFor } from "../reach/reach-by-certificate.ts";
import { type Inspection, notedInspection, parseInspection } from "./inspection.ts";
import type { Host } from "./model.ts";
import { recordInspection, recordUnreachable } from "./record-inspection.ts";
import type { SeenWays } from "./store-ways-in.ts";
import { parseWaysIn, proveWaysIn } from "./ways-in.ts";

/** Asking one host what is on it, and keeping the answer. */
export type ScanOutcome =
  | { readonly state: "changed" | "unchanged" }
  | { readonly state: "failed"; readonly kind: string; readonly problem: string };

export interface ScanOptions {
  readonly actor: SubjectId;
  /** Reads the sources' indexes anew, into private folders; the machine's own stay untouched. */
  readonly refresh: "lists" | "nothing";
  readonly signal?: AbortSignal;
}

/** Inspects a host and records what it said, or why it said nothing. */
export async function scanHost(
  world: World,
  host: Host,
  options: ScanOptions,
): Promise<ScanOutcome> {
  const observedAt = world.clock();
  const answer = await inspectHost(world, host, options);
  // A scan that was called off says nothing about the host.
  if (answer.kind === "problem" && answer.problem.kind === "cancelled") {
    return { state: "failed", kind: "cancelled", problem: answer.problem.message };
  }
  return inTransaction(world.db, async (tx) => {
    if (answer.kind === "inspection") {
      const { actor } = options;
      const recordedAt = world.clock();
      const { inspection } = answer;
      const ways = seenWays(world, host, inspection, { at: observedAt, until: recordedAt });
      const seen = { inspection, observedAt, recordedAt, actor, ways };
      const state = await recordInspection(tx, host, seen);
      if (state !== "gone") return { state };
      return { state: "failed", kind: "removed", problem: "The host was removed meanwhile." };
    }
    const { kind, message } = answer.problem;
    await recordUnreachable(tx, host, {
      at: observedAt,
      isSilent: answer.isSilent,
      kind,
      problem: message,
      actor: options.actor,
    });
    return { state: "failed", kind, problem: message };
  });
}

/** A report that is nobody's word says nothing of the host, so nothing of it is believed. */
function seenWays(
  world: World,
  host: Host,
  inspection: Inspection,
  asked: { readonly at: Instant; readonly until: Instant },
): SeenWays | null {
  const { ways = null } = inspection;
  if (ways === null) return null;
  const tenant = world.config.deployment;
  const tookMs = asked.until - asked.at;
  const { proof, problem } = proveWaysIn(ways, { host, tenant, at: asked.at, tookMs });
  const found = proof === "wrong" ? [] : (parseWaysIn(ways.text)?.found ?? []);
  return { ...ways, proof, problem, found };
}

type InspectAnswer =
  | { readonly kind: "inspection"; readonly inspection: Inspection }
  | {
      readonly kind: "problem";
      readonly isSilent: boolean;
      readonly problem: { readonly kind: string; readonly message: string };
    };

async function inspectHost(
  world: World,
  host: Host,
  options: Pick<ScanOptions, "refresh" | "signal">,
): Promise<InspectAnswer> {
  const transport = await reachFor(world, host);
  const answer = await askHost(transport, {
    verb: options.refresh === "lists" ? "inspect refresh" : "inspect",
    answer: "inspect",
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  if (isReachProblem(answer)) return reachFailed(answer);
  const parsed = parseInspection(answer.get("inspect") ?? []);
  if (parsed.kind === "unusable") return otherFailed("unusable", parsed.problem);
  const stranger = strangerProblem(host, parsed.inspection);
  if (stranger !== null) return otherFailed("other-host", stranger);
  const { isRoot } = transport;
  const inspection = notedInspection(parsed.inspection, { at: world.clock(), isRoot });
  return { kind: "inspection", inspection };
}

function reachFailed(problem: ReachProblem): InspectAnswer {
  return { kind: "problem", isSilent: isSilence(problem.kind), problem };
}

function otherFailed(kind: string, message: string): InspectAnswer {
  return { kind: "problem", isSilent: false, problem: { kind, message } };
}

/**
 * An enrolled host knows its own id. Another one behind its address (a reused address, a clone) must
 * not be taken for it.
 */
function strangerProblem(host: Host, inspection: Inspection): string | null {
  if (host.signingKey === null || inspection.protocolId === host.protocolId) return null;
  const who = inspection.protocolId ?? "a host without an id";
  return `The machine that answers for ${host.name} says it is ${who}, not ${host.protocolId}. Check the address, or enrol it again if it was reinstalled.`;
}
