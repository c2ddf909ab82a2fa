import { canonicalRuntime, idleFlags, type RuntimeSet, type SeenRuntime } from "./runtime.ts";

/**
 * The grammar of the lines that tell what runs (host/54-runtime.sh). As for all lines of an
 * inspection: a rule returns false for anything it does not understand, and takes nothing of it. One
 * line that cannot be read, or one too many, means that something may be missing: the picture is then
 * not whole, and nothing is concluded from what is not in it.
 */
export interface RuntimeDraft {
  head: {
    readonly isWhole: boolean;
    readonly processes: number;
    readonly elsewhere: number;
    readonly unread: number;
  } | null;
  isBroken: boolean;
  readonly used: Map<string, RuntimeSet["used"][number]>;
  readonly counts: Map<string, [number, number, number]>;
  readonly idle: Map<string, string>;
  readonly listening: RuntimeSet["listening"];
  readonly modules: Set<string>;
  readonly disabled: Map<string, RuntimeSet["disabled"][number]>;
}

export function emptyRuntime(): RuntimeDraft {
  return {
    head: null,
    isBroken: false,
    used: new Map(),
    counts: new Map(),
    idle: new Map(),
    listening: [],
    modules: new Set(),
    disabled: new Map(),
  };
}

/** Far above any real machine. */
const COUNT_MAX = { packages: 50_000, listening: 2_000, modules: 2_000 } as const;

/** As packages are named in `pkg` lines; also the name of a list of dpkg, which has no `:arch` here. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9@:._+-]{0,127}$/;
const PROCESS = /^[A-Za-z0-9@._+-]{1,15}$/;
const MODULE = /^[A-Za-z0-9_]{1,64}$/;
const FLAGS = new RegExp(`^(-|[${Object.keys(idleFlags).join("")}]{1,11})$`);
const NUMBER = /^(0|[1-9][0-9]{0,8})$/;

type Rule = (draft: RuntimeDraft, rest: string) => boolean;

const rules: Readonly<Record<string, Rule>> = {
  runtime: headLine,
  used: usedLine,
  idle: idleLine,
  listen: listenLine,
  module: (draft, rest) => {
    if (!MODULE.test(rest) || draft.modules.size >= COUNT_MAX.modules) return false;
    draft.modules.add(rest);
    return true;
  },
  "module-off": disabledLine,
};

export const runtimeKeys: readonly string[] = Object.keys(rules);

export function acceptRuntimeLine(draft: RuntimeDraft, key: string, rest: string): boolean {
  const isGood = Object.hasOwn(rules, key) && rules[key]?.(draft, rest) === true;
  if (!isGood) draft.isBroken = true;
  return isGood;
}

/** Null where the host told nothing of its processes. */
export function seenRuntime(draft: RuntimeDraft): SeenRuntime | null {
  if (draft.head === null) return null;
  const { isWhole, ...counts } = draft.head;
  return {
    set: canonicalRuntime({
      isWhole: isWhole && !draft.isBroken,
      used: [...draft.used.values()],
      idle: [...draft.idle].map(([name, flags]) => ({ name, flags })),
      listening: draft.listening,
      modules: [...draft.modules],
      disabled: [...draft.disabled.values()],
    }),
    counts: { ...counts, packages: Object.fromEntries(draft.counts) },
  };
}

function headLine(draft: RuntimeDraft, rest: string): boolean {
  const match = /^(all|part) (\d{1,9}) (\d{1,9}) (\d{1,9})$/.exec(rest);
  if (match === null || draft.head !== null) return false;
  const [processes = 0, elsewhere = 0, unread = 0] = match.slice(2).map(Number);
  draft.head = { isWhole: match[1] === "all" && unread === 0, processes, elsewhere, unread };
  return true;
}

function usedLine(draft: RuntimeDraft, rest: string): boolean {
  const [name = "", run = "", mapped = "", stale = "", who = "", ...more] = rest.split("\t");
  const processes = who === "" ? [] : who.split(",");
  const isGood =
    more.length === 0 &&
    NAME.test(name) &&
    [run, mapped, stale].every((text) => NUMBER.test(text)) &&
    processes.length <= 5 &&
    processes.every((process) => PROCESS.test(process));
  if (!isGood || draft.used.has(name) || draft.used.size >= COUNT_MAX.packages) return false;
  const counts: [number, number, number] = [Number(run), Number(mapped), Number(stale)];
  draft.counts.set(name, counts);
  draft.used.set(name, { name, isRun: counts[0] > 0, isStale: counts[2] > 0, processes });
  return true;
}

function idleLine(draft: RuntimeDraft, rest: string): boolean {
  const [flags = "", ...names] = rest.split(" ");
  const isFull = draft.idle.size + names.length > COUNT_MAX.packages;
  const isGood = FLAGS.test(flags) && names.length > 0 && names.every((name) => NAME.test(name));
  if (!isGood || isFull || names.some((name) => draft.idle.has(name))) return false;
  // Equal hosts share a picture, so letters are in one order whatever order they are told in.
  const inOrder = flags === "-" ? "" : [...flags].sort().join("");
  for (const name of names) draft.idle.set(name, inOrder);
  return true;
}

function listenLine(draft: RuntimeDraft, rest: string): boolean {
  const [protocol = "", port = "", reach = "", name = "", who = "", ...more] = rest.split("\t");
  const isGood =
    more.length === 0 &&
    /^(tcp|udp|other)$/.test(protocol) &&
    NUMBER.test(port) &&
    Number(port) <= 65_535 &&
    /^(loopback|address|any)$/.test(reach) &&
    (name === "-" || NAME.test(name)) &&
    (who === "-" || PROCESS.test(who));
  if (!isGood || draft.listening.length >= COUNT_MAX.listening) return false;
  draft.listening.push({
    protocol: protocol as "tcp" | "udp" | "other",
    port: Number(port),
    reach: reach as "loopback" | "address" | "any",
    package: name === "-" ? null : name,
    process: who === "-" ? null : who,
  });
  return true;
}

function disabledLine(draft: RuntimeDraft, rest: string): boolean {
  const match =
    /^([A-Za-z0-9_]{1,64}) (install|blacklist) (-|[A-Za-z0-9][A-Za-z0-9._+/-]{0,199})$/.exec(rest);
  const [, name = "", how = "", path = "-"] = match ?? [];
  const isFull = draft.disabled.size >= COUNT_MAX.modules;
  if (match === null || isFull || draft.disabled.has(name)) return false;
  draft.disabled.set(name, {
    name,
    how: how as "install" | "blacklist",
    path: path === "-" ? null : path,
  });
  return true;
}
