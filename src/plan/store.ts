import { type RawBuilder, sql } from "kysely";
import { z } from "zod";
import { type Digest, isDigest, sha256 } from "../base/digest.ts";
import { assert, present } from "../base/failure.ts";
import type { HostId, PatchId, PlanDigest, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { copyIn } from "../db/copy-in.ts";
import type { CopiedRows } from "../db/copy-rows.ts";
import { type Reader, sqlInstant, sqlJson, type Tx } from "../db/database.ts";
import type { ChangeClass, RingsPolicy } from "../policy/rings.ts";
import { partySchema } from "../policy/rings-procedures.ts";
import { wavePartSchema } from "../policy/rings-waves.ts";
import { HostLeaf } from "./host-leaf.ts";
import type { ExcludedHost, Plan, PlannedLeaf, PlannedWave, PlanReport } from "./model.ts";
import { insertBudgets } from "./store-budgets.ts";
import { insertWindowSets, loadWindowSets, type WindowSets } from "./store-windows.ts";

/** Plans as rows: written once, in one transaction, and never changed. */

/** What the report says beside the excluded hosts, which are rows of their own. */
export type StoredReport = Omit<PlanReport, "excluded" | "blocked"> & {
  /** The plan that this one adds hosts to. */
  readonly parent: PlanDigest | null;
};

/** A plan without its leaves, which may be a million. */
export interface StoredPlan {
  readonly digest: PlanDigest;
  readonly statement: string;
  readonly patch: PatchId;
  readonly changeNumber: number;
  readonly class: ChangeClass;
  readonly ringsPolicy: Digest;
  readonly requestedBy: SubjectId;
  readonly requester: string;
  readonly need: number;
  readonly hostCount: number;
  readonly report: StoredReport;
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
}

const canaryReportSchema = z.object({
  ring: z.string(),
  count: z.number(),
  strata: z.number(),
  without: z.array(z.string()),
  withoutCount: z.number(),
  withoutHosts: z.number(),
  critical: z.array(z.string()),
});

const proceduresSchema = z.object({
  parties: z.array(partySchema),
  names: z.array(z.string()),
  hosts: z.number(),
  uncovered: z.number(),
});

const drainReportSchema = z.object({
  drain: z.string(),
  rejoin: z.string(),
  hosts: z.number(),
  names: z.array(z.string()),
});

const rotationReportSchema = z.object({
  run: z.string(),
  hosts: z.number(),
  names: z.array(z.string()),
});

const fileReportSchema = z.object({
  ...{ name: z.string(), arch: z.string(), version: z.string(), sha256: z.string() },
  by: z
    .object({
      ...{ uri: z.string(), suite: z.string(), list: z.string(), signedBy: z.string() },
      ...{ dated: z.number(), firstSeen: z.number() },
    })
    .nullable(),
  younger: z.string().nullable(),
});

const reportSchema = z.object({
  reversibility: z.enum(["downgrade", "none"]),
  irreversible: z.array(z.string()),
  restarts: z.array(z.string()),
  // Plans that were made before this server read lists say nothing of them.
  files: z.array(fileReportSchema).default([]),
  // Plans that were made before there were hooks have none.
  drains: z.array(drainReportSchema).default([]),
  // Plans that were made before keys were made anew make none.
  rotations: z.array(rotationReportSchema).default([]),
  needsReboot: z.boolean(),
  // Plans that were made before plans could reboot reboot nobody.
  reboots: z.number().default(0),
  detects: z.array(z.object({ wave: z.number(), hosts: z.number(), failureRate: z.number() })),
  // Plans that were made before there were canary waves have none.
  canaries: z.array(canaryReportSchema).default([]),
  // Plans that were made before procedures were asked for ask for none.
  procedures: proceduresSchema.default({ parties: [], names: [], hosts: 0, uncovered: 0 }),
  // Plans that were made before hosts that call in were counted apart have them among `ssh`.
  ways: z.object({
    ...{ local: z.number(), ssh: z.number(), piped: z.number(), agent: z.number().default(0) },
  }),
  warnings: z.array(z.string()),
  parent: z
    .string()
    .transform((digest) => digest as PlanDigest)
    .nullable()
    .default(null),
});

/** Rows of one insert: large enough to be quick, small enough for one message. */
const ROWS_AT_ONCE = 20_000;

export async function nextChangeNumber(reader: Reader): Promise<number> {
  const { rows } = await sql<{ number: number }>`
    select nextval('change_number')::integer as number`.execute(reader);
  return rows[0]?.number ?? 0;
}

export async function lockPatch(tx: Tx, patch: PatchId): Promise<void> {
  await sql`select from patch where id = ${patch} for update`.execute(tx);
}

export interface NewPlan {
  readonly plan: Plan;
  readonly report: PlanReport;
  readonly parent: PlanDigest | null;
  readonly policy: RingsPolicy;
  readonly changeNumber: number;
  readonly requestedBy: SubjectId;
  readonly requester: string;
  readonly at: Instant;
}

/** False when this very plan is stored already: the same input gives the same digest. */
export async function insertPlan(tx: Tx, made: NewPlan): Promise<boolean> {
  const { plan, policy } = made;
  const { excluded, blocked, ...found } = made.report;
  const report = { ...found, parent: made.parent };
  assert(blocked.length === 0, "a blocked plan is never stored");
  await sql`
    insert into rings_policy (digest, name, text)
    values (${policy.digest}, ${policy.name}, ${policy.text})
    on conflict (digest) do nothing`.execute(tx);
  const inserted = await sql`
    insert into plan (digest, statement, patch, change_number, class, rings_policy, requested_by,
      requester, need, host_count, report, created_at, expires_at)
    values (${plan.digest}, ${plan.statement}, ${plan.patch}, ${made.changeNumber}, ${plan.class},
      ${policy.digest}, ${made.requestedBy}, ${made.requester}, ${plan.need},
      ${plan.leaves.length}, ${sqlJson(report)}, ${sqlInstant(made.at)},
      ${sqlInstant(plan.expiresAt)})
    on conflict (digest) do nothing`.execute(tx);
  if (inserted.numAffectedRows !== 1n) return false;
  await sql`
    insert into plan_body (plan, digest, text)
    select ${plan.digest}, digest, text
      from unnest(${plan.bodies.map((b) => b.digest)}::text[],
                  ${plan.bodies.map((b) => b.text)}::text[]) as b(digest, text)`.execute(tx);
  for (const wave of plan.waves) await insertWave(tx, plan.digest, wave);
  await insertBudgets(tx, plan.digest, plan.budgets);
  const sets = await insertWindowSets(tx, plan);
  await copyIn(tx, leafRows(plan, sets));
  for (let at = 0; at < excluded.length; at += ROWS_AT_ONCE) {
    await insertExcluded(tx, plan.digest, excluded.slice(at, at + ROWS_AT_ONCE));
  }
  return true;
}

async function insertWave(tx: Tx, plan: PlanDigest, wave: PlannedWave): Promise<void> {
  await sql`
    insert into plan_wave (plan, number, ring, part, not_before, not_after, windows, host_count,
      limits)
    values (${plan}, ${wave.number}, ${wave.ring}, ${sqlJson(wave.part)},
      ${sqlInstant(wave.notBefore)}, ${sqlInstant(wave.notAfter)}, ${sqlJson(wave.windows)},
      ${wave.hostCount}, ${sqlJson(wave.limits)})`.execute(tx);
}

/** One row for each host, as the table has them. */
export function leafRows({ digest, leaves }: Plan, sets: WindowSets): CopiedRows {
  return {
    table: "plan_leaf",
    columns: leafColumns,
    count: leaves.length,
    write(at, row) {
      const leaf = present(leaves[at], "a leaf of the plan");
      row.text(digest);
      row.integer(leaf.index);
      row.integer(leaf.leaf === leaf.index ? null : leaf.leaf);
      row.integer(leaf.wave);
      row.text(leaf.host);
      row.text(leaf.protocolId);
      row.text(leaf.body);
      row.hex(leaf.digest);
      row.integer(sets.get(leaf.windows) ?? null);
    },
  };
}

const leafColumns = [
  ...["plan", "index", "leaf", "wave", "host", "protocol_id", "body", "digest", "window_set"],
];

async function insertExcluded(
  tx: Tx,
  plan: PlanDigest,
  excluded: readonly ExcludedHost[],
): Promise<void> {
  await sql`
    insert into plan_excluded (plan, host, because)
    select ${plan}, host, because::jsonb
      from unnest(${excluded.map((e) => e.host)}::text[],
                  ${excluded.map((e) => JSON.stringify(e.because))}::text[])
        as e(host, because)`.execute(tx);
}

const planColumns = sql`
  p.digest, p.statement, p.patch, p.change_number as "changeNumber", p.class,
  p.rings_policy as "ringsPolicy", p.requested_by as "requestedBy", p.requester, p.need,
  p.host_count as "hostCount", p.report, p.created_at as "createdAt", p.expires_at as "expiresAt"`;

function planFromRow(row: StoredPlan): StoredPlan {
  return { ...row, report: reportSchema.parse(row.report) };
}

/** One plan by its digest; null when there is none. */
export async function loadPlan(reader: Reader, digest: string): Promise<StoredPlan | null> {
  if (!isDigest(digest)) return null;
  const { rows } = await sql<StoredPlan>`
    select ${planColumns} from plan p where p.digest = ${digest}`.execute(reader);
  return rows[0] === undefined ? null : planFromRow(rows[0]);
}

/** Digests that begin so: people type the first digits. Two are enough to see that it is unclear. */
export async function findPlans(reader: Reader, prefix: string): Promise<readonly PlanDigest[]> {
  if (!/^[0-9a-f]{8,64}$/.test(prefix)) return [];
  const { rows } = await sql<{ digest: PlanDigest }>`
    select digest from plan where digest like ${`${prefix}%`} order by digest limit 2`.execute(
    reader,
  );
  return rows.map((row) => row.digest);
}

export interface PlanFilter {
  readonly patch?: PatchId | undefined;
  /** Plans older than this one: lists go from new to old. */
  readonly before?: { readonly createdAt: Instant; readonly digest: string } | undefined;
  /** Which plans (of `plan p`) the reader may see. */
  readonly visible: RawBuilder<boolean>;
  readonly limit: number;
}

export async function loadPlans(
  reader: Reader,
  filter: PlanFilter,
): Promise<readonly StoredPlan[]> {
  const { patch, before } = filter;
  const isOlder =
    before === undefined
      ? sql`true`
      : sql`(p.created_at, p.digest) < (${sqlInstant(before.createdAt)}, ${before.digest})`;
  const isOfPatch = patch === undefined ? sql`true` : sql`p.patch = ${patch}`;
  const { rows } = await sql<StoredPlan>`
    select ${planColumns} from plan p where ${isOfPatch} and ${isOlder} and ${filter.visible}
     order by p.created_at desc, p.digest desc limit ${filter.limit}`.execute(reader);
  return rows.map(planFromRow);
}

export async function loadPolicyText(reader: Reader, digest: Digest): Promise<string | null> {
  const { rows } = await sql<{ text: string }>`
    select text from rings_policy where digest = ${digest}`.execute(reader);
  return rows[0]?.text ?? null;
}

export async function loadBodies(
  reader: Reader,
  plan: PlanDigest,
): Promise<readonly { readonly digest: Digest; readonly text: string }[]> {
  const { rows } = await sql<{ digest: Digest; text: string }>`
    select digest, text from plan_body where plan = ${plan} order by digest`.execute(reader);
  return rows;
}

export async function loadBody(
  reader: Reader,
  plan: PlanDigest,
  digest: Digest,
): Promise<string | null> {
  const { rows } = await sql<{ text: string }>`
    select text from plan_body where plan = ${plan} and digest = ${digest}`.execute(reader);
  return rows[0]?.text ?? null;
}

const windowsSchema = z.array(z.object({ from: z.number(), to: z.number() }));
const limitsSchema = z.object({
  batchSize: z.number(),
  inFlightMax: z.number(),
  // Plans that were made before there were rates have none.
  rate: z.object({ hosts: z.number(), seconds: z.number() }).nullable().default(null),
  // Plans that were made before files came early have none.
  stageSeconds: z.number().nullable().default(null),
  failedMax: z.number(),
  // Plans that were made before there was a test have none.
  failures: z
    .object({ baseline: z.number(), bad: z.number(), alpha: z.number(), beta: z.number() })
    .nullable()
    .default(null),
  successRateMin: z.number(),
  soakSeconds: z.number(),
  rollback: z.enum(["host", "wave", "none"]),
});

export async function loadWaves(reader: Reader, plan: PlanDigest): Promise<readonly PlannedWave[]> {
  const { rows } = await sql<PlannedWave>`
    select number, ring, part, not_before as "notBefore", not_after as "notAfter", windows,
           host_count as "hostCount", limits
      from plan_wave where plan = ${plan} order by number`.execute(reader);
  return rows.map((row) => ({
    ...row,
    part: wavePartSchema.parse(row.part),
    windows: windowsSchema.parse(row.windows),
    limits: limitsSchema.parse(row.limits),
  }));
}

export interface LeafFilter {
  readonly hosts?: readonly HostId[] | undefined;
  readonly wave?: number | undefined;
  /** Places after this one. */
  readonly after?: number | undefined;
  readonly limit?: number | undefined;
  /** The indexes that leaves say of themselves. */
  readonly leaves?: readonly number[] | undefined;
  /** Each leaf once, by the first host that takes it; else each host with its leaf. */
  readonly isDistinct?: boolean | undefined;
}

/** Hosts that share a leaf stand one after another, so the place before tells. */
const isFirstOfLeaf = sql<boolean>`(l.leaf is null or not exists (
  select from plan_leaf b
   where b.plan = l.plan and b.index = l.index - 1 and coalesce(b.leaf, b.index) = l.leaf))`;

function isOneOf(leaves: readonly number[]): RawBuilder<boolean> {
  const numbers = sql`any(${[...leaves]}::integer[])`;
  return sql<boolean>`(l.leaf is null and l.index = ${numbers} or l.leaf = ${numbers})`;
}

/** Hosts in their order, with the exact text of the leaf of each; its digest is checked. */
export async function loadLeaves(
  reader: Reader,
  plan: PlanDigest,
  filter: LeafFilter = {},
): Promise<readonly PlannedLeaf[]> {
  const waves = new Map((await loadWaves(reader, plan)).map((wave) => [wave.number, wave]));
  const sets = await loadWindowSets(reader, plan);
  const { hosts } = filter;
  const isHost = hosts === undefined ? sql`true` : sql`host = any(${[...hosts]}::text[])`;
  const isLeaf = filter.leaves === undefined ? sql`true` : isOneOf(filter.leaves);
  const isWave = filter.wave === undefined ? sql`true` : sql`wave = ${filter.wave}`;
  const { rows } = await sql<Omit<PlannedLeaf, "text" | "windows"> & { windowSet: number | null }>`
    select index, coalesce(leaf, index) as leaf, wave, host, protocol_id as "protocolId", body,
           encode(digest, 'hex') as digest, window_set as "windowSet"
      from plan_leaf l
     where plan = ${plan} and index > ${filter.after ?? -1} and ${isHost} and ${isWave}
       and ${isLeaf} and ${filter.isDistinct === true ? isFirstOfLeaf : sql`true`}
     order by index limit ${filter.limit ?? null}::bigint`.execute(reader);
  return rows.map(({ windowSet, ...row }) => {
    const own = windowSet === null ? waves.get(row.wave)?.windows : sets.get(windowSet);
    return checked(new HostLeaf({ ...row, windows: own ?? [] }));
  });
}

function checked(leaf: PlannedLeaf): PlannedLeaf {
  assert(sha256(leaf.text) === leaf.digest, `leaf ${leaf.leaf} is not what was signed`);
  return leaf;
}

/** All signed leaves' digests in index order: what `buildTree` needs for the paths of a bundle. */
export async function loadLeafDigests(
  reader: Reader,
  plan: PlanDigest,
): Promise<readonly Digest[]> {
  const { rows } = await sql<{ digest: Digest }>`
    select encode(l.digest, 'hex') as digest from plan_leaf l
     where l.plan = ${plan} and ${isFirstOfLeaf} order by l.index`.execute(reader);
  return rows.map((row) => row.digest);
}
