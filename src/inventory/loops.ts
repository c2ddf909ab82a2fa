import { type Loop, startLoop } from "../base/loop.ts";
import type { World } from "../db/world.ts";
import { claimScans, failScanClaim, runScanClaim, SCAN_LEASE_S } from "./actions-scan.ts";
import { checkDueSources } from "./actions-source-keys.ts";
import { renewScanClaims, type ScanClaim } from "./store-scan.ts";

/** Enough to scan a fleet in minutes; few enough that ssh's key exchanges leave the machine room. */
const PARALLEL = 10;
const IDLE_MS = 5_000;
const RENEW_MS = (SCAN_LEASE_S * 1000) / 3;

/**
 * Carries out scans: keeps up to so many hosts under way, each on its own, so that a host that never
 * answers takes one place until its time is over and no more.
 */
export function startScanLoop(world: World, parallel: number = PARALLEL): Loop {
  const running = new Map<ScanClaim, Promise<void>>();
  const abort = new AbortController();
  const loop = startLoop({
    name: "scan",
    idleMs: IDLE_MS,
    log: world.log,
    async turn() {
      const free = parallel - running.size;
      if (free <= 0) return false;
      for (const claim of await claimScans(world, free)) {
        const work = run(world, claim, abort.signal).finally(() => {
          running.delete(claim);
          loop.wake();
        });
        running.set(claim, work);
      }
      return false;
    },
  });
  const renewal = setInterval(() => {
    if (running.size === 0) return;
    renewScanClaims(world.db, [...running.keys()], SCAN_LEASE_S).catch((cause: unknown) => {
      world.log.warn({ err: cause }, "leases of running scans could not be renewed");
    });
  }, RENEW_MS);
  return {
    wake: loop.wake,
    async stop() {
      clearInterval(renewal);
      await loop.stop();
      abort.abort();
      await Promise.all(running.values());
    },
  };
}

async function run(world: World, claim: ScanClaim, signal: AbortSignal): Promise<void> {
  try {
    await runScanClaim(world, claim, signal);
  } catch (cause) {
    world.log.error({ err: cause, host: claim.host, scan: claim.scan }, "a scan failed");
    await failScanClaim(world, claim).catch((again: unknown) => {
      // Its lease runs out, and the row is claimed again once the database answers.
      world.log.error({ err: again, host: claim.host }, "a scan's end could not be written");
    });
  }
}

/** How soon a key that was pinned just now is used, and how late a check may be. */
const SOURCES_IDLE_MS = 60_000;

/** Verifies the sources whose keys are pinned, each some times a day. */
export function startSourceLoop(world: World): Loop {
  return startLoop({
    name: "sources",
    idleMs: SOURCES_IDLE_MS,
    log: world.log,
    turn: async () => (await checkDueSources(world)) > 0,
  });
}
