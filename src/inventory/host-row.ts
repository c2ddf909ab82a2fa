import { z } from "zod";
import type { HostId } from "../base/ids.ts";
import { parseLabels } from "../base/labels.ts";
import type { Host, HostFacts, HostWay } from "./model.ts";

/** Rows of `host` as the store reads them: whatever is JSON there is parsed here, once. */
export const waySchema: z.ZodType<HostWay> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("local") }),
  z.strictObject({ kind: z.literal("agent"), protocolId: z.string() }),
  z.strictObject({
    kind: z.literal("ssh"),
    user: z.string(),
    address: z.string(),
    port: z.number().int().min(1).max(65535),
    identityFile: z.string().nullable(),
    byCertificate: z.literal(true).optional(),
    hostKeys: z.array(z.string()),
    program: z.enum(["piped", "installed"]),
  }),
]);

export const programSchema = z.object({
  version: z.string().nullable(),
  digest: z.string(),
});

const factsSchema: z.ZodType<HostFacts> = z.object({
  distribution: z.string(),
  release: z.string(),
  codename: z.string(),
  arch: z.string(),
  kernelRunning: z.string(),
  kernelInstalled: z.string().nullable(),
  bootId: z.string(),
  uptimeSeconds: z.number(),
  machine: z.string().nullable(),
  // Hosts inspected by an earlier program said nothing of it.
  zone: z.string().nullable().default(null),
  program: programSchema.nullable().default(null),
  reboot: z.object({ isNeeded: z.boolean(), reason: z.string() }),
  services: z.array(
    z.object({
      unit: z.string(),
      state: z.enum(["active", "inactive", "failed"]),
      pid: z.number(),
    }),
  ),
  restarts: z.array(z.object({ unit: z.string(), pid: z.number(), file: z.string() })),
  sources: z.array(
    z.object({
      uri: z.string(),
      suite: z.string(),
      components: z.string(),
      isSigned: z.boolean(),
      // Looks of before do not have it.
      isIndexSigned: z.boolean().nullable().default(null),
    }),
  ),
  lists: z.object({ state: z.enum(["ok", "stale", "none"]), newestAt: z.number().nullable() }),
  held: z.array(z.string()),
  manual: z.array(z.string()),
  notes: z.array(z.string()),
});

export interface HostRow {
  readonly id: HostId;
  readonly num: number;
  readonly name: string;
  readonly protocolId: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly way: unknown;
  readonly mode: "managed" | "inspect-only";
  readonly signingKey: string | null;
  readonly contactState: "reachable" | "unreachable" | "unknown";
  readonly inspectedAt: number | null;
  readonly triedAt: number | null;
  readonly problem: string | null;
  readonly facts: unknown;
  readonly packageSet: string | null;
  readonly offerSet: string | null;
  readonly createdAt: number;
}

export function hostFromRow(row: HostRow): Host {
  return {
    id: row.id,
    name: row.name,
    protocolId: row.protocolId,
    labels: parseLabels(Object.entries(row.labels).map(([key, value]) => `${key}=${value}`)),
    way: waySchema.parse(row.way),
    mode: row.mode,
    signingKey: row.signingKey,
    contact: {
      state: row.contactState,
      inspectedAt: row.inspectedAt,
      triedAt: row.triedAt,
      problem: row.problem,
    },
    facts: row.facts === null ? null : factsSchema.parse(row.facts),
    packageSet: row.packageSet,
    offerSet: row.offerSet,
    createdAt: row.createdAt,
  };
}
