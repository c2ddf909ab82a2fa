import { z } from "zod";
import type { TomlTable } from "../../base/toml-text.ts";
import type { Package } from "../model.ts";
import { normalName } from "../package-name.ts";
import {
  type Component,
  componentOf,
  distinctPackages,
  type InventoryProblem,
  type InventoryReading,
  packageOf,
  readingOfSbom,
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

const nameSchema = z.object({ name: z.string() });
const namesSchema = z.array(z.unknown()).optional().catch(undefined);

const entrySchema = z.object({
  name: z.string(),
  version: z.string().optional(),
  /** Poetry names them by key, uv and PDM in a list. */
  dependencies: z.unknown().optional(),
  "dev-dependencies": z.record(z.string(), namesSchema).optional().catch(undefined),
  source: z.record(z.string(), z.unknown()).optional().catch(undefined),
  category: z.string().optional().catch(undefined),
  groups: z.array(z.string()).optional().catch(undefined),
  optional: z.boolean().optional().catch(undefined),
});

const lockSchema = z.object({ package: z.array(entrySchema) });

/** The projects themselves stand in uv's file too: their names are nobody's on the registry. */
function isOwn({ source = {} }: z.output<typeof entrySchema>): boolean {
  return ["virtual", "editable", "directory"].some((key) => key in source);
}

export function readPythonLock(table: TomlTable, form: string): InventoryReading {
  const lock = lockSchema.parse(table);
  const components: Component[] = [];
  const edges: (readonly [string, string])[] = [];
  for (const entry of lock.package) {
    const name = normalName("PyPI", entry.name);
    const ref = isOwn(entry) ? `own ${name}` : name;
    for (const to of neededBy(entry)) edges.push([ref, normalName("PyPI", to)]);
    if (isOwn(entry)) continue;
    const { version = "" } = entry;
    components.push(
      componentOf({ ref, name, version, scope: scopeOf(entry), judged: judgedPython(entry) }),
    );
  }
  return readingOfSbom(form, { subject: null, components, edges, fileCount: 0 });
}

function judgedPython(entry: z.output<typeof entrySchema>): Package | string {
  const { name, version, source = {} } = entry;
  const kind = String(source["type"] ?? "");
  if (/^(git|url|file|directory)$/.test(kind) || "git" in source || "path" in source) {
    return "does not come from a registry";
  }
  return version === undefined ? "has no version" : pythonPackage(name, version);
}

function neededBy(entry: z.output<typeof entrySchema>): string[] {
  const { dependencies } = entry;
  const development = Object.values(entry["dev-dependencies"] ?? {}).flatMap((list) => list ?? []);
  const listed = Array.isArray(dependencies) ? dependencies : [];
  const keyed =
    typeof dependencies === "object" && dependencies !== null && !Array.isArray(dependencies)
      ? Object.keys(dependencies)
      : [];
  return [...listed, ...development]
    .flatMap((one) => {
      if (typeof one === "string") return /^[\w.-]+/.exec(one)?.[0] ?? [];
      const parsed = nameSchema.safeParse(one);
      return parsed.success ? parsed.data.name : [];
    })
    .concat(keyed);
}

function scopeOf(entry: z.output<typeof entrySchema>): Component["scope"] {
  const { category = "main", groups = ["main"], optional } = entry;
  if (category === "dev" || !groups.some((group) => /^(main|default)$/.test(group))) {
    return "development";
  }
  return optional === true ? "optional" : "";
}

const pylockSchema = z.object({ packages: z.array(entrySchema) });

/** pylock.toml (PEP 751): the same table under another name. */
export function readPylock(table: TomlTable): InventoryReading {
  const { packages } = pylockSchema.parse(table);
  const components = packages.map((entry): Component => {
    const name = normalName("PyPI", entry.name);
    const { version = "" } = entry;
    const judged = version === "" ? "has no version" : pythonPackage(name, version);
    return componentOf({ name, version, judged });
  });
  return readingOfSbom("pylock.toml", { subject: null, components, edges: [], fileCount: 0 });
}

function pythonPackage(name: string, version: string): Package {
  return packageOf({ ecosystem: "PyPI", name: normalName("PyPI", name), version });
}
