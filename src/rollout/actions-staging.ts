import { assert } from "../base/failure.ts";
import { type Db, inTransaction } from "../db/database.ts";
import type { StagingAnswer } from "../fleet/model.ts";
import { everywhere, loadHost } from "../inventory/store.ts";
import { stagingBundle } from "./actions-bundle.ts";
import { recordRolloutEvent } from "./actions-results.ts";
import type { Engine } from "./engine.ts";
import { type Staging, type StagingOutcome, stageAgainSeconds } from "./staging.ts";
import { beginStaging, claimStaging, loadStagingDue, writeStaging } from "./store-staging.ts";

/** Bringing the files of jobs to hosts before their wave opens, each to each (decision 31). */

/** Longer than a host may fetch (`stage` in its limits) and an agent takes until it calls. */
const STAGE_LEASE_SECONDS = 1200;

export async function takeStaging(engine: Engine, countMax: number): Promise<readonly Staging[]> {
  const { db } = engine.world;
  const due = await loadStagingDue(db);
  const begun = due.waves && (await begin(db));
  if (countMax <= 0 || !(begun || due.hosts)) return [];
  return inTransaction(db, (tx) =>
    claimStaging(tx, { countMax, leaseSeconds: STAGE_LEASE_SECONDS }),
  );
}

/** True when hosts are to be asked from now on. */
function begin(db: Db): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const waves = await beginStaging(tx);
    for (const { rollout, wave, hosts } of waves) {
      await recordRolloutEvent(tx, rollout, "wave.staging", { wave, hosts });
    }
    return waves.length > 0;
  });
}

export async function stageHost(
  engine: Engine,
  staging: Staging,
  signal: AbortSignal,
): Promise<StagingOutcome> {
  const outcome = await stagedNow(engine, staging, signal);
  const againSeconds = signal.aborted ? 0 : stageAgainSeconds(staging.tries);
  await inTransaction(engine.world.db, async (tx) => {
    if (!(await writeStaging(tx, { staging, outcome, againSeconds }))) return;
    if (outcome.state === "waiting") return;
    await recordRolloutEvent(tx, staging.rollout, "target.staged", {
      ...{ host: staging.host, wave: staging.wave, state: outcome.state },
      ...{ code: outcome.code ?? "-", files: outcome.files, kilobytes: outcome.kilobytes },
    });
  });
  return outcome;
}

const nothing = { files: 0, kilobytes: 0, signed: null } as const;

async function stagedNow(
  engine: Engine,
  staging: Staging,
  signal: AbortSignal,
): Promise<StagingOutcome> {
  const host = await loadHost(engine.world.db, staging.host, everywhere);
  if (host === null || host.signingKey === null) {
    return { ...nothing, state: "waiting", code: null, why: "the host is not enrolled" };
  }
  const bundle = await stagingBundle(engine, staging);
  return outcomeOf(await engine.executor.stage(host, bundle, signal), staging);
}

/** A word about another plan or order is no answer to this one. */
function outcomeOf(answer: StagingAnswer, staging: Staging): StagingOutcome {
  if (answer.kind === "problem") {
    const { kind, message } = answer.problem;
    const isRefusal = kind === "program-refused";
    const state = isRefusal ? "refused" : "waiting";
    return { ...nothing, state, code: null, why: message };
  }
  const { staged, signed } = answer;
  const { plan, index, counter } = staged;
  const isOfThis =
    plan === staging.plan && index === staging.leafIndex && counter === staging.counter;
  if (!isOfThis) {
    return { ...nothing, state: "waiting", code: null, why: "the host spoke of another order" };
  }
  const { state, code, why, files, kilobytes } = staged;
  assert((state === "staged") === (code === "-"), "the reader of the document saw to it");
  const text = why === "-" ? null : why;
  return { state, code: code === "-" ? null : code, why: text, files, kilobytes, signed };
}
