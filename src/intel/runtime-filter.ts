import type { Instant } from "../base/instant.ts";
import { type IdleFlag, idleFlags, type RuntimeSet } from "../inventory/runtime.ts";
import type { Filter } from "./filter.ts";

/**
 * What the running system of a host says about a finding there: the code is not in memory, its kernel
 * module is switched off, or no socket of it can be reached from outside.
 *
 * One look is weak evidence, so every rule is one-sided. A feed names source packages and not the
 * binary that has the flaw, so a rule must hold for every binary of the source that is installed.
 * What anybody can start at any time (programs on the search path, set-user-ID, cron, sockets, the
 * bus, hooks), and what is never seen in memory (code for interpreters), is never said not to run. A
 * look that could not read every process, or that is too old, says nothing. And no verdict sets a
 * finding aside: it is shown beside it, and only a policy makes more of it.
 */
export const runtimeKinds = [
  "not-running",
  "not-loaded",
  "module-disabled",
  "port-unreachable",
] as const;
export type RuntimeKind = (typeof runtimeKinds)[number];

export type RuntimeVerdict =
  | { readonly kind: RuntimeKind; readonly reason: string }
  /** Nothing can be said against the finding, and why. */
  | { readonly kind: null; readonly reason: string };

/** One look at a host. */
export interface RuntimeLook {
  readonly set: RuntimeSet;
  readonly since: Instant;
  readonly asOf: Instant;
}

export interface RuntimeQuestion {
  /** CVSS vectors of the vulnerability, of whatever version and source. */
  readonly vectors: readonly string[];
  /** Files of the kernel that its record names as affected, and no other; empty where it does not. */
  readonly programFiles: readonly string[];
  /** Every binary package of its source that is installed on the host. */
  readonly packages: readonly string[];
  readonly isKernel: boolean;
}

/** Between two daily inspections; what is older may have been started long since. */
export const LOOK_FRESH_MS = 24 * 3_600_000;

/** A judge of one look: asked for each finding of a host, so that the look is laid out once. */
export function runtimeJudge(
  look: RuntimeLook,
  now: Instant,
): (question: RuntimeQuestion) => RuntimeVerdict {
  const { set } = look;
  if (!set.isWhole) return () => none("some processes of the host could not be read");
  if (now - look.asOf > LOOK_FRESH_MS) return () => none("the last look at the host is too old");
  const laid: Laid = {
    set,
    used: new Map(set.used.map((one) => [one.name, one])),
    idle: new Map(set.idle.map((one) => [one.name, one.flags])),
  };
  return (question) => {
    if (question.isKernel) return ofModule(laid, question.programFiles);
    const { packages } = question;
    const unseen = packages.filter((name) => !laid.used.has(name) && !laid.idle.has(name));
    if (packages.length === 0 || unseen.length > 0) {
      return none(`the look says nothing about ${unseen.join(", ") || "its packages"}`);
    }
    const running = packages.filter((name) => laid.used.has(name));
    return running.length === 0 ? ofIdle(laid, packages) : ofRunning(laid, question, running);
  };
}

interface Laid {
  readonly set: RuntimeSet;
  readonly used: ReadonlyMap<string, RuntimeSet["used"][number]>;
  readonly idle: ReadonlyMap<string, string>;
}

/** What keeps an idle package from being said not to run. */
const STARTED_ANY_TIME: readonly IdleFlag[] = ["a", "c", "h", "i", "k", "m", "p", "s", "u"];

function ofIdle({ idle }: Laid, packages: readonly string[]): RuntimeVerdict {
  const flagsOf = (name: string): string => idle.get(name) ?? "";
  for (const name of packages) {
    const flag = STARTED_ANY_TIME.find((one) => flagsOf(name).includes(one));
    if (flag !== undefined) return none(`no process has ${name} in memory, but ${idleFlags[flag]}`);
  }
  const services = packages.filter((name) => flagsOf(name).includes("d"));
  if (services.length > 0) {
    return {
      kind: "not-running",
      reason: `${list(services)}: the service is not active, and no process has a program or library of it in memory.`,
    };
  }
  const libraries = packages.filter((name) => flagsOf(name).includes("l"));
  if (libraries.length === 0) return none("it has nothing that could be in memory");
  return {
    kind: "not-loaded",
    reason: `${list(libraries)}: no process has the library in memory.`,
  };
}

