import { systemActor } from "../base/actor.ts";
import { assert } from "../base/failure.ts";
import { MINUTE_MS } from "../base/instant.ts";
import { inTransaction } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import { type HostJudgement, unseenHost } from "../fleet/judge-host.ts";
import type { Verified } from "../fleet/model.ts";
import type { Host } from "../inventory/model.ts";
import { recordInspection } from "../inventory/record-inspection.ts";
import { everywhere, loadHosts } from "../inventory/store.ts";
import { parseBody } from "../plan/body.ts";
import { loadBody } from "../plan/store.ts";
import { recordRolloutEvent } from "./actions-results.ts";
import type { Engine } from "./engine.ts";
import { loadRollout } from "./store.ts";
import { TALK_SECONDS } from "./store-claims.ts";
import { keepLooks, recordVerdict, takeUnjudged, type Unjudged } from "./store-results.ts";

/**
 * Looks at hosts that say they are done. Their own word is not enough: the verdict comes from a fresh
 * inspection, which is kept in the inventory in the same transaction.
 */

/** A host that cannot be looked at for this long after its work is "applied, unverified". */
const UNSEEN_AFTER_MS = 10 * MINUTE_MS;
const LOOK_AGAIN_SECONDS = 15;

/** Takes hosts to look at; the leases keep other servers from looking too. */
export function takeLooks(engine: Engine, countMax: number): Promise<readonly Unjudged[]> {
  const take = { owner: engine.server, countMax, leaseSeconds: TALK_SECONDS };
  return inTransaction(engine.world.db, (tx) => takeUnjudged(tx, take));
}

/** Says that these looks still go on: a look may take minutes, a dead server must not. */
export function stillLooking(engine: Engine, looks: readonly Unjudged[]): Promise<void> {
  return keepLooks(engine.world.db, engine.server, { looks, leaseSeconds: TALK_SECONDS });
}

/** A look that failed on this side says nothing about the host, so the next one comes soon. */
export async function giveBackLook(engine: Engine, look: Unjudged): Promise<void> {
  await recordVerdict(engine.world.db, {
    rollout: look.rollout,
    host: look.host,
    attempt: look.attempt,
    owner: engine.server,
    verdict: null,
    evidence: null,
    retryAfterSeconds: look.tries === 0 ? 0 : LOOK_AGAIN_SECONDS,
  });
}

export async function lookAtHost(
  engine: Engine,
  look: Unjudged,
  signal: AbortSignal,
): Promise<void> {
  const { world, executor } = engine;
  const [host] = await loadHosts(world.db, { ids: [look.host], scopes: everywhere });
  if (host === undefined) return write(engine, look, unseenHost("the host was removed"), null);
  const body = await bodyOf(engine, look);
  // An inspection that was made since the job says nothing about what was stale before it.
  const isOld = (host.contact.inspectedAt ?? look.claimedAt) < look.claimedAt;
  const before = isOld ? (host.facts?.restarts ?? []) : [];
  const observedAt = world.clock();
  const seen = await executor.verify(host, { body, before }, signal);
  if (seen.kind === "inspection" && seen.inspection.protocolId === host.protocolId) {
    return write(engine, look, seen.judgement, { host, seen, observedAt });
  }
  const problem =
    seen.kind === "problem" ? seen.problem.message : "another machine answers for this host";
  if (look.now - look.endedAt > UNSEEN_AFTER_MS) {
    return write(engine, look, unseenHost(problem), null);
  }
  return write(engine, look, null, null);
}

async function bodyOf(engine: Engine, look: Unjudged) {
  const { db } = engine.world;
  const rollout = await loadRollout(db, look.rollout);
  assert(rollout !== null, "a target belongs to a rollout");
  const parsed = parseBody((await loadBody(db, rollout.plan, look.body)) ?? "");
  assert(parsed.ok, "the body of a plan can be read");
  return parsed.value;
}

interface Sight {
  readonly host: Host;
  readonly seen: Extract<Verified, { kind: "inspection" }>;
  readonly observedAt: number;
}

async function write(
  engine: Engine,
  look: Unjudged,
  judgement: HostJudgement | null,
  sight: Sight | null,
): Promise<void> {
  const { world } = engine;
  await inTransaction(world.db, async (tx) => {
    if (sight !== null) {
      await recordInspection(tx, sight.host, {
        inspection: sight.seen.inspection,
        observedAt: sight.observedAt,
        recordedAt: world.clock(),
        actor: systemActor.subject,
      });
    }
    const isRecorded = await recordVerdict(tx, {
      rollout: look.rollout,
      host: look.host,
      attempt: look.attempt,
      owner: engine.server,
      verdict: judgement?.verdict ?? null,
      evidence: judgement?.evidence ?? null,
      retryAfterSeconds: LOOK_AGAIN_SECONDS,
    });
    if (!isRecorded || judgement === null) return;
    const { host, attempt } = look;
    const facts = { host, attempt, verdict: judgement.verdict };
    await recordRolloutEvent(tx, look.rollout, "target.judged", facts);
    await notify(tx, "rollout");
  });
}
