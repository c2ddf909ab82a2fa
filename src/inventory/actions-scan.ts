import { type Actor, scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { type HostId, newId, type SubjectId } from "../base/ids.ts";
import { DAY_MS, type Instant } from "../base/instant.ts";
import { parseSelector, selectorToText } from "../base/labels.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { noHost } from "./actions-no-host.ts";
import { scanHost } from "./inspect-host.ts";
import { everywhere, loadHost, loadHostRefs } from "./store.ts";
import {
  claimScanHosts,
  countScanHosts,
  finishScan,
  finishScanHost,
  insertScan,
  loadScan,
  loadScansOf,
  releaseScanHost,
  type Scan,
  type ScanClaim,
  type ScanHostState,
  type ScanId,
} from "./store-scan.ts";

/** Scans run in the background; a host that does not answer holds up nobody but itself. */
export interface ScanRequest {
  /** Names or ids; together with `selector`, both must hold. Neither means all. */
  readonly hosts?: readonly string[] | undefined;
  readonly selector?: string | undefined;
  readonly refresh: "lists" | "nothing";
}

export async function startScan(world: World, actor: Actor, request: ScanRequest): Promise<Scan> {
  const scopes = scopesFor(actor, "host.scan");
  const selector = parseSelector(request.selector ?? "");
  const hosts = await loadHostRefs(world.db, { scopes, selector });
  const wanted = request.hosts === undefined ? null : new Set(request.hosts);
  const chosen = hosts.filter((h) => wanted === null || wanted.has(h.name) || wanted.has(h.id));
  const found = new Set<string>(chosen.flatMap((host) => [host.name, host.id]));
  const missing = [...(wanted ?? [])].find((ref) => !found.has(ref));
  if (missing !== undefined) throw await noHost(world.db, missing, scopes);
  if (chosen.length === 0) {
    throw new Failure("not-found", "No host is selected. Add one with: fettle host add NAME.");
  }
  const scan = {
    id: newId<ScanId>(world.clock()),
    requestedBy: actor.subject,
    selector: selectorToText(selector),
    isRefresh: request.refresh === "lists",
    createdAt: world.clock(),
  };
  const ids = chosen.map((host) => host.id);
  await inTransaction(world.db, (tx) => recordScan(tx, scan, ids));
  return { ...scan, hostCount: chosen.length, finishedAt: null };
}

/** Has hosts looked at soon, in the transaction of what makes it necessary. */
export async function requestScan(
  tx: Tx,
  request: { readonly hosts: readonly HostId[]; readonly by: SubjectId; readonly at: Instant },
): Promise<void> {
  const { hosts, by, at } = request;
  const id = newId<ScanId>(at);
  const scan = { id, requestedBy: by, selector: "", isRefresh: false, createdAt: at };
  await recordScan(tx, scan, hosts);
}

async function recordScan(
  tx: Tx,
  scan: Omit<Scan, "hostCount" | "finishedAt">,
  hosts: readonly HostId[],
): Promise<void> {
  await insertScan(tx, { ...scan, hosts });
  await recordEvent(tx, {
    type: "scan.started",
    actor: scan.requestedBy,
    object: `scan:${scan.id}`,
    facts: { hosts: hosts.length },
  });
  await notify(tx, "scan");
}

/** A scan with its counts, as far as the reader may see its hosts. */
export async function showScan(
  world: World,
  actor: Actor,
  id: string,
): Promise<{ readonly scan: Scan; readonly counts: Readonly<Record<ScanHostState, number>> }> {
  const scopes = scopesFor(actor, "host.read");
  const scan = await loadScan(world.db, id);
  const counts = scan === null ? null : await countScanHosts(world.db, scan.id, scopes);
  const seen = counts === null ? 0 : Object.values(counts).reduce((sum, n) => sum + n, 0);
  if (scan === null || counts === null || seen === 0) {
    throw new Failure("not-found", `There is no scan ${id}.`);
  }
  return { scan: { ...scan, hostCount: seen }, counts };
}

/** How far back one's own scans are found again, and how many of them. */
const OWN_SCANS_MS = DAY_MS;
const OWN_SCANS_MAX = 10;

/** The scans that the reader asked for lately, newest first, so that one left alone is found again. */
export async function listOwnScans(
  world: World,
  actor: Actor,
): Promise<readonly Awaited<ReturnType<typeof showScan>>[]> {
  const page = { since: world.clock() - OWN_SCANS_MS, limit: OWN_SCANS_MAX };
  const scopes = scopesFor(actor, "host.read");
  const shown = await Promise.all(
    (await loadScansOf(world.db, actor.subject, page)).map(async (scan) => {
      const counts = await countScanHosts(world.db, scan.id, scopes);
      const seen = Object.values(counts).reduce((sum, n) => sum + n, 0);
      return { scan: { ...scan, hostCount: seen }, counts };
    }),
  );
  return shown.filter(({ scan }) => scan.hostCount > 0);
}

/** Longer than a server needs to renew it, short enough that a killed one holds up nobody. */
export const SCAN_LEASE_S = 60;

export function claimScans(world: World, limit: number): Promise<readonly ScanClaim[]> {
  return claimScanHosts(world.db, limit, SCAN_LEASE_S);
}

/** A talk with an agent has one request after the other, and nobody renews its lease. */
const AGENT_SCAN_LEASE_S = 900;

/** The oldest scan that waits for a host which has just called in. */
export function claimScansOf(world: World, host: HostId): Promise<readonly ScanClaim[]> {
  return claimScanHosts(world.db, 1, AGENT_SCAN_LEASE_S, host);
}

/** Scans one claimed host and writes what became of it. Never throws for what a host does. */
export async function runScanClaim(
  world: World,
  claim: ScanClaim,
  signal: AbortSignal,
): Promise<void> {
  const host = await loadHost(world.db, claim.host, everywhere);
  const outcome =
    host === null
      ? ({ state: "failed", kind: "removed", problem: "The host was removed." } as const)
      : await scanHost(world, host, {
          actor: claim.requestedBy,
          refresh: claim.isRefresh ? "lists" : "nothing",
          signal,
        });
  if (signal.aborted) return releaseScanHost(world.db, claim);
  await writeOutcome(world, claim, {
    state: outcome.state,
    problemKind: outcome.state === "failed" ? outcome.kind : null,
    problem: outcome.state === "failed" ? outcome.problem : null,
  });
}

/** What is our own mistake ends the row too, or it would be claimed for ever. */
export function failScanClaim(world: World, claim: ScanClaim): Promise<void> {
  return writeOutcome(world, claim, {
    state: "failed",
    problemKind: "internal",
    problem: "The server could not take in what the host said; its log says why.",
  });
}

async function writeOutcome(
  world: World,
  claim: ScanClaim,
  outcome: Parameters<typeof finishScanHost>[2],
): Promise<void> {
  await inTransaction(world.db, async (tx) => {
    await finishScanHost(tx, claim, outcome);
    await notify(tx, "scan");
  });
  await inTransaction(world.db, async (tx) => {
    const scan = await finishScan(tx, claim.scan);
    if (scan === null) return;
    const counts = await countScanHosts(tx, scan.id, everywhere);
    await recordEvent(tx, {
      type: "scan.finished",
      actor: scan.requestedBy,
      object: `scan:${scan.id}`,
      facts: { changed: counts.changed, unchanged: counts.unchanged, failed: counts.failed },
    });
    await notify(tx, "scan");
  });
}
