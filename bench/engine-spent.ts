import { sql } from "kysely";
import { treeSeconds } from "./cpu-account.ts";
import type { BenchDatabase } from "./database.ts";

/** What work cost: time on the clock, processor time of the database, bytes of its write-ahead log. */
export interface Spent {
  readonly seconds: number;
  readonly databaseSeconds: number;
  readonly walBytes: number;
}

/** Measures work against the whole server, whichever of its databases the work is done in. */
export type Measure = (work: () => Promise<void>) => Promise<Spent>;

/** Nothing else may write meanwhile: the log and the processes are those of all databases. */
export function measureOn({ world, databasePid }: BenchDatabase): Measure {
  const written = async (): Promise<number> => {
    const { rows } = await sql<{ bytes: string }>`
      select pg_current_wal_insert_lsn() - '0/0'::pg_lsn as bytes`.execute(world.db);
    return Number(rows[0]?.bytes);
  };
  return async (work) => {
    const [walBefore, databaseBefore] = [await written(), treeSeconds(databasePid)];
    const started = performance.now();
    await work();
    const seconds = (performance.now() - started) / 1_000;
    return {
      seconds,
      databaseSeconds: treeSeconds(databasePid) - databaseBefore,
      walBytes: (await written()) - walBefore,
    };
  };
}
