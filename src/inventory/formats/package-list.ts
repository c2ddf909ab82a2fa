import { ZodError } from "zod";
import { refuseDoubledKey } from "../../base/doubled-key.ts";
import { Failure } from "../../base/failure.ts";
import { parseToml, TomlError, type TomlTable } from "../../base/toml-text.ts";
import { readApkInstalled } from "./apk-installed.ts";
import { readCargoLock } from "./cargo-lock.ts";
import { readCycloneDxJson, readCycloneDxXml } from "./cyclonedx.ts";
import { readDpkgStatus } from "./dpkg-status.ts";
import { readGoMod, readGoSum } from "./go-modules.ts";
import type { InventoryReading } from "./inventory-format.ts";
import { readComposerLock, readNugetLock, readPipenvLock } from "./json-locks.ts";
import { parseLockYaml } from "./lock-yaml.ts";
import { readMavenPom } from "./maven-pom.ts";
import { readNpmLock } from "./npm-lock.ts";
import { readMavenList, readPacmanList, readPurlList } from "./plain-lists.ts";
import { readPnpmLock } from "./pnpm-lock.ts";
import { readPylock, readPythonLock, readRequirements } from "./python-lock.ts";
import { readRpmList } from "./rpm-list.ts";
import { readSpdx2, readSpdxTagValue } from "./spdx.ts";
import { readSpdx3 } from "./spdx-graph.ts";
import { readSpdxRdf } from "./spdx-rdf.ts";
import { readGemfileLock, readMixLock, readPubLock } from "./text-locks.ts";
import { readYarnLock } from "./yarn-lock.ts";

/**
 * A bill of materials, a lock file or a plain list, told by content. `release` is what packages of a
 * distribution are judged by where the list does not say it itself.
 */
export function readPackageList(text: string, release: string | null): InventoryReading {
  const reading = readAnyList(text, release);
  if (reading.packages.length === 0) throw emptyList(reading);
  return reading;
}

