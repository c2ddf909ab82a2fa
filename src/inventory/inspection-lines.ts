import { isDigest } from "../base/digest.ts";
import type { BuiltInto, HostFacts, Offer, Package } from "./model.ts";
import {
  acceptRuntimeLine,
  emptyRuntime,
  type RuntimeDraft,
  runtimeKeys,
} from "./runtime-lines.ts";

/**
 * The grammar of each line of an inspection: a rule takes the draft and the rest of the line, and
 * returns false for anything it does not understand. Names and versions follow protocol §1.2, whose
 * lengths also keep a hostile name from growing rows and indexes.
 */
export interface InspectionDraft {
  protocolId: string | null;
  os: { distribution: string; release: string; codename: string } | null;
  arch: string | null;
  kernel: string | null;
  kernelInstalled: string | null;
  boot: string | null;
  uptime: number | null;
  clock: number | null;
  machine: string | null;
  zone: string | null;
  program: HostFacts["program"];
  reboot: HostFacts["reboot"] | null;
  lists: HostFacts["lists"];
  readonly services: HostFacts["services"][number][];
  readonly restarts: HostFacts["restarts"][number][];
  readonly sources: HostFacts["sources"][number][];
  readonly packages: Map<string, Omit<Package, "ecosystem">>;
  readonly built: Map<string, BuiltInto>;
  readonly offers: Map<string, Offer>;
  readonly held: Set<string>;
  readonly manual: Set<string>;
  readonly broken: string[];
  readonly notes: string[];
  readonly runtime: RuntimeDraft;
  readonly ways: string[];
  readonly waysSignature: string[];
}

type LineRule = (draft: InspectionDraft, rest: string) => boolean;

const NAME = /^[A-Za-z0-9][A-Za-z0-9@:._+-]{0,127}$/;
const VERSION = /^[A-Za-z0-9][A-Za-z0-9.+:~^_-]{0,127}$/;
/** systemd escapes with backslashes (systemd.unit(5), STRING ESCAPING). */
const UNIT = /^[A-Za-z0-9][A-Za-z0-9@:._+\\-]{0,255}$/;
const ARCH = /^[a-z0-9][a-z0-9_-]{0,31}$/;
/** `name:stream` of an rpm; other packages have none. */
const MODULE = /^([A-Za-z0-9][A-Za-z0-9._+-]{0,63}:[A-Za-z0-9][A-Za-z0-9._+-]{0,63})?$/;
const WORD = /^[\x21-\x7e]{1,128}$/;
const TEXT = /^[\x20-\x7e]{0,300}$/;
const NUMBER = /^(0|[1-9][0-9]{0,14})$/;

/** Far above any real machine; whatever is beyond is counted as unreadable, not stored. */
const COUNT_MAX = {
  packages: 50_000,
  built: 100_000,
  offers: 100_000,
  services: 5_000,
  restarts: 2_000,
  sources: 500,
  notes: 90,
  ways: 80,
  waysSignature: 64,
} as const;

export function emptyDraft(): InspectionDraft {
  return {
    protocolId: null,
    os: null,
    arch: null,
    kernel: null,
    kernelInstalled: null,
    boot: null,
    uptime: null,
    clock: null,
    machine: null,
    zone: null,
    program: null,
    reboot: null,
    lists: { state: "none", newestAt: null },
    services: [],
    restarts: [],
    sources: [],
    packages: new Map(),
    built: new Map(),
    offers: new Map(),
    held: new Set(),
    manual: new Set(),
    broken: [],
    notes: [],
    runtime: emptyRuntime(),
    ways: [],
    waysSignature: [],
  };
}

