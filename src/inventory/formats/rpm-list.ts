import { Failure } from "../../base/failure.ts";
import type { Package } from "../model.ts";
import { type InventoryProblem, type InventoryReading, packageOf } from "./inventory-format.ts";

/**
 * Installed rpm packages, one a line. Best is `NAME|EPOCH|VERSION|RELEASE|ARCH|MODULARITYLABEL` with
 * `|SOURCERPM` behind it (docs/offline.md names the query); the same parted by tabs or blanks, fewer of
 * these fields, `NAME|[EPOCH:]VERSION-RELEASE|ARCH`, plain `rpm -qa` lines
 * (`[epoch:]name-[epoch:]version-release[.arch]`) and what `dnf list` prints are read as well. An epoch of 0,
 * `(none)` and none at all are the same (rpm-version(7)).
 */
export function readRpmList(text: string, ecosystem: string): InventoryReading {
  const packages: Package[] = [];
  const problems: InventoryProblem[] = [];
  let number = 0;
  for (const raw of text.split("\n")) {
    number++;
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    if (/^gpg-pubkey[-|\s]/.test(line) || HEADING.test(line)) continue;
    const p = packageIn(line, ecosystem);
    if (p === null) {
      problems.push({ place: `line ${number}`, reason: "is not a package of an rpm list" });
    } else packages.push(p);
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

/** Headings of `dnf list installed`, and of a table with the names of its columns. */
const HEADING =
  /^(installed packages|last metadata expiration check: .*|name\b[|\s]+(epoch|version)\b.*)$/i;
const NONE = "(none)";

function packageIn(line: string, ecosystem: string): Package | null {
  const parting = line.includes("|") ? "|" : line.includes("\t") ? "\t" : /\s+/;
  const fields = line.split(parting).map((field) => field.trim());
  const parts = fields.length === 1 ? partsOfNevra(line) : partsOfFields(fields);
  return parts === null ? null : made({ ecosystem, ...parts });
}

interface Parts {
  readonly name: string;
  readonly epoch: string;
  readonly version: string;
  readonly release: string;
  readonly arch: string;
  readonly label: string;
  readonly sourceRpm: string;
}

/** What is left out is told by what the second and the third field can be. */
function partsOfFields(fields: readonly string[]): Parts | null {
  const [name = "", second = "", third = "", ...rest] = fields;
  const joined = /^(?:(\d+|\(none\)):)?([^-:]+)-([^-:]+)$/.exec(second);
  if (joined !== null) {
    const [, epoch = "", version = "", release = ""] = joined;
    // `dnf list` puts the architecture behind the name, and the repository third.
    const dotted = ARCHED.exec(name);
    if (dotted !== null) {
      const [, own = "", arch = ""] = dotted;
      return { name: own, epoch, version, release, arch, label: "", sourceRpm: "" };
    }
    return { name, epoch, version, release, arch: third, ...behind(rest) };
  }
  if (isEpoch(second) && fields.length >= 5) {
    const [release = "", arch = "", ...more] = rest;
    return { name, epoch: second, version: third, release, arch, ...behind(more) };
  }
  if (fields.length !== 4) return null;
  return { name, epoch: "", version: second, release: third, arch: rest[0] ?? "", ...behind([]) };
}

function isEpoch(text: string): boolean {
  return text === "" || text === NONE || /^\d{1,10}$/.test(text);
}

/** The label of a module and the source, in either order and either alone. */
function behind(fields: readonly string[]): Pick<Parts, "label" | "sourceRpm"> {
  const sourceRpm = fields.find((field) => field.endsWith("src.rpm")) ?? "";
  const label = fields.find((field) => /^[^:]+:[^:]+:/.test(field)) ?? "";
  return { label, sourceRpm };
}

const ARCHED =
  /^(.+)\.(noarch|x86_64(?:_v\d)?|i[3-6]86|aarch64|armv\d\w*|ppc64(?:le)?|s390x?|riscv64|loongarch64|src|\(none\))$/;

function partsOfNevra(line: string): Parts | null {
  const [, bare = line, arch = ""] = ARCHED.exec(line) ?? [];
  // yum writes the epoch before the name, everybody else before the version.
  const [, first = "", rest = bare] = /^(\d+):(.+)$/.exec(bare) ?? [];
  const match = /^(\S+)-(?:(\d+|\(none\)):)?([^-\s:]+)-([^-\s:]+)$/.exec(rest);
  // A name alone, as a list that is wrapped has it, would else be a name with a version of words.
  if (match === null || !/\d/.test(`${match[3]}${match[4]}`)) return null;
  const [, name = "", epoch = first, version = "", release = ""] = match;
  return { name, epoch, version, release, arch, label: "", sourceRpm: "" };
}

function made(of: Parts & { readonly ecosystem: string }): Package | null {
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
  return text === NONE ? "" : text;
}

/** `nodejs:16:8060020220523160029:ad008a3a` → `nodejs:16`: versions and contexts do not matter. */
export function streamOf(label: string): string {
  const [name = "", stream = ""] = label.split(":");
  return name === "" || stream === "" ? "" : `${name}:${stream}`;
}
