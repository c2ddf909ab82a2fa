import { systemActor } from "../base/actor.ts";
import type { SubjectId } from "../base/ids.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvents } from "../ledger/record.ts";
import { refusalEvent } from "./refusal-kind.ts";
import { type Counted, type Refusal, RefusalTally } from "./refusal-tally.ts";

/** Writes what was refused into the ledger, apart from the requests: a refusal costs nobody a commit. */
const TURN_MS = 1_000;

export interface Refusals {
  note(refusal: Refusal): void;
  /** Writes what is left. */
  close(): Promise<void>;
}

export function startRefusals(world: World): Refusals {
  const tally = new RefusalTally();
  let writing: Promise<void> = Promise.resolve();
  const write = (counted: readonly Counted[]): void => {
    if (counted.length === 0) return;
    writing = writing.then(() =>
      record(world, counted).catch((cause: unknown) => {
        world.log.error({ err: cause, counted }, "refusals could not be recorded");
      }),
    );
  };
  const timer = setInterval(() => write(tally.take(Date.now())), TURN_MS);
  timer.unref();
  return {
    note: (refusal) => tally.add(refusal, Date.now()),
    async close() {
      clearInterval(timer);
      write(tally.takeAll());
      await writing;
    },
  };
}

async function record(world: World, counted: readonly Counted[]): Promise<void> {
  await inTransaction(world.db, (tx) =>
    recordEvents(
      tx,
      counted.map(({ subject, ...facts }) => ({
        type: refusalEvent(facts) ?? "access.refused",
        actor: (subject ?? systemActor.subject) as SubjectId,
        object: subject === null ? "access:anybody" : `subject:${subject}`,
        facts: { ...facts, signedIn: subject !== null },
      })),
    ),
  );
}