export const lineRules: Readonly<Record<string, LineRule>> = {
  host: (draft, rest) => {
    if (draft.protocolId !== null) return false;
    if (rest === "-") return true;
    if (!/^[a-z0-9][a-z0-9.-]{0,62}$/.test(rest)) return false;
    draft.protocolId = rest;
    return true;
  },
  os: (draft, rest) => {
    const match = /^([a-z0-9][a-z0-9._-]{0,31}) (\S{1,32}) (\S{1,32})$/.exec(rest);
    if (draft.os !== null || match?.[1] === undefined) return false;
    draft.os = {
      distribution: match[1],
      release: dash(match[2] ?? "-") ?? "",
      codename: dash(match[3] ?? "-") ?? "",
    };
    return true;
  },
  arch: once("arch", (rest) => (ARCH.test(rest) ? rest : null)),
  kernel: once("kernel", (rest) => (WORD.test(rest) ? rest : null)),
  "kernel-installed": optional("kernelInstalled", VERSION),
  boot: once("boot", (rest) => (/^[0-9a-f]{32}$/.test(rest) ? rest : null)),
  uptime: once("uptime", numberFrom),
  clock: once("clock", numberFrom),
  machine: optional("machine", /^[0-9a-f]{32}$/),
  // A name of the time-zone database (theory file of tzdata, "Names of timezones").
  zone: optional("zone", /^[A-Za-z][A-Za-z0-9_+/-]{0,62}$/),
  program: (draft, rest) => {
    if (rest === "-") return true;
    const match = /^(-|[0-9][0-9.]{0,31}) (\S+)$/.exec(rest);
    const digest = match?.[2] ?? "";
    if (draft.program !== null || !isDigest(digest)) return false;
    draft.program = { version: dash(match?.[1] ?? "-"), digest };
    return true;
  },
  hostname: (_draft, rest) => TEXT.test(rest),
  virt: (_draft, rest) => TEXT.test(rest),
  reboot: (draft, rest) => {
    const match = /^(yes|no)(?: ([\x20-\x7e]{0,300}))?$/.exec(rest);
    if (draft.reboot !== null || match === null) return false;
    draft.reboot = { isNeeded: match[1] === "yes", reason: match[2] ?? "" };
    return true;
  },
  service: serviceLine,
  restart: restartLine,
  pkg: packageRule,
  built: builtRule,
  offer: offerRule,
  lists: listsLine,
  source: sourceLine,
  held: (draft, rest) => {
    if (!NAME.test(rest) || draft.held.size >= COUNT_MAX.packages) return false;
    draft.held.add(rest);
    return true;
  },
  note: (draft, rest) => {
    if (!TEXT.test(rest) || draft.notes.length >= COUNT_MAX.notes) return false;
    draft.notes.push(rest);
    return true;
  },
  ways: ({ ways }, rest) => textLine(ways, rest, COUNT_MAX.ways),
  "ways-sig": ({ waysSignature }, rest) => textLine(waysSignature, rest, COUNT_MAX.waysSignature),
  ...Object.fromEntries(runtimeKeys.map((key) => [key, runtimeRule(key)])),
};

/** Lines of texts that are signed as a whole: nothing of them is changed. */
export const signedLines: readonly string[] = ["ways", "ways-sig"];

function textLine(lines: string[], rest: string, most: number): boolean {
  if (!TEXT.test(rest) || rest === "" || lines.length >= most) return false;
  lines.push(rest);
  return true;
}

function runtimeRule(key: string): LineRule {
  return ({ runtime }, rest) => acceptRuntimeLine(runtime, key, rest);
}

function serviceLine(draft: InspectionDraft, rest: string): boolean {
  const match = /^(\S+) (active|inactive|failed) (\S+)$/.exec(rest);
  const pid = numberFrom(match?.[3] ?? "");
  const unit = match?.[1] ?? "";
  if (!UNIT.test(unit) || pid === null || draft.services.length >= COUNT_MAX.services) return false;
  draft.services.push({ unit, state: match?.[2] as "active" | "inactive" | "failed", pid });
  return true;
}

function restartLine(draft: InspectionDraft, rest: string): boolean {
  const [unit = "", pidText = "", file = "", ...more] = rest.split("\t");
  const pid = numberFrom(pidText);
  const isGood = /^[\x20-\x7e]{1,128}$/.test(unit) && pid !== null && TEXT.test(file);
  if (!isGood || more.length > 0 || draft.restarts.length >= COUNT_MAX.restarts) return false;
  draft.restarts.push({ unit, pid, file });
  return true;
}

