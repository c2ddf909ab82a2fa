import { Failure } from "../../base/failure.ts";
import type { Package } from "../model.ts";
import {
  type BuiltCopy,
  type InventoryProblem,
  type InventoryReading,
  packageOf,
} from "./inventory-format.ts";
import { builtUsing, type Stanza, sourceOf, stanzas } from "./stanzas.ts";

/**
 * dpkg's status file (dpkg(1), /var/lib/dpkg/status). The third status word tells what is on the disk:
 * `config-files` is what a removed package left. Files of an unpacked or half-configured version are
 * there all the same, as on a host that is inspected; of a half-installed one nobody knows.
 */
export function readDpkgStatus(text: string, ecosystem: string): InventoryReading {
  const packages: Package[] = [];
  const problems: InventoryProblem[] = [];
  const built: BuiltCopy[] = [];
  let stanzaCount = 0;
  for (const stanza of stanzas(text, FIELDS)) {
    stanzaCount++;
    const p = packageIn(stanza, ecosystem);
    if (typeof p === "string") problems.push({ place: placeOf(stanza, stanzaCount), reason: p });
    else if (p !== null) {
      packages.push(p);
      for (const [source, version] of builtUsing(stanza)) built.push({ into: p, source, version });
    }
  }
  if (packages.length === 0) throw noStatus(stanzaCount);
  return { form: "dpkg status", packages, problems, built };
}

const FIELDS: ReadonlySet<string> = new Set([
  "package",
  "status",
  "version",
  "architecture",
  "source",
  "built-using",
  "static-built-using",
]);

const onDisk: ReadonlySet<string> = new Set([
  "installed",
  "triggers-pending",
  "triggers-awaited",
  "half-configured",
  "unpacked",
]);

const gone: ReadonlySet<string> = new Set(["not-installed", "config-files"]);

const NAME = /^[a-z0-9][a-z0-9+.-]*$/;

function packageIn(stanza: Stanza, ecosystem: string): Package | string | null {
  const name = stanza.get("package") ?? "";
  const status = stanza.get("status")?.split(/\s+/);
  if (!NAME.test(name)) return "has no readable package name";
  if (status?.length !== 3) return "has no status";
  const state = status[2] ?? "";
  if (state === "half-installed") return "was installed in part only, so it is not judged";
  if (gone.has(state)) return null;
  if (!onDisk.has(state)) return "has a status that dpkg does not write";
  const version = stanza.get("version") ?? "";
  if (version === "") return "is installed but has no version";
  const own = sourceOf(stanza);
  return packageOf({
    ecosystem,
    name,
    version,
    arch: stanza.get("architecture") ?? "",
    source: own.source,
    sourceVersion: own.version,
  });
}

function placeOf(stanza: Stanza, number: number): string {
  return stanza.get("package") ?? `stanza ${number}`;
}

function noStatus(stanzaCount: number): Failure {
  return new Failure(
    "invalid",
    stanzaCount === 0
      ? "The file is no dpkg status file: it holds not one stanza. It usually is /var/lib/dpkg/status."
      : "The file is no dpkg status file with installed packages: no stanza has Package, Status and Version. It usually is /var/lib/dpkg/status.",
  );
}
