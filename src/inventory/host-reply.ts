import { z } from "zod";
import { DAY_MS, type Instant, instantToText } from "../base/instant.ts";
import { parseHostKey } from "../reach/host-key.ts";
import { UNSEEN_PROCESSES } from "./inspection.ts";
import type { Host } from "./model.ts";

/** Hosts as the API shows them. Never the labels' meaning, never a verdict: four states side by side. */
const time = z.iso.datetime();

/** An inventory older than this is stale: it may no longer be what the host has. */
export const FRESH_MS = DAY_MS;

const waySchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("local") }),
  z.strictObject({
    kind: z.literal("ssh"),
    user: z.string(),
    address: z.string(),
    port: z.number().int(),
    identityFile: z.string().nullable(),
    hostKeys: z.array(z.strictObject({ type: z.string(), fingerprint: z.string() })),
    program: z.enum(["piped", "installed"]),
  }),
]);

const statesSchema = z.strictObject({
  contact: z.strictObject({
    state: z.enum(["reachable", "unreachable", "unknown"]),
    triedAt: time.nullable(),
    problem: z.string().nullable(),
  }),
  inventory: z.strictObject({
    state: z.enum(["fresh", "stale", "never"]),
    inspectedAt: time.nullable(),
  }),
  reboot: z.strictObject({
    state: z.enum(["needed", "not-needed", "unknown"]),
    reason: z.string(),
    /** Processes that still run code which a package has replaced. */
    staleProcesses: z.number().int().nullable(),
  }),
  /** Whether there is enough to judge its risk at all; unknown is never good. */
  riskInputs: z.strictObject({
    packages: z.enum(["known", "unknown"]),
    offers: z.enum(["known", "stale", "unknown"]),
  }),
});

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
    states: statesSchema,
    packageSet: z.string().nullable(),
    offerSet: z.string().nullable(),
    createdAt: time,
  })
  .meta({ id: "Host" });

export type HostReply = z.output<typeof hostReplySchema>;

export function hostReply(host: Host, now: Instant): HostReply {
  const { facts, way } = host;
  return {
    id: host.id,
    name: host.name,
    protocolId: host.protocolId,
    labels: { ...host.labels },
    mode: host.mode,
    way: way.kind === "local" ? way : { ...way, hostKeys: way.hostKeys.flatMap(shownKey) },
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
    states: statesOf(host, now),
    packageSet: host.packageSet,
    offerSet: host.offerSet,
    createdAt: instantToText(host.createdAt),
  };
}

function shownKey(line: string): readonly { type: string; fingerprint: string }[] {
  const key = parseHostKey(line);
  return key === null ? [] : [{ type: key.type, fingerprint: key.fingerprint }];
}

/** The four things to know about a host; none of them stands for another. */
export function statesOf(host: Host, now: Instant): HostReply["states"] {
  const { contact, facts } = host;
  const { inspectedAt } = contact;
  const age = inspectedAt === null ? null : now - inspectedAt;
  return {
    contact: {
      state: contact.state,
      triedAt: contact.triedAt === null ? null : instantToText(contact.triedAt),
      problem: contact.problem,
    },
    inventory: {
      state: age === null ? "never" : age > FRESH_MS ? "stale" : "fresh",
      inspectedAt: inspectedAt === null ? null : instantToText(inspectedAt),
    },
    reboot: {
      state: facts === null ? "unknown" : facts.reboot.isNeeded ? "needed" : "not-needed",
      reason: facts?.reboot.reason ?? "never inspected",
      staleProcesses:
        facts === null || facts.notes.includes(UNSEEN_PROCESSES) ? null : facts.restarts.length,
    },
    riskInputs: {
      packages: host.packageSet === null ? "unknown" : "known",
      offers: offersState(host),
    },
  };
}

function offersState(host: Host): "known" | "stale" | "unknown" {
  if (host.offerSet === null || host.facts === null) return "unknown";
  return host.facts.lists.state === "stale" ? "stale" : "known";
}

export const factsReplySchema = z
  .strictObject({
    kernelRunning: z.string(),
    kernelInstalled: z.string().nullable(),
    bootId: z.string(),
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