/**
 * Only of what runs as a program of its own: a library in the memory of others is reached wherever
 * those are.
 */
function ofRunning(
  { set, used, idle }: Laid,
  { vectors, packages }: RuntimeQuestion,
  running: readonly string[],
): RuntimeVerdict {
  if (!isNetworkOnly(vectors)) {
    return none(`${list(running)} is in memory, and the flaw is not one of the network alone`);
  }
  const others = running.filter((name) => used.get(name)?.isRun !== true);
  if (others.length > 0) return none(`other programs have ${list(others)} in memory`);
  const started = packages.find((name) => /[pisu]/.test(idle.get(name) ?? ""));
  if (started !== undefined) return none(`${started} has programs that can be started at any time`);
  const isForeign = (one: Listening): boolean => one.package === null && one.reach !== "loopback";
  if (set.listening.some(isForeign)) return none("it is not known whose some open ports are");
  const own = set.listening.filter((one) => running.includes(one.package ?? ""));
  const open = own.find((one) => one.reach !== "loopback");
  if (open !== undefined) return none(`it listens on ${portText(open)}`);
  if (own.length === 0) return none("it runs and listens nowhere; what it fetches is not known");
  return {
    kind: "port-unreachable",
    reason: `${list(running)} listens on this host's own loopback only (${own.map(portText).join(", ")}).`,
  };
}

type Listening = RuntimeSet["listening"][number];

function portText({ protocol, port, reach }: Listening): string {
  if (protocol === "other") return "a network of its own";
  return `${protocol} ${port === 0 ? "client port" : port}${reach === "loopback" ? "" : ", open to other hosts"}`;
}

/** Every source that scores the vulnerability must say so; nothing is assumed of one without a score. */
function isNetworkOnly(vectors: readonly string[]): boolean {
  return vectors.length > 0 && vectors.every((vector) => /(^|[(/])AV:N(\/|$)/.test(vector));
}

/**
 * Of the kernel only what its record says file by file, and only where each file is the whole of a
 * module that an administrator keeps from being loaded (`install NAME /bin/false`) and that is not in
 * the kernel. `blacklist` alone still lets it be loaded by name.
 */
function ofModule({ set }: Laid, programFiles: readonly string[]): RuntimeVerdict {
  if (programFiles.length === 0) return none("its record names no file of the kernel");
  const loaded = new Set(set.modules);
  const off = new Map(
    set.disabled.flatMap(({ name, how, path }) =>
      how === "install" && path !== null && !loaded.has(name) ? [[moduleFile(path), name]] : [],
    ),
  );
  const names = programFiles.map((file) => off.get(file));
  const open = programFiles.find((_, at) => names[at] === undefined);
  if (open !== undefined) return none(`${open} is not known to be a module that is switched off`);
  return {
    kind: "module-disabled",
    reason: `${list([...new Set(names)].flatMap((name) => name ?? []))}: not loaded, and modprobe is told never to load it.`,
  };
}

/** `kernel/net/foo/bar.ko.xz` is built from `net/foo/bar.c`, where it is of one file. */
function moduleFile(path: string): string {
  return path.replace(/^kernel\//, "").replace(/\.ko(\.[a-z0-9]+)?$/, ".c");
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(", ");
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}

function none(reason: string): RuntimeVerdict {
  return { kind: null, reason };
}

/** A verdict as a filter of a finding; null where it says nothing. */
export function runtimeFilter(
  verdict: RuntimeVerdict,
  look: RuntimeLook & { readonly host: string },
): Filter | null {
  if (verdict.kind === null) return null;
  return {
    kind: verdict.kind,
    source: "inspection",
    author: look.host,
    says: verdict.kind,
    justification: verdict.reason,
    since: look.since,
    until: look.asOf + LOOK_FRESH_MS,
    isSetAside: false,
    trust: "Observed on the host, so it is shown and sets nothing aside.",
  };
}
