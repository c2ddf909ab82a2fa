import { makeBatcher } from "../base/batcher.ts";
import type { ChangeId, HostId, RolloutId } from "../base/ids.ts";
import { instantToSeconds } from "../base/instant.ts";
import { calendarInForce, standingCalendar } from "../calendar/actions.ts";
import type { Ask } from "../fleet/ask.ts";
import type { PermitAnswer } from "../fleet/model.ts";
import { EMPTY_HEAD, signOrder } from "../fleet/order.ts";
import type { Engine } from "./engine.ts";
import { startHolds } from "./explain.ts";
import { holdToText } from "./hold.ts";
import { loadFacts } from "./store.ts";
import type { HaltScope } from "./store-halts.ts";
import { type Permitted, permit } from "./store-permits.ts";
import { loadAskedTarget } from "./store-view.ts";

/**
 * Answers asks for permits: one transaction for all that come within 20 ms, and only what it
 * committed is signed. An ask that cannot be decided on is left without an answer, never with a yes.
 */
export interface AskedPermit {
  readonly rollout: RolloutId;
  readonly host: HostId;
  readonly change: ChangeId;
  readonly scopes: readonly HaltScope[];
  readonly ask: Ask;
}

const ASKS_WAIT_MS = 20;
const ASKS_MAX = 500;
/** Two clocks must agree to five minutes anyway (host protocol §7.1). */
const PERMIT_UNTIL_SECONDS = 300;

export function permitDesk(engine: Engine): (asked: AskedPermit) => Promise<PermitAnswer> {
  const batcher = makeBatcher<AskedPermit, Permitted | null>({
    waitMs: ASKS_WAIT_MS,
    countMax: ASKS_MAX,
    handle: (asked) => decideAsks(engine, asked),
  });
  return async (asked) => {
    try {
      const granted = await batcher.add(asked);
      if (granted !== null) return { kind: "permit", order: signPermit(engine, asked, granted) };
      return { kind: "held", reason: await heldReason(engine, asked) };
    } catch (cause) {
      engine.world.log.error({ err: cause, host: asked.host }, "an ask could not be decided on");
      return { kind: "silence" };
    }
  };
}

async function decideAsks(
  engine: Engine,
  asked: readonly AskedPermit[],
): Promise<readonly (Permitted | null)[]> {
  const asks = asked.map(({ rollout, host, ask }) => {
    const { index, attempt, epoch, kind, nonce } = ask;
    return { rollout, host, index, attempt, epoch, kind, nonce };
  });
  const granted = await permit(engine.world.db, asks, {
    scopes: asked.flatMap((a) => a.scopes),
    changes: asked.map((a) => a.change),
    calendar: await standingCalendar(engine.world),
  });
  const byAsk = new Map(granted.map((g) => [`${g.host} ${g.nonce}`, g]));
  return asked.map((a) => byAsk.get(`${a.host} ${a.ask.nonce}`) ?? null);
}

function signPermit(engine: Engine, asked: AskedPermit, granted: Permitted) {
  const { ask } = asked;
  const issued = instantToSeconds(granted.issuedAt);
  return signOrder(
    {
      kind: ask.kind,
      tenant: ask.tenant,
      host: ask.host,
      plan: ask.plan,
      index: ask.index,
      attempt: ask.attempt,
      epoch: ask.epoch,
      counter: granted.counter,
      issued,
      until: issued + PERMIT_UNTIL_SECONDS,
      ttl: granted.ttlSeconds,
      nonce: ask.nonce,
      log: EMPTY_HEAD,
    },
    engine.dispatcherKey,
  );
}

/** The same sentence that `explain` shows for the host. */
async function heldReason(engine: Engine, asked: AskedPermit): Promise<string> {
  const { db } = engine.world;
  const loaded = await loadFacts(db, asked.rollout);
  const target = await loadAskedTarget(db, asked);
  if (loaded === null || target === null) return "this job is not known here any more";
  if (target.attempt !== asked.ask.attempt || target.epoch !== asked.ask.epoch) {
    return "a newer dispatch has taken the place of this one";
  }
  const [hold] = startHolds(target, loaded, await calendarInForce(engine.world));
  return hold === undefined ? "this job may not start now" : holdToText(hold, loaded.now);
}
