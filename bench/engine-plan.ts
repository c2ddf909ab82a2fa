import { monitorEventLoopDelay } from "node:perf_hooks";
import { sql } from "kysely";
import { sha256 } from "../src/base/digest.ts";
import type { PlanDigest, SubjectId } from "../src/base/ids.ts";
import { givingWay } from "../src/base/slices.ts";
import { copyIn } from "../src/db/copy-in.ts";
import { type Db, inTransaction } from "../src/db/database.ts";
import { checkInPieces } from "../src/plan/checker.ts";
import type { Plan, PlanHost, PlanInput, PlanReport, ResolvedPair } from "../src/plan/model.ts";
import { planInPieces } from "../src/plan/planner.ts";
import { insertPlan, leafRows } from "../src/plan/store.ts";
import { aHost, aMove, aPlanInput, movesOf } from "../test/builders/plan.ts";
import { treeSeconds } from "./cpu-account.ts";
import type { BenchDatabase } from "./database.ts";

/** Plans for large fleets: in memory with their tree of digests, and their rows written. */
const SETS = 50;

export function fleetInput(hostCount: number, setCount = SETS): PlanInput {
  const pairs = Array.from({ length: setCount }, (_, at) => ({
    packageSet: sha256(`packages ${at}`),
    offerSet: sha256(`offers ${at}`),
  }));
  const hosts: PlanHost[] = Array.from({ length: hostCount }, (_, at) => {
    const ring = at % 100 === 0 ? "canary" : at % 10 === 0 ? "1" : "2";
    const labels = { ring, service: at % 3 === 0 ? "web" : "db", zone: `z${at % 4}` };
    return aHost(`host-${at}`, { ...pairs[at % setCount], labels });
  });
  const resolutions: ResolvedPair[] = pairs.map((pair, at) => ({
    ...pair,
    outcome: movesOf(
      ["libssl3", "openssl", "libexpat1"].map((name) => aMove({ name, from: `3.0.1-${at}` })),
      ["nginx.service"],
      String(at),
    ),
  }));
  return aPlanInput({ hosts, resolutions });
}

export interface Planned {
  readonly seconds: number;
  /** Of the checker, which reads all of it again from its texts. */
  readonly checkSeconds: number;
  /** The longest that others waited meanwhile, in milliseconds. */
  readonly waitedMs: number;
  readonly grownMiB: number;
  readonly made: { readonly plan: Plan; readonly report: PlanReport };
}

const MIB = 1024 * 1024;

/** Seconds of one plan, and by how much the process is larger with it than with its input alone. */
export async function planned(input: PlanInput): Promise<Planned> {
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const waits = monitorEventLoopDelay({ resolution: 1 });
  waits.enable();
  const started = performance.now();
  const result = await givingWay(planInPieces(input));
  const seconds = (performance.now() - started) / 1_000;
  const { plan: made, report } = result;
  if (made === null) throw new Error("the fleet cannot be planned");
  const grownMiB = Math.round((process.memoryUsage().rss - before) / MIB);
  const checking = performance.now();
  const [fault] = await givingWay(checkInPieces(result, input, input.policy));
  if (fault !== undefined) throw new Error(`the plan breaks a rule: ${fault.detail}`);
  const checkSeconds = (performance.now() - checking) / 1_000;
  waits.disable();
  const waitedMs = Math.round(waits.max / 1e6);
  return { seconds, checkSeconds, waitedMs, grownMiB, made: { plan: made, report } };
}

export interface Written {
  readonly seconds: number;
  /** Of the database alone, processor time. */
  readonly databaseSeconds: number;
  /** The same rows into a table without index and check: what no other layout could do without. */
  readonly floorSeconds: number;
}

/** How long it takes to write the rows of the plan, one for each host among them, in one transaction. */
export async function writePlan(
  { world: { db }, databasePid }: BenchDatabase,
  input: PlanInput,
  made: Planned["made"],
): Promise<Written> {
  await sql`
    insert into patch (id, title, ecosystem, source, source_version, state, route, kind, urgency,
                       classified_by, classified_facts, vulnerabilities, affected_versions,
                       regression, deadline, justification, opened_by, opened_at, moved_at)
    values (${input.patch}, 'bench', 'Debian:12', 'openssl', ${sha256(String(input.hosts.length))},
            'approved', 'scheduled', 'security', 'high',
            '{"file": "f", "rule": "r", "version": "1"}', '{}', '{}', '{"< 3"}',
            '{"level": "low", "because": "it is small"}', '{}', 'it is', 'carol', now(), now())
    on conflict do nothing`.execute(db);
  await sql`checkpoint`.execute(db);
  await sql`create table if not exists floor (like plan_leaf)`.execute(db);
  const sets = new Map<never, never>();
  const floorSeconds = await secondsOf(() =>
    inTransaction(db, (tx) => copyIn(tx, { ...leafRows(made.plan, sets), table: "floor" })),
  );
  await sql`drop table floor`.execute(db);
  await sql`checkpoint`.execute(db);
  const before = treeSeconds(databasePid);
  const seconds = await secondsOf(() =>
    inTransaction(db, (tx) =>
      insertPlan(tx, {
        ...made,
        ...{ policy: input.policy, changeNumber: 1, parent: null },
        ...{ requestedBy: "carol" as SubjectId, requester: "carol", at: Date.now() },
      }),
    ),
  );
  return { seconds, databaseSeconds: treeSeconds(databasePid) - before, floorSeconds };
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1_000;
}

export async function planRows(db: Db, digest: PlanDigest): Promise<number> {
  const { rows } = await sql<{ rows: number }>`
    select count(*) as rows from plan_leaf where plan = ${digest}`.execute(db);
  return rows[0]?.rows ?? 0;
}
