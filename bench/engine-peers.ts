import { Logger, makeWorkerUtils, run } from "graphile-worker";
import pg from "pg";
import { PgBoss } from "pg-boss";
import { type Connection, clientConfig } from "../src/db/database.ts";

/**
 * The same work by two job queues for PostgreSQL: take jobs that do nothing and complete them, in a
 * database of their own beside the engine's, with the settings that their authors recommend for speed.
 * Each returns the seconds from the first job to the last, without the time to put them in.
 */
const LANES = 4;

/** pg-boss fetches and completes batches; four of them at once, as its workers would. */
export async function pgBossSeconds(
  connection: Connection,
  jobCount: number,
  batch: number,
): Promise<number> {
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
  const started = performance.now();
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
  await Promise.all(Array.from({ length: LANES }, lane));
  const seconds = (performance.now() - started) / 1_000;
  await boss.stop({ graceful: false, close: false });
  await pool.end();
  return seconds;
}

/** graphile-worker with its local queue and completions in batches. */
export async function graphileSeconds(
  connection: Connection,
  jobCount: number,
  batch: number,
): Promise<number> {
  const pgPool = poolOf(connection);
  const logger = new Logger(() => () => undefined);
  const utils = await makeWorkerUtils({ pgPool, logger });
  await utils.migrate();
  for (let at = 0; at < jobCount; at += batch) {
    const length = Math.min(batch, jobCount - at);
    await utils.addJobs(Array.from({ length }, () => ({ identifier: "noop", payload: {} })));
  }
  await pgPool.query("vacuum analyze");
  let done = 0;
  const finished = Promise.withResolvers<void>();
  const started = performance.now();
  const runner = await run({
    pgPool,
    // A line for each job would be part of the figure.
    logger,
    preset: {
      worker: {
        concurrentJobs: 24,
        localQueue: { size: batch },
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
      },
    },
    taskList: {
      noop: () => {
        done += 1;
        if (done === jobCount) finished.resolve();
      },
    },
    noHandleSignals: true,
  });
  await finished.promise;
  // Jobs are done once they are gone from the table: completions are written after the task.
  while ((await left(pgPool)) > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const seconds = (performance.now() - started) / 1_000;
  await runner.stop();
  await utils.release();
  await pgPool.end();
  return seconds;
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
