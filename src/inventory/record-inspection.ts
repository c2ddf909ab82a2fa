import { sha256 } from "../base/digest.ts";
import type { SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { Tx } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import { recordEvent } from "../ledger/record.ts";
import type { Inspection } from "./inspection.ts";
import type { Host } from "./model.ts";
import {
  lockHost,
  storeOfferSet,
  storePackageSet,
  writeInspected,
  writeUnreachable,
} from "./store.ts";
import { keepKernel } from "./store-as-of.ts";
import { keepBuilt } from "./store-built.ts";
import { pointHostTo } from "./store-history.ts";
import { keepRuntime } from "./store-runtime.ts";
import { keepWaysIn, type SeenWays } from "./store-ways-in.ts";

/** Of ways in, so many are named in the event; the digest covers all of them. */
const NAMED_MAX = 20;

/**
 * Takes what an inspection found into the store, in the caller's transaction: sets once, history only
 * on a change, and an event that names the digests only when something changed. Facts (services,
 * reboot need, marks) are kept as the latest picture.
 */
export async function recordInspection(
  tx: Tx,
  host: Pick<Host, "id">,
  seen: {
    readonly inspection: Inspection;
    /** When the inspection was asked for, and when it is written. */
    readonly observedAt: Instant;
    readonly recordedAt: Instant;
    readonly actor: SubjectId;
    /** Who else may become root there; null where the host did not look. */
    readonly ways?: SeenWays | null;
  },
): Promise<"changed" | "unchanged" | "gone"> {
  const { inspection, observedAt, recordedAt } = seen;
  const row = await lockHost(tx, host.id);
  if (row === null) return "gone";
  const packages = await storePackageSet(tx, { ...inspection, at: recordedAt });
  await keepBuilt(tx, inspection.ecosystem, inspection.built);
  const offers =
    inspection.offers === null
      ? null
      : await storeOfferSet(tx, { offers: inspection.offers, at: recordedAt });
  const when = { hostNum: row.num, observedAt, recordedAt };
  const hasNewSet = await pointHostTo(tx, "host_set", { ...when, setId: packages.id });
  const hasNewOffers = await pointHostTo(tx, "host_offer", { ...when, setId: offers?.id ?? null });
  await writeInspected(tx, host.id, { at: observedAt, facts: inspection.facts });
  await keepKernel(tx, { hostNum: row.num, recordedAt });
  await keepRuntime(tx, inspection.runtime, { ...when, hostId: host.id });
  const { ways = null } = seen;
  if (ways !== null) await recordWaysIn(tx, host, { ...seen, ways });
  if (!hasNewSet && !hasNewOffers && row.contactState === "reachable") return "unchanged";
  await recordEvent(tx, {
    type: "host.inspected",
    actor: seen.actor,
    object: `host:${host.id}`,
    facts: { packageSet: packages.digest, offerSet: offers?.digest ?? null },
  });
  await notify(tx, "scan");
  return hasNewSet || hasNewOffers ? "changed" : "unchanged";
}

/** An event only where it says something else than before. */
async function recordWaysIn(
  tx: Tx,
  host: Pick<Host, "id">,
  seen: { readonly ways: SeenWays; readonly observedAt: Instant; readonly actor: SubjectId },
): Promise<void> {
  const { ways, actor } = seen;
  if (!(await keepWaysIn(tx, host.id, { ...ways, at: seen.observedAt }))) return;
  await recordEvent(tx, {
    type: "host.ways-in",
    actor,
    object: `host:${host.id}`,
    facts: {
      proof: ways.proof,
      digest: sha256(ways.text),
      found: ways.found.slice(0, NAMED_MAX).map(({ kind, what }) => `${kind} ${what}`),
      count: ways.found.length,
    },
  });
}

/** Notes that a host could not be inspected. What is known of it stays, and grows old. */
export async function recordUnreachable(
  tx: Tx,
  host: Pick<Host, "id">,
  tried: {
    readonly at: Instant;
    /** False when the host answered, though not with an inspection. */
    readonly isSilent: boolean;
    readonly kind: string;
    readonly problem: string;
    readonly actor: SubjectId;
  },
): Promise<void> {
  const row = await lockHost(tx, host.id);
  if (row === null) return;
  const state = tried.isSilent ? "unreachable" : "unknown";
  await writeUnreachable(tx, host.id, { at: tried.at, state, problem: tried.problem });
  if (row.contactState === state && row.problem !== null) return;
  await recordEvent(tx, {
    type: "host.lost",
    actor: tried.actor,
    object: `host:${host.id}`,
    facts: { why: tried.kind },
  });
  await notify(tx, "scan");
}