function packageRule(draft: InspectionDraft, rest: string): boolean {
  const fields = rest.split("\t");
  const [name = "", arch = "", version = "", source = "", sourceVersion = ""] = fields;
  const [status = "", mark = "", module = ""] = fields.slice(5);
  const isGood =
    (fields.length === 7 || fields.length === 8) &&
    [name, source].every((text) => NAME.test(text)) &&
    [version, sourceVersion].every((text) => VERSION.test(text)) &&
    ARCH.test(arch) &&
    /^[a-z-]{1,32}$/.test(status) &&
    (mark === "auto" || mark === "manual") &&
    MODULE.test(module);
  const key = `${name}\t${arch}\t${version}`;
  if (!isGood || draft.packages.has(key) || draft.packages.size >= COUNT_MAX.packages) return false;
  draft.packages.set(key, { name, version, arch, source, sourceVersion, origin: "", module });
  if (mark === "manual") draft.manual.add(name);
  if (status === "hold") draft.held.add(name);
  // Files of a half-configured version are on the disk all the same, so it counts as installed.
  else if (status !== "installed") draft.broken.push(`${name} (${status})`);
  return true;
}

function builtRule({ built }: InspectionDraft, rest: string): boolean {
  const [name = "", arch = "", version = "", source = "", sourceVersion = "", ...more] =
    rest.split("\t");
  const isGood =
    more.length === 0 &&
    [name, source].every((text) => NAME.test(text)) &&
    [version, sourceVersion].every((text) => VERSION.test(text)) &&
    ARCH.test(arch);
  if (!isGood || built.size >= COUNT_MAX.built) return false;
  built.set(rest, { name, arch, version, source, sourceVersion });
  return true;
}

function offerRule(draft: InspectionDraft, rest: string): boolean {
  const fields = rest.split("\t");
  const [name = "", arch = "", version = "", digest = "", size = ""] = fields;
  const [origin = "", suite = "", component = "", source = "", sourceVersion = ""] =
    fields.slice(5);
  const sizeBytes = numberFrom(size);
  const isGood =
    fields.length === 10 &&
    [name, source].every((text) => NAME.test(text)) &&
    [version, sourceVersion].every((text) => VERSION.test(text)) &&
    [origin, suite, component].every((text) => /^[\x20-\x7e]{0,128}$/.test(text)) &&
    ARCH.test(arch) &&
    isDigest(digest);
  if (!isGood || sizeBytes === null || draft.offers.size >= COUNT_MAX.offers) return false;
  draft.offers.set(rest, {
    name,
    arch,
    version,
    sha256: digest,
    sizeBytes,
    origin,
    suite,
    component,
    source,
    sourceVersion,
  });
  return true;
}

function listsLine(draft: InspectionDraft, rest: string): boolean {
  const match = /^(ok|stale|none)(?: (\S+))?(?: ([\x20-\x7e]{0,300}))?$/.exec(rest);
  if (match === null) return false;
  const seconds = numberFrom(match[2] ?? "");
  const state = match[1] as HostFacts["lists"]["state"];
  const isDated = seconds !== null && seconds > 0;
  if (state !== "none" && !isDated) return false;
  draft.lists = { state, newestAt: isDated ? seconds * 1000 : null };
  const reason = dash(match[3] ?? "-") ?? "";
  if (state !== "ok" && reason !== "" && draft.notes.length < COUNT_MAX.notes) {
    draft.notes.push(`package lists: ${reason}`);
  }
  return true;
}

function sourceLine(draft: InspectionDraft, rest: string): boolean {
  const match =
    /^(\S{1,300}) (\S{1,128}) ([\x20-\x7e]{1,200}) (unsigned|signed(?: index-(signed|unsigned))?)$/.exec(
      rest,
    );
  const isFull = draft.sources.length >= COUNT_MAX.sources;
  if (match?.[1] === undefined || isFull) return false;
  draft.sources.push({
    uri: match[1],
    suite: match[2] ?? "",
    components: match[3] ?? "",
    isSigned: match[4] !== "unsigned",
    isIndexSigned: match[5] === undefined ? null : match[5] === "signed",
  });
  return true;
}

function once<Key extends "arch" | "kernel" | "boot" | "uptime" | "clock">(
  key: Key,
  read: (rest: string) => InspectionDraft[Key],
): LineRule {
  return (draft, rest) => {
    const value = read(rest);
    if (value === null || draft[key] !== null) return false;
    draft[key] = value;
    return true;
  };
}

function optional(key: "kernelInstalled" | "machine" | "zone", grammar: RegExp): LineRule {
  return (draft, rest) => {
    if (rest === "-") return true;
    if (!grammar.test(rest) || draft[key] !== null) return false;
    draft[key] = rest;
    return true;
  };
}

function numberFrom(text: string): number | null {
  return NUMBER.test(text) ? Number(text) : null;
}

function dash(text: string): string | null {
  return text === "-" ? null : text;
}
