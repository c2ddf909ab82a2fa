import { z } from "zod";
import { type Digest, sha256 } from "../base/digest.ts";

/**
 * What of the packages of a host runs, as one inspection saw it. Absence is told only where all
 * processes could be read (`isWhole`): what nobody looked at is unknown, never "not running".
 *
 * The part that equal hosts share is a set under its digest. Numbers of processes, and the ports that
 * a kernel gives to clients, change with every look and stand outside of it.
 */
export const idleFlags = {
  a: "its service is active",
  c: "cron or a timer starts it",
  d: "it has a service",
  h: "the system calls it for others (udev, PAM, name service)",
  i: "it is code for an interpreter, which is not seen in memory",
  k: "it is the kernel or a part of it",
  l: "it has a library",
  m: "it has plug-ins that are loaded when they are needed",
  p: "it has programs that anybody can start at any time",
  s: "a socket or the bus starts it",
  u: "it has a program with set-user-ID, which anybody can start",
} as const;
export type IdleFlag = keyof typeof idleFlags;

export const runtimeSetSchema = z.strictObject({
  /** False: some processes could not be read, so that absence says nothing. */
  isWhole: z.boolean(),
  /** Packages in memory, by name: run as a program, or mapped as a library only. */
  used: z.array(
    z.strictObject({
      name: z.string(),
      /** A process runs one of its programs. */
      isRun: z.boolean(),
      /** A process still maps a file of it that was deleted or replaced. */
      isStale: z.boolean(),
      /** Names of processes, at most five. */
      processes: z.array(z.string()),
    }),
  ),
  /** Packages that no process has in memory, with what they have that could be started. */
  idle: z.array(z.strictObject({ name: z.string(), flags: z.string() })),
  listening: z.array(
    z.strictObject({
      protocol: z.enum(["tcp", "udp", "other"]),
      /** 0 for any of the ports that the kernel gives to clients, and for `other`. */
      port: z.number().int(),
      /** `other` protocols are those of networks that were not looked at. */
      reach: z.enum(["loopback", "address", "any"]),
      package: z.string().nullable(),
      process: z.string().nullable(),
    }),
  ),
  modules: z.array(z.string()),
  disabled: z.array(
    z.strictObject({
      name: z.string(),
      /** `install`: it cannot be loaded at all; `blacklist`: only not for a device. */
      how: z.enum(["install", "blacklist"]),
      /** Its file below the kernel's modules, such as `kernel/net/sctp/sctp.ko`. */
      path: z.string().nullable(),
    }),
  ),
});
export type RuntimeSet = z.output<typeof runtimeSetSchema>;

export const runtimeCountsSchema = z.strictObject({
  processes: z.number().int(),
  /** Of containers and the like: counted, and not attributed to packages of this host. */
  elsewhere: z.number().int(),
  unread: z.number().int(),
  /** By package: processes that run it, that map it, that map a deleted file of it. */
  packages: z.record(z.string(), z.tuple([z.number(), z.number(), z.number()])),
});
export type RuntimeCounts = z.output<typeof runtimeCountsSchema>;

export interface SeenRuntime {
  readonly set: RuntimeSet;
  readonly counts: RuntimeCounts;
}

/** The set in one order, whatever order the host told it in. */
export function canonicalRuntime(set: RuntimeSet): RuntimeSet {
  return {
    isWhole: set.isWhole,
    used: sorted(set.used, (one) => one.name),
    idle: sorted(set.idle, (one) => one.name),
    listening: onceSorted(set.listening.map(steadyPort), listenKey),
    modules: [...new Set(set.modules)].sort(),
    disabled: sorted(set.disabled, (one) => one.name),
  };
}

export function runtimeDigest(set: RuntimeSet): Digest {
  const { isWhole, used, idle, listening, modules, disabled } = set;
  const lines = [
    "fettle runtime-set 1",
    `whole ${isWhole}`,
    ...used.map((u) => `used ${[u.name, u.isRun, u.isStale, u.processes.join(",")].join("\t")}`),
    ...idle.map((one) => `idle ${one.name}\t${one.flags}`),
    ...listening.map((one) => `listen ${listenKey(one)}`),
    ...modules.map((name) => `module ${name}`),
    ...disabled.map((one) => `disabled ${[one.name, one.how, one.path ?? "-"].join("\t")}`),
    "end",
  ];
  return sha256(`${lines.join("\n")}\n`);
}

/** Linux gives these to sockets that ask for no port of their own (ip-sysctl, ip_local_port_range). */
const CLIENT_PORT_MIN = 32_768;

function steadyPort(one: RuntimeSet["listening"][number]): RuntimeSet["listening"][number] {
  const isClient = one.protocol === "udp" && one.port >= CLIENT_PORT_MIN;
  return isClient ? { ...one, port: 0 } : one;
}

function listenKey(one: RuntimeSet["listening"][number]): string {
  const { protocol, port, reach } = one;
  return [protocol, port, reach, one.package ?? "-", one.process ?? "-"].join("\t");
}

function sorted<Row>(rows: readonly Row[], key: (row: Row) => string): Row[] {
  return rows.toSorted((a, b) => (key(a) < key(b) ? -1 : Number(key(a) > key(b))));
}

function onceSorted<Row>(rows: readonly Row[], key: (row: Row) => string): Row[] {
  return sorted([...new Map(rows.map((row) => [key(row), row])).values()], key);
}
