import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { personBehind } from "../identity/store.ts";
import { payloadOf } from "../ledger/export-line.ts";
import { rootOf } from "../ledger/loops-sequencer.ts";
import { recordEvent } from "../ledger/record.ts";
import { entriesIn } from "../ledger/replayed.ts";
import { removeDurably } from "../ledger/store-files.ts";
import { ledgerFolder } from "../ledger/store-log-key.ts";
import { loadEventIndex, loadHead, loadMinimum } from "../ledger/store-tree.ts";
import { factsPath, TILE_WIDTH, tilePath } from "../ledger/tile.ts";
import { holdName, prunableBelow } from "./hold.ts";
import { type Retention, retentionStep } from "./retention.ts";
import {
  askRetention,
  loadFirstKept,
  loadHolds,
  loadOpenStatements,
  loadRetention,
  lockHolds,
  lockRetention,
  pruneBy,
  saveRetention,
} from "./store.ts";

const LOG = "The audit log";

export interface Standing {
  readonly classes: readonly Retention[];
  /** Entries below it are gone; `size` is that of the tree. */
  readonly minimum: number;
  readonly size: number;
  /** Below this index entries could go now. */
  readonly prunable: number;
  /** The first entry that must stay; null: none must. */
  readonly first: { readonly index: number; readonly why: string } | null;
}

/** How long what is kept, and what could go now; changes nothing. */
export async function retentionStanding(world: World, actor: Actor): Promise<Standing> {
  demandUnscoped(actor, "audit.read", LOG);
  return standingOf(world);
}

async function standingOf(world: World): Promise<Standing> {
  const classes = await loadRetention(world.db);
  const minimum = await loadMinimum(world.db);
  const size = (await loadHead(world.db))?.size ?? 0;
  const kept = await loadFirstKept(world.db);
  const days = classes.find((one) => one.class === kept?.class)?.days;
  const why =
    kept === null || kept.hold === null
      ? `${kept?.class === "rest" ? "other" : (kept?.class ?? "")} entries are kept for ${days ?? 0} days`
      : `legal hold ${holdName(kept.hold)}`;
  const first = kept === null ? null : { index: kept.index, why };
  const prunable = prunableBelow({ first: kept?.index ?? null, size, minimum });
  return { classes, minimum, size, prunable, first };
}

/** Longer counts at once; shorter is asked for by one person, and another who wants the same sets it. */
export async function changeRetention(
  world: World,
  actor: Actor,
  to: Pick<Retention, "class" | "days">,
): Promise<Retention> {
  demandUnscoped(actor, "policy.apply", LOG);
  return inTransaction(world.db, async (tx) => {
    const now = await lockRetention(tx, to.class);
    if (now === null) throw new Failure("not-found", `There is no class ${to.class}.`);
    const by = await personBehind(tx, actor.subject);
    const step = retentionStep(now, { days: to.days, by });
    if (step.kind === "refused") throw new Failure("forbidden", step.why);
    if (step.kind === "nothing") return now;
    const about = { actor: actor.subject, object: `retention:${to.class}` };
    const facts = { from: now.days, to: step.days };
    const of = { class: to.class, days: step.days, by };
    if (step.kind === "ask") {
      await askRetention(tx, of);
      await recordEvent(tx, { ...about, type: "retention.asked", facts });
    } else {
      await saveRetention(tx, of);
      if (step.days === now.days) await recordEvent(tx, { ...about, type: "retention.kept" });
      else if (step.days > now.days) {
        await recordEvent(tx, { ...about, type: "retention.changed", facts });
      } else {
        const agreed = { ...facts, askedBy: now.asked?.by ?? null };
        const rule = "two-persons";
        await recordEvent(tx, { ...about, type: "retention.changed", facts: agreed, rule });
      }
    }
    return (await lockRetention(tx, to.class)) ?? now;
  });
}

/** A head follows within half a second; this is for a slow machine. */
const HEAD_WAIT_MS = 15_000;
const LOOK_MS = 100;

/**
 * Prunes entries below `minimum`, which whoever asks has seen: a statement goes into the log first, and
 * what it names goes once a signed head covers it. Interrupted in between, the next start of the server goes on.
 */
export async function prune(
  world: World,
  actor: Actor,
  minimum: number,
): Promise<{ readonly minimum: number; readonly entries: number }> {
  demandUnscoped(actor, "policy.apply", LOG);
  const standing = await standingOf(world);
  if (minimum <= standing.minimum || minimum > standing.prunable || minimum % TILE_WIDTH !== 0) {
    throw new Failure(
      "blocked",
      standing.prunable > standing.minimum
        ? `Entries below ${standing.prunable} can go now, by multiples of ${TILE_WIDTH}; not those below ${minimum}.`
        : `No entries can go now: entry ${standing.first?.index ?? standing.size} stays, ${standing.first?.why ?? "as its tile is not full"}.`,
    );
  }
  const statement = await inTransaction(world.db, async (tx) => {
    await lockHolds(tx);
    const root = (await rootOf(tx, minimum)).toString("base64");
    const holds = (await loadHolds(tx, { open: true })).map(({ number }) => holdName(number));
    return recordEvent(tx, {
      type: "ledger.pruned",
      actor: actor.subject,
      object: "ledger:log",
      facts: { minimum, root, from: standing.minimum, holds },
    });
  });
  const until = Date.now() + HEAD_WAIT_MS;
  for (;;) {
    const index = await loadEventIndex(world.db, statement);
    const head = await loadHead(world.db);
    if (index !== null && head !== null && index < head.size) break;
    if (Date.now() > until) {
      throw new Failure(
        "unavailable",
        "The statement waits for a signed head; nothing was pruned. Ask again in a moment.",
      );
    }
    await sleep(LOOK_MS);
  }
  const entries = await inTransaction(world.db, (tx) => pruneBy(tx, statement));
  await removePruned(world, minimum);
  return { minimum, entries };
}

/** Takes the bundles of pruned entries out of the ledger folder; what is gone already stays so. */
async function removePruned(world: World, minimum: number): Promise<void> {
  const paths: string[] = [];
  for (let position = 0; position * TILE_WIDTH < minimum; position += 1) {
    const path = tilePath("entries", position, TILE_WIDTH);
    paths.push(...(await factsOf(join(ledgerFolder(world), path))), path);
  }
  await removeDurably(ledgerFolder(world), paths);
}

/** The files of facts that entries of a bundle name; none once it is gone, as they went before it. */
async function factsOf(bundle: string): Promise<readonly string[]> {
  const bytes = await readFile(bundle).catch(() => null);
  const entries = bytes === null ? [] : (entriesIn(bytes) ?? []);
  return entries.flatMap((entry) => {
    const payload = payloadOf(entry);
    return payload === null ? [] : [factsPath(payload)];
  });
}

/** Carries out statements that a stopped server left, as far as they may be still; run at the start. */
export async function finishPruning(world: World): Promise<void> {
  for (const statement of await loadOpenStatements(world.db)) {
    await inTransaction(world.db, (tx) => pruneBy(tx, statement)).catch((cause: unknown) =>
      world.log.warn({ err: cause, statement }, "what a statement lets go stays"),
    );
  }
  await removePruned(world, await loadMinimum(world.db));
}
