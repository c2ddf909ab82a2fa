import { systemActor } from "../base/actor.ts";
import { makeBatcher } from "../base/batcher.ts";
import { sha256 } from "../base/digest.ts";
import type { PlanDigest, RolloutId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { inTransaction, type Tx } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { SignedText } from "../fleet/order.ts";
import type { Result } from "../fleet/result.ts";
import { requestScan } from "../inventory/actions-scan.ts";
import type { Host } from "../inventory/model.ts";
import { recordEvent } from "../ledger/record.ts";
import type { Engine } from "./engine.ts";
import { type ResultVerb, resultMove } from "./result-move.ts";
import { loadRollout, type RolloutRow } from "./store.ts";
import { type AppliedResult, applyResults, type SignedResult } from "./store-results.ts";
import { type Progress, recordProgress } from "./store-targets.ts";

/** Takes in what hosts say: signed results, and journal lines on the way. */

const RESULTS_WAIT_MS = 20;
const RESULTS_MAX = 500;
const PROGRESS_WAIT_MS = 250;
const PROGRESS_MAX = 2_000;

/** Resolves when the result is committed; only then may the host forget it. */
export function resultDesk(engine: Engine): (result: SignedResult) => Promise<void> {
  const batcher = makeBatcher<SignedResult, null>({
    waitMs: RESULTS_WAIT_MS,
    countMax: RESULTS_MAX,
    handle: async (results) => {
      const at = engine.world.clock();
      await inTransaction(engine.world.db, (tx) => takeResults(tx, results, at));
      return results.map(() => null);
    },
  });
  return async (result) => {
    await batcher.add(result);
  };
}

export async function takeResults(
  tx: Tx,
  results: readonly SignedResult[],
  at: Instant,
): Promise<void> {
  const applied = await applyResults(tx, results);
  await recordReported(tx, results, applied);
  await lookAgain(tx, { results, applied, at });
  if (applied.length > 0) await notify(tx, "rollout");
}

/**
 * Hosts that say they are done are judged by a look of their own. Those that failed, went back or
 * stopped in the middle are scanned: the inventory may show versions that are gone again, and the
 * next plan would be made from them.
 */
async function lookAgain(
  tx: Tx,
  given: {
    readonly results: readonly SignedResult[];
    readonly applied: readonly AppliedResult[];
    readonly at: Instant;
  },
): Promise<void> {
  const { results, applied, at } = given;
  const begun = results.filter((r) => changing.has(r.move.verb) && !r.move.isUnbegun);
  const digests = new Set(begun.map((result) => result.digest));
  const hosts = new Set(applied.filter((a) => digests.has(a.digest)).map((a) => a.host));
  if (hosts.size > 0) await requestScan(tx, { hosts: [...hosts], by: systemActor.subject, at });
}

const changing: ReadonlySet<ResultVerb> = new Set([
  ...(["result-failed", "result-rolled-back", "result-reverted", "result-held"] as const),
]);

export function signedResult(
  host: Host,
  said: {
    readonly result: Result;
    readonly signed: SignedText;
    readonly lastLine: string;
    readonly isAccepted: boolean;
    readonly lookBy: string | null;
  },
  now: number,
): SignedResult {
  const { result, signed } = said;
  return {
    plan: result.plan as PlanDigest,
    host: host.id,
    attempt: result.attempt,
    kind: result.kind,
    state: result.state,
    code: result.code,
    way: result.way,
    counter: result.counter,
    document: signed.text,
    digest: sha256(signed.text),
    signature: signed.signature,
    signedBy: host.signingKey ?? "",
    keys: keysMade(said.lastLine),
    move: resultMove(result, { ...said, now }),
    lookBy: said.lookBy,
  };
}

const KEY = "/[A-Za-z0-9/._@+-]{1,200}:(?:none|[0-9a-f]{64}):[0-9a-f]{64}";
const KEYS_MADE = new RegExp(`^DONE .*? keys=(${KEY}(?:,${KEY}){0,31})(?: |$)`);

/** What the last line of a journal says of keys that the job made anew; null where it says nothing. */
export function keysMade(lastLine: string): string | null {
  return KEYS_MADE.exec(lastLine)?.[1] ?? null;
}

/** One event a rollout and batch, with the digest of the documents it stands for. */
async function recordReported(
  tx: Tx,
  results: readonly SignedResult[],
  applied: readonly AppliedResult[],
): Promise<void> {
  const byRollout = Map.groupBy(applied, (a) => a.rollout);
  const stateOf = new Map(results.map((r) => [r.digest, r.state]));
  for (const [id, some] of byRollout) {
    const digests = some.map((a) => a.digest).sort();
    const states = digests.map((digest) => stateOf.get(digest) ?? "");
    await recordRolloutEvent(tx, id, "target.reported", {
      count: some.length,
      states: Object.fromEntries(
        [...new Set(states)].map((state) => [state, states.filter((s) => s === state).length]),
      ),
      ...(some.length === 1 ? { host: some[0]?.host ?? "" } : {}),
      results: sha256(`${digests.join("\n")}\n`),
    });
  }
}

/** An event of a rollout, linked to its case, its change and its plan. */
export async function recordRolloutEvent(
  tx: Tx,
  of: RolloutId | Pick<RolloutRow, "id" | "patch" | "change" | "plan">,
  type: `${string}.${string}`,
  facts: Readonly<
    Record<string, string | number | boolean | readonly string[] | Readonly<Record<string, number>>>
  >,
  actor = systemActor.subject,
): Promise<void> {
  const row = typeof of === "string" ? await loadRollout(tx, of) : of;
  if (row === null) return;
  const { id, patch, change, plan } = row;
  await recordEvent(tx, { type, actor, object: `rollout:${id}`, patch, change, plan, facts });
}

/** Journal lines: many, unsigned, and only the newest of each host is kept. */
export function progressDesk(engine: Engine): (progress: Progress) => void {
  const batcher = makeBatcher<Progress, null>({
    waitMs: PROGRESS_WAIT_MS,
    countMax: PROGRESS_MAX,
    handle: async (lines) => {
      // Nobody is woken: no decision follows from a host's word on the way.
      await inTransaction(engine.world.db, (tx) => recordProgress(tx, newest(lines)));
      return lines.map(() => null);
    },
  });
  return (progress) => {
    batcher.add(progress).catch((cause: unknown) => {
      // The next line, or the signed result, says where the host is.
      engine.world.log.warn({ err: cause }, "journal lines could not be kept");
    });
  };
}

/** The last line of each host, with the last line that moved something before it. */
function newest(lines: readonly Progress[]): readonly Progress[] {
  const moving = new Map<string, Progress>();
  const last = new Map<string, Progress>();
  for (const line of lines) {
    const key = `${line.rollout} ${line.host} ${line.attempt}`;
    if (line.verb !== null) moving.set(key, line);
    last.set(key, line);
  }
  return [...last].map(([key, line]) => ({ ...line, verb: moving.get(key)?.verb ?? line.verb }));
}
