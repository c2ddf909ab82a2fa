import { systemActor } from "../base/actor.ts";
import { assert } from "../base/failure.ts";
import { MINUTE_MS } from "../base/instant.ts";
import { inTransaction } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import { type HostJudgement, type JudgedJob, unseenHost } from "../fleet/judge-host.ts";
import type { OpenLine, Verified } from "../fleet/model.ts";
import type { Host } from "../inventory/model.ts";
import { recordInspection } from "../inventory/record-inspection.ts";
import { everywhere, loadHosts } from "../inventory/store.ts";
import { parseBody } from "../plan/body.ts";
import { bodyOfPlan } from "./actions-bundle.ts";
import { recordRolloutEvent } from "./actions-results.ts";
import { type Engine, KEEP_LEASES_MS, TALK_SECONDS } from "./engine.ts";
import {
  keepLooks,
  leaveLook,
  loadOwnLook,
  recordVerdict,
  takeUnjudged,
  type Unjudged,
} from "./store-results.ts";
import type { TargetKey } from "./store-targets.ts";

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
  return takeUnjudged(engine.world.db, take);
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
  const problem = await see(engine, look, (host, job) => engine.executor.verify(host, job, signal));
  if (problem === null) return;
  const isLong = look.now - look.endedAt > UNSEEN_AFTER_MS;
  await write(engine, look, isLong ? unseenHost(problem) : null, null);
}

/**
 * Looks at a host over the connection that brought its job. Where there is none any more, or it gives
 * no answer, the look is left to a connection of its own.
 */
export async function lookOverLine(
  engine: Engine,
  key: TargetKey,
  line: OpenLine | null,
): Promise<void> {
  const { db, log } = engine.world;
  const of = { ...key, owner: engine.server };
  const look = line === null ? null : await loadOwnLook(db, of);
  if (line !== null && look !== null) {
    const keep = setInterval(() => {
      stillLooking(engine, [look]).catch((cause: unknown) => {
        log.warn({ err: cause, host: look.host }, "a look could not be kept");
      });
    }, KEEP_LEASES_MS);
    try {
      if ((await see(engine, look, (_host, job) => line.verify(job))) === null) return;
    } finally {
      clearInterval(keep);
    }
  }
  await inTransaction(db, async (tx) => {
    await leaveLook(tx, of);
    await notify(tx, "rollout");
  });
}

/** Null once the host was judged, or is gone; else why it could not be seen. */
async function see(
  engine: Engine,
  look: Unjudged,
  verify: (host: Host, job: JudgedJob) => Promise<Verified>,
): Promise<string | null> {
  const { world } = engine;
  const [host] = await loadHosts(world.db, { ids: [look.host], scopes: everywhere });
  if (host === undefined) {
    await write(engine, look, unseenHost("the host was removed"), null);
    return null;
  }
  const body = await bodyOf(engine, look);
  // An inspection that was made since the job says nothing about what was stale before it.
  const isOld = (host.contact.inspectedAt ?? look.claimedAt) < look.claimedAt;
  const before = isOld ? (host.facts?.restarts ?? []) : [];
  const observedAt = world.clock();
  const seen = await verify(host, { body, before });
  if (seen.kind === "inspection" && seen.inspection.protocolId === host.protocolId) {
    await write(engine, look, seen.judgement, { host, seen, observedAt });
    return null;
  }
  return seen.kind === "problem" ? seen.problem.message : "another machine answers for this host";
}

async function bodyOf(engine: Engine, { plan, body }: Unjudged) {
  const parsed = parseBody(await bodyOfPlan(engine.world.db, plan, body));
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
    await recordRolloutEvent(tx, { ...look, id: look.rollout }, "target.judged", facts);
    await notify(tx, "rollout");
  });
}