/** The same where a bill of materials of which nothing can be judged is an answer too. */
export function readAnyList(text: string, release: string | null): InventoryReading {
  const plain = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  const reading = /^\s*(?:\{|\[\s*[{"\]])/.test(plain)
    ? fromJson(plain, release)
    : fromText(plain, release);
  if (reading === null) throw unknownList();
  // Lines of anything look like a list; only what names its own form may name nothing we know.
  if (reading.sbom === undefined && reading.packages.length === 0) throw emptyList(reading);
  return reading;
}

function fromJson(text: string, release: string | null): InventoryReading | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Failure(
      "invalid",
      "The list of packages looks like JSON but is not, or was cut short. Make it anew.",
      { cause },
    );
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const isBill = "bomFormat" in value || "spdxVersion" in value || "@graph" in value;
  if (isBill) refuseDoubledKey(text, "The bill of materials");
  return checked(() => {
    if ("bomFormat" in value) return readCycloneDxJson(value, release);
    if ("spdxVersion" in value) return readSpdx2(value, release);
    if ("@graph" in value) return readSpdx3(value, release);
    return fromJsonLock(value);
  });
}

function fromJsonLock(value: object): InventoryReading | null {
  if ("lockfileVersion" in value) return readNpmLock(value);
  if ("_meta" in value && "default" in value) return readPipenvLock(value);
  if ("packages" in value && ("content-hash" in value || "packages-dev" in value)) {
    return readComposerLock(value);
  }
  return "dependencies" in value && "version" in value ? readNugetLock(value) : null;
}

/** A form that is recognised but does not hold what it must is refused with the place. */
function checked(read: () => InventoryReading | null): InventoryReading | null {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof ZodError)) throw cause;
    const [issue] = cause.issues;
    const where = `${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`;
    throw new Failure("invalid", `The list of packages is not well formed: ${where}.`, { cause });
  }
}

function fromText(text: string, release: string | null): InventoryReading | null {
  if (/^\s*</.test(text)) return fromXml(text, release);
  if (/^SPDXVersion:/m.test(text)) return readSpdxTagValue(text, release);
  if (/^spdxVersion: *"?SPDX-2/m.test(text)) return checked(() => fromYaml(text, release));
  const lock = textLockOf(text);
  if (lock !== null) return checked(() => lock(text));
  if (/^Package: /m.test(text) && /^Status: /m.test(text)) {
    return readDpkgStatus(text, needed(release));
  }
  if (/^C:Q1/m.test(text) && /^P:/m.test(text)) return readApkInstalled(text, needed(release));
  return fromLines(text, release);
}

function fromXml(text: string, release: string | null): InventoryReading | null {
  return readCycloneDxXml(text, release) ?? readMavenPom(text) ?? readSpdxRdf(text, release);
}

/** Lock files by a line that only they have. */
function textLockOf(text: string): ((text: string) => InventoryReading | null) | null {
  const found = textLocks.find(([mark]) => mark.test(text));
  return found?.[1] ?? null;
}

const textLocks: readonly (readonly [RegExp, (text: string) => InventoryReading | null])[] = [
  [/^\[\[packages?\]\]$/m, fromToml],
  [/^# yarn lockfile v1$|^__metadata:$/m, readYarnLock],
  [/^lockfileVersion: ['"]?\d/m, readPnpmLock],
  [/^(?:GEM|GIT|PATH)\r?\n {2}remote: /m, readGemfileLock],
  [/^# This is a Gradle generated file for dependency locking/m, readMavenList],
  [/^sdks:\r?\n {2}(?:dart|flutter): /m, readPubLock],
  [/^%\{\s*\n?\s*"[^"]+": \{:(?:hex|git|path)\b/, readMixLock],
];

const LINE_LENGTH_MAX = 64 * 1024;

function fromLines(text: string, release: string | null): InventoryReading | null {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "" && !/^\s*#/.test(line));
  // No list of packages has such lines, and what looks for patterns in them would take too long.
  if (lines.some((line) => line.length > LINE_LENGTH_MAX)) return null;
  const [first = ""] = lines;
  const most = (pattern: RegExp): boolean =>
    lines.length > 0 && lines.filter((line) => pattern.test(line)).length * 2 > lines.length;
  if (most(/^\s*pkg:/)) return readPurlList(text, release);
  if (/^module \S+/m.test(text) && /^(go \d|require\b)/m.test(text)) return readGoMod(text);
  if (most(/^\S+ v\S+ h1:/)) return readGoSum(text);
  if (most(/^[^\s|]+\|[^|]*\|[^|]+\|[^|]+\|/)) return readRpmList(text, needed(release));
  if (most(/^(\[INFO\]\s*)?[\w.-]+:[\w.-]+:[\w.:+~-]+/)) return readMavenList(text);
  if (most(/^[a-z0-9@._+][a-z0-9@._+-]* [A-Za-z0-9:._+~-]+-[0-9.]+$/)) return readPacmanList(text);
  if (release !== null && most(/^\S+-[^-\s]+-[^-\s]+\.(x86_64|noarch|i686|aarch64|\w+)$/)) {
    return readRpmList(text, release);
  }
  return first === "" ? null : readRequirements(text);
}

function fromYaml(text: string, release: string | null): InventoryReading | null {
  return readSpdx2(parseLockYaml(text, "SPDX document"), release);
}

function fromToml(text: string): InventoryReading | null {
  let table: TomlTable;
  try {
    table = parseToml(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    throw new Failure("invalid", `The lock file cannot be read: ${cause.message}.`, { cause });
  }
  if ("packages" in table) return readPylock(table);
  if (/^checksum = |^source = "registry\+/m.test(text)) return readCargoLock(table);
  const maker = /generated by (Poetry|PDM|uv)/i.exec(text)?.[1];
  return readPythonLock(table, `${maker ?? "Python"} lock file`);
}

function needed(release: string | null): string {
  if (release !== null) return release;
  throw new Failure("invalid", "Say which release the packages are of: --release bookworm.");
}

function unknownList(): Failure {
  return new Failure(
    "invalid",
    "The file is no list of packages we read: CycloneDX (JSON, XML), SPDX 2 (JSON, YAML, tag-value, RDF) and 3, package URLs, lock files of npm, Yarn, pnpm, pip, Pipenv, Poetry, uv, PDM, Go, Cargo, Composer, Bundler, NuGet, Pub and Mix, Maven's project file, Maven and Gradle coordinates, dpkg, rpm, apk, pacman. Files are told by content: look whether it is whole.",
  );
}

function emptyList({ form, problems }: InventoryReading): Failure {
  const [first] = problems;
  const why = first === undefined ? "it is empty" : `${first.place} ${first.reason}`;
  return new Failure("invalid", `The ${form} names no package that can be judged: ${why}.`);
}
