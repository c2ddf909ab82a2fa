import { stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { instantToText } from "../base/instant.ts";
import { programVersion } from "../base/program-version.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { diskSpace } from "../db/disk-space.ts";
import { readMigrations } from "../db/migrate.ts";
import { type Route, route, type World } from "../db/world.ts";
import { loadLedgerSizes } from "../ledger/store-tree.ts";
import {
  loadDatabaseHealth,
  loadEnrolmentHealth,
  loadSourceHealth,
  loadWaitingWork,
} from "./store-health.ts";

const time = z.string();

const healthSchema = z.strictObject({
  asOf: time,
  /** Version of the program that serves. */
  program: z.string(),
  node: z.string(),
  /** Seconds since the process began. */
  uptimeSeconds: z.number(),
  address: z.strictObject({ host: z.string(), port: z.number(), serverName: z.string() }),
  database: z.strictObject({
    version: z.string(),
    bytes: z.number(),
    isEmbedded: z.boolean(),
    /** Whether the role by which the server works could change the log. */
    mayChangeLog: z.boolean(),
    /** Settings that are off though an acknowledged write may be lost without them. */
    unsafe: z.array(z.string()),
    /** Its clock beside ours: two machines may differ. */
    now: time,
    /** Migrations of this program that the database does not have. */
    missing: z.array(z.string()),
    /** Migrations of the database that this program does not know. */
    unknown: z.array(z.string()),
  }),
  state: z.strictObject({
    folder: z.string(),
    freeBytes: z.number(),
    isLow: z.boolean(),
    /** Secrets that others than their owner may read: path within the folder, and its mode. */
    loose: z.array(z.strictObject({ path: z.string(), mode: z.string() })),
  }),
  ledger: z.strictObject({
    size: z.number(),
    waiting: z.number(),
    /** Why this server changes nothing, in words; null: it does. */
    readOnly: z.string().nullable(),
  }),
  /** Since when the oldest work waits that each background loop should have taken. */
  waitingSince: z.strictObject({
    ledger: time.nullable(),
    scans: time.nullable(),
    rollouts: time.nullable(),
  }),
  hosts: z.strictObject({
    enrolled: z.number(),
    /** Whose policy is older than the newest one given to their ring. */
    policyBehind: z.array(z.string()),
  }),
  /** Sources that this server verifies by pinned keys: those that failed, and those not reached. */
  sources: z.strictObject({
    pinned: z.number(),
    refused: z.array(z.string()),
    unreached: z.array(z.string()),
  }),
});

type Health = z.output<typeof healthSchema>;

const getHealth = route({
  method: "GET",
  path: "/api/v1/health",
  summary: "What a check of this deployment must know of server and database.",
  permission: "user.manage",
  reply: healthSchema,
  errors: ["forbidden"],
  async handle({ world, actor }) {
    demandUnscoped(actor, "user.manage", "The state of the whole deployment");
    return health(world);
  },
});

const NAMES_MAX = 50;

async function health(world: World): Promise<Health> {
  const { config, db, paths } = world;
  const database = await loadDatabaseHealth(db);
  const waiting = await loadWaitingWork(db);
  const hosts = await loadEnrolmentHealth(db);
  const sources = await loadSourceHealth(db);
  const { size, waiting: queued } = await loadLedgerSizes(db);
  const known = readMigrations().map((migration) => migration.id);
  const { freeBytes, isLow } = await diskSpace(paths.state);
  return {
    asOf: instantToText(world.clock()),
    program: programVersion,
    node: process.version,
    uptimeSeconds: Math.round(performance.now() / 1000),
    address: { host: config.host, port: config.port, serverName: config.serverName },
    database: {
      version: database.version,
      bytes: database.bytes,
      isEmbedded: config.databaseUrl === undefined,
      mayChangeLog: database.mayChangeLog,
      unsafe: [...database.unsafe],
      now: instantToText(database.now),
      missing: known.filter((id) => !database.migrations.includes(id)),
      unknown: database.migrations.filter((id) => !known.includes(id)),
    },
    state: { folder: paths.state, freeBytes, isLow, loose: await looseSecrets(paths.state) },
    ledger: { size, waiting: queued, readOnly: world.readOnly ?? null },
    waitingSince: {
      ledger: textOrNull(waiting.ledger),
      scans: textOrNull(waiting.scans),
      rollouts: textOrNull(waiting.rollouts),
    },
    hosts: { enrolled: hosts.enrolled, policyBehind: hosts.behind.slice(0, NAMES_MAX) },
    sources: {
      pinned: sources.pinned,
      refused: sources.refused.slice(0, NAMES_MAX),
      unreached: sources.unreached.slice(0, NAMES_MAX),
    },
  };
}

function textOrNull(instant: number | null): string | null {
  return instant === null ? null : instantToText(instant);
}

/** Files that hold secrets, where they are there; and the folder, which others may pass only. */
const secretFiles = [
  "setup-secret",
  "ledger/log.key",
  "ledger/seal.key",
  "keys/dispatcher.pem",
  "keys/piped-root.pem",
] as const;

async function looseSecrets(state: string): Promise<Health["state"]["loose"]> {
  const found = await Promise.all(
    secretFiles.map(async (path) => {
      const mode = await modeOf(join(state, path));
      return mode !== null && (mode & 0o077) !== 0 ? [{ path, mode: octal(mode) }] : [];
    }),
  );
  const own = await modeOf(state);
  const isWritable = own !== null && (own & 0o022) !== 0;
  return [...found.flat(), ...(isWritable ? [{ path: ".", mode: octal(own) }] : [])];
}

async function modeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).mode & 0o7777;
  } catch {
    // Not there, or its folder is closed even to us: then it is closed to others too.
    return null;
  }
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

export const healthRoutes: readonly Route[] = [getHealth];
