import { z } from "zod";
import type { TomlTable } from "../../base/toml-text.ts";
import type { Package } from "../model.ts";
import { normalName } from "../package-name.ts";
import {
  distinctPackages,
  type InventoryProblem,
  type InventoryReading,
  packageOf,
} from "./inventory-format.ts";

/**
 * What Python projects lock: pip's requirements files (only `==` and `===` name what is installed),
 * and the lock files of Poetry, uv and PDM, which share one table. Ranges, paths and addresses do not
 * say which version is installed, so they are told instead of guessed.
 */
export function readRequirements(text: string): InventoryReading | null {
  const packages: Package[] = [];
  const problems: InventoryProblem[] = [];
  const joined = text.replaceAll(/\\\r?\n/g, " ");
  for (const [at, raw] of joined.split(/\r?\n/).entries()) {
    const line = raw.replace(/(^|\s)#.*$/, "").trim();
    if (line === "" || line.startsWith("-")) continue;
    const pinned = PINNED.exec(line);
    if (pinned !== null) packages.push(pythonPackage(pinned[1] ?? "", pinned[2] ?? ""));
    else if (LOOSE.test(line)) {
      problems.push({ place: `line ${at + 1}`, reason: "names no exact version" });
    } else return null;
  }
  if (packages.length + problems.length === 0) return null;
  return { form: "pip requirements", packages: distinctPackages(packages), problems };
}

/** PEP 508 name with extras, an exact version, then hashes or an environment marker. */
const PINNED =
  /^([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:\[[\w\s,.-]*\])?\s*={2,3}\s*([A-Za-z0-9.!+_-]+)\s*(?:;.*)?(?:--hash.*)?$/;
const LOOSE =
  /^(?:[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?\s*(?:\[[\w\s,.-]*\])?\s*(?:$|;|@|\(?\s*[<>=!~]=?)|\.{0,2}\/|(?:git\+|https?:|file:))/;

const lockSchema = z.object({
  package: z.array(z.object({ name: z.string(), version: z.string().optional() })),
});

export function readPythonLock(table: TomlTable, form: string): InventoryReading {
  const lock = lockSchema.parse(table);
  const packages: Package[] = [];
  const problems: InventoryProblem[] = [];
  for (const { name, version } of lock.package) {
    if (version === undefined) problems.push({ place: name, reason: "has no version" });
    else packages.push(pythonPackage(name, version));
  }
  return { form, packages: distinctPackages(packages), problems };
}

function pythonPackage(name: string, version: string): Package {
  return packageOf({ ecosystem: "PyPI", name: normalName("PyPI", name), version });
}
