import { sql } from "kysely";
import { sha256 } from "../src/base/digest.ts";
import { emptyCalendar } from "../src/calendar/model.ts";
import { type Db, inTransaction } from "../src/db/database.ts";
import { takeResults } from "../src/rollout/actions-results.ts";
import { LEASE_SECONDS } from "../src/rollout/engine.ts";
import { type Claimed, claim } from "../src/rollout/store-claims.ts";
import type { SignedResult } from "../src/rollout/store-results.ts";
import { addHosts, aRollout, openAllWaves, own } from "../src/rollout/store-story.ts";
import type { Measure, Spent } from "./engine-spent.ts";

/**
 * Claim and complete jobs that do nothing, through the engine's own statements: slots, leases, budgets,
 * halt lock, approvals, signed documents kept, and an event for each batch.
 */
export async function claimAndComplete(
  db: Db,
  hostCount: number,
  measure: Measure,
): Promise<Spent> {
  const hosts = await addHosts(db, hostCount);
  const gate = { inFlightMax: hostCount };
  const story = await aRollout(db, [{ ring: "canary", hosts, gate }]);
  await openAllWaves(db, story);
  const { scopes, change } = story;
  const wish = { wave: 1, kind: "apply", leaseSeconds: LEASE_SECONDS, scopes, change } as const;
  const owned = await own(db, story, "bench");
  // As the queues beside it are: what was put in is known, and pays nothing any more while it is measured.
  await sql`vacuum analyze`.execute(db);
  return measure(async () => {
    const completing: Promise<void>[] = [];
    for (;;) {
      const claimed = await claim(db, { ...owned, ...wish, calendar: emptyCalendar });
      if (claimed.length === 0) break;
      const results = claimed.map(resultOf);
      completing.push(inTransaction(db, (tx) => takeResults(tx, results, Date.now())));
    }
    await Promise.all(completing);
  });
}

/** As long as a signed result is; what is in it does not matter to the engine. */
const DOCUMENT_REST = "x".repeat(500);
const SIGNATURE = "s".repeat(320);

export function resultOf(claimed: Claimed): SignedResult {
  const { plan, host, attempt, counter, kind } = claimed;
  const document = `fettle result ${plan} ${host} ${attempt} ${counter}\n${DOCUMENT_REST}`;
  const move = { job: kind, hold: null, isUnbegun: false, retryAfterSeconds: 0 };
  return {
    ...{ plan, host, attempt, kind, counter, document },
    ...{ state: "noop", code: "-", way: "ssh" },
    digest: sha256(document),
    ...{ signature: SIGNATURE, signedBy: "ssh-ed25519 AAAA", lookBy: null },
    move: { verb: "result-noop", ...move },
  };
}
