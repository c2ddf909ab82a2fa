import { Logger, makeWorkerUtils, type Runner, run } from "graphile-worker";
import pg from "pg";
import { PgBoss } from "pg-boss";
import { type Connection, clientConfig } from "../src/db/database.ts";
import type { Measure, Spent } from "./engine-spent.ts";

/**
 * The same work by two job queues for PostgreSQL: take jobs that do nothing and complete them, in a
 * database of their own beside the engine's, with the settings that their authors recommend for speed.
 * Each measures from the first job to the last, without putting them in.
 */
interface Jobs {
  readonly jobCount: number;
  readonly batch: number;
  readonly measure: Measure;
}

const LANES = 4;

/** pg-boss fetches and completes batches; four of them at once, as its workers would. */
export async function pgBossSpent(
  connection: Connection,
  { jobCount, batch, measure }: Jobs,
): Promise<Spent> {
  const pool = poolOf(connection);
  const boss = new PgBoss({
    db: { executeSql: (text: string, values?: unknown[]) => pool.query(text, values) },
    supervise: false,
    schedule: false,
  });
  boss.on("error", (cause) => process.stderr.write(`${cause.message}\n`));
  await boss.start();
  const name = `bench-${jobCount}-${Date.now()}`;
  await boss.createQueue(name);
  for (let at = 0; at < jobCount; at += batch) {
    await boss.insert(
      name,
      Array.from({ length: Math.min(batch, jobCount - at) }, () => ({})),
    );
  }
  await pool.query("vacuum analyze");
  const lane = async (): Promise<void> => {
    for (;;) {
      const jobs = await boss.fetch(name, { batchSize: batch });
      if (jobs.length === 0) return;
      await boss.complete(
        name,
        jobs.map((job) => job.id),
      );
    }
  };
  const spent = await measure(async () => {
    await Promise.all(Array.from({ length: LANES }, lane));
  });
  await boss.stop({ graceful: false, close: false });
  await pool.end();
  return spent;
}

/** graphile-worker with its local queue and completions in batches. */
export async function graphileSpent(
  connection: Connection,
  { jobCount, batch, measure }: Jobs,
): Promise<Spent> {
  const pgPool = poolOf(connection);
  const logger = new Logger(() => () => undefined);
  const utils = await makeWorkerUtils({ pgPool, logger });
  await utils.migrate();
  for (let at = 0; at < jobCount; at += batch) {
    const length = Math.min(batch, jobCount - at);
    await utils.addJobs(Array.from({ length }, () => ({ identifier: "noop", payload: {} })));
  }
  await pgPool.query("vacuum analyze");
  const runner = Promise.withResolvers<Runner>();
  const spent = await measure(async () => {
    runner.resolve(await runAll(pgPool, { jobCount, batch, logger }));
    // Jobs are done once they are gone from the table: completions are written after the task.
    while ((await left(pgPool)) > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });
  await (await runner.promise).stop();
  await utils.release();
  await pgPool.end();
  return spent;
}

/** Starts a worker and waits until it has run every job's task. */
async function runAll(
  pgPool: pg.Pool,
  of: { readonly jobCount: number; readonly batch: number; readonly logger: Logger },
): Promise<Runner> {
  let done = 0;
  const finished = Promise.withResolvers<void>();
  const runner = await run({
    pgPool,
    // A line for each job would be part of the figure.
    logger: of.logger,
    preset: {
      worker: {
        concurrentJobs: 24,
        localQueue: { size: of.batch },
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
      },
    },
    taskList: {
      noop: () => {
        done += 1;
        if (done === of.jobCount) finished.resolve();
      },
    },
    noHandleSignals: true,
  });
  await finished.promise;
  return runner;
}

async function left(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query("select count(*) as left from graphile_worker.jobs");
  return Number(rows[0]?.left ?? 0);
}

function poolOf(connection: Connection): pg.Pool {
  const pool = new pg.Pool({ ...clientConfig(connection), max: 10 });
  pool.on("error", () => undefined);
  return pool;
}
