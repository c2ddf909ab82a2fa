import { Failure } from "../../base/failure.ts";
import type { Package } from "../model.ts";
import { type InventoryProblem, type InventoryReading, packageOf } from "./inventory-format.ts";

/**
 * Installed rpm packages, one a line: `NAME|EPOCH|VERSION|RELEASE|ARCH|MODULARITYLABEL`, and behind
 * it `|SOURCERPM` where the inventory has it (docs/offline.md names the query), or plain `rpm -qa`
 * lines (`name-version-release.arch`), which name neither epoch nor module. An epoch of 0, `(none)`
 * and none at all are the same (rpm-version(7)).
 */
export function readRpmList(text: string, ecosystem: string): InventoryReading {
  const packages: Package[] = [];
  const problems: InventoryProblem[] = [];
  let number = 0;
  for (const raw of text.split("\n")) {
    number++;
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const p = line.includes("|") ? fromFields(line, ecosystem) : fromNevra(line, ecosystem);
    if (p === null) {
      problems.push({ place: `line ${number}`, reason: "is not a package of an rpm list" });
    } else if (p.name !== "gpg-pubkey") packages.push(p);
  }
  if (packages.length === 0) {
    throw new Failure(
      "invalid",
      `The file is no list of rpm packages: not one of its ${number} lines can be read. Make it with rpm -qa --qf '%{NAME}|%{EPOCH}|%{VERSION}|%{RELEASE}|%{ARCH}|%{MODULARITYLABEL}\\n'.`,
    );
  }
  return { form: "rpm list", packages, problems };
}

const NAME = /^[A-Za-z0-9_][A-Za-z0-9._+-]*$/;
const VERSION = /^[A-Za-z0-9._+~^]+$/;

function fromFields(line: string, ecosystem: string): Package | null {
  const fields = line.split("|").map((field) => field.trim());
  if (fields.length < 5) return null;
  const [name = "", epoch = "", version = "", release = "", arch = "", label = ""] = fields;
  return made({
    ecosystem,
    name,
    epoch,
    version,
    release,
    arch,
    label,
    sourceRpm: fields[6] ?? "",
  });
}

function fromNevra(line: string, ecosystem: string): Package | null {
  const match = /^(\S+)-(?:(\d+):)?([^-\s:]+)-([^-\s]+)\.([A-Za-z0-9_]+)$/.exec(line);
  if (match === null) return null;
  const [, name = "", epoch = "", version = "", release = "", arch = ""] = match;
  return made({ ecosystem, name, epoch, version, release, arch, label: "", sourceRpm: "" });
}

function made(of: {
  readonly ecosystem: string;
  readonly name: string;
  readonly epoch: string;
  readonly version: string;
  readonly release: string;
  readonly arch: string;
  readonly label: string;
  readonly sourceRpm: string;
}): Package | null {
  const epoch = known(of.epoch);
  if (!NAME.test(of.name) || !VERSION.test(of.version) || !VERSION.test(of.release)) return null;
  if (!/^\d{0,10}$/.test(epoch)) return null;
  const source = /^(.+)-([^-]+)-([^-]+?)\.(?:no)?src\.rpm$/.exec(of.sourceRpm);
  const prefix = Number(epoch) === 0 ? "" : `${Number(epoch)}:`;
  return packageOf({
    ecosystem: of.ecosystem,
    name: of.name,
    version: `${prefix}${of.version}-${of.release}`,
    arch: known(of.arch),
    source: source?.[1] ?? "",
    sourceVersion: source === null ? "" : `${prefix}${source[2]}-${source[3]}`,
    module: streamOf(known(of.label)),
  });
}

/** rpm prints `(none)` for what a package does not have. */
function known(text: string): string {
  return text === "(none)" ? "" : text;
}

/** `nodejs:16:8060020220523160029:ad008a3a` → `nodejs:16`: versions and contexts do not matter. */
export function streamOf(label: string): string {
  const [name = "", stream = ""] = label.split(":");
  return name === "" || stream === "" ? "" : `${name}:${stream}`;
}
