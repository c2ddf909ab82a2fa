import { z } from "zod";
import { instantToText } from "../base/instant.ts";
import { parseHostKey } from "../reach/host-key.ts";
import type { Host } from "./model.ts";

/** Hosts as the API shows them. Never the labels' meaning, never a verdict. */
const time = z.iso.datetime();

const waySchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("local") }),
  z.strictObject({ kind: z.literal("agent") }),
  z.strictObject({
    kind: z.literal("ssh"),
    user: z.string(),
    address: z.string(),
    port: z.number().int(),
    identityFile: z.string().nullable(),
    /** No key stands there: each connection has a certificate of its own. */
    byCertificate: z.boolean(),
    hostKeys: z.array(z.strictObject({ type: z.string(), fingerprint: z.string() })),
    program: z.enum(["piped", "installed"]),
  }),
]);

export const hostReplySchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    protocolId: z.string(),
    labels: z.record(z.string(), z.string()),
    mode: z.enum(["managed", "inspect-only"]),
    way: waySchema,
    isEnrolled: z.boolean(),
    system: z
      .strictObject({
        distribution: z.string(),
        release: z.string(),
        codename: z.string(),
        arch: z.string(),
        kernel: z.string(),
      })
      .nullable(),
    packageSet: z.string().nullable(),
    offerSet: z.string().nullable(),
    createdAt: time,
  })
  .meta({ id: "Host" });

export type HostReply = z.output<typeof hostReplySchema>;

export function hostReply(host: Host): HostReply {
  const { facts, way } = host;
  return {
    id: host.id,
    name: host.name,
    protocolId: host.protocolId,
    labels: { ...host.labels },
    mode: host.mode,
    way:
      way.kind === "ssh"
        ? {
            ...way,
            byCertificate: way.byCertificate === true,
            hostKeys: way.hostKeys.flatMap(shownKey),
          }
        : { kind: way.kind },
    isEnrolled: host.signingKey !== null,
    system:
      facts === null
        ? null
        : {
            distribution: facts.distribution,
            release: facts.release,
            codename: facts.codename,
            arch: facts.arch,
            kernel: facts.kernelRunning,
          },
    packageSet: host.packageSet,
    offerSet: host.offerSet,
    createdAt: instantToText(host.createdAt),
  };
}

function shownKey(line: string): readonly { type: string; fingerprint: string }[] {
  const key = parseHostKey(line);
  return key === null ? [] : [{ type: key.type, fingerprint: key.fingerprint }];
}

/** The host program that is installed there; the version as it says itself. */
export const programReplySchema = z.strictObject({
  version: z.string().nullable(),
  digest: z.string(),
});

export const factsReplySchema = z
  .strictObject({
    kernelRunning: z.string(),
    kernelInstalled: z.string().nullable(),
    bootId: z.string(),
    /** Name of its time zone; null where the host did not say. */
    zone: z.string().nullable(),
    program: programReplySchema.nullable(),
    uptimeSeconds: z.number(),
    reboot: z.strictObject({ isNeeded: z.boolean(), reason: z.string() }),
    services: z.array(
      z.strictObject({
        unit: z.string(),
        state: z.enum(["active", "inactive", "failed"]),
        pid: z.number(),
      }),
    ),
    restarts: z.array(z.strictObject({ unit: z.string(), pid: z.number(), file: z.string() })),
    sources: z.array(
      z.strictObject({
        uri: z.string(),
        suite: z.string(),
        components: z.string(),
        isSigned: z.boolean(),
        isIndexSigned: z.boolean().nullable().describe("rpm: `repo_gpgcheck`; null: not told"),
      }),
    ),
    lists: z.strictObject({
      state: z.enum(["ok", "stale", "none"]),
      newestAt: time.nullable(),
    }),
    held: z.array(z.string()),
    notes: z.array(z.string()),
  })
  .meta({ id: "HostFacts" });

export function factsReply(host: Host): z.output<typeof factsReplySchema> | null {
  const { facts } = host;
  if (facts === null) return null;
  const { newestAt, state } = facts.lists;
  return {
    kernelRunning: facts.kernelRunning,
    kernelInstalled: facts.kernelInstalled,
    bootId: facts.bootId,
    zone: facts.zone,
    program: facts.program === null ? null : { ...facts.program },
    uptimeSeconds: facts.uptimeSeconds,
    reboot: { ...facts.reboot },
    services: facts.services.map((service) => ({ ...service })),
    restarts: facts.restarts.map((restart) => ({ ...restart })),
    sources: facts.sources.map((source) => ({ ...source })),
    lists: { state, newestAt: newestAt === null ? null : instantToText(newestAt) },
    held: [...facts.held],
    notes: [...facts.notes],
  };
}
