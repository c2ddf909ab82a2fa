import { z } from "zod";
import {
  type Component,
  componentOf,
  type InventoryReading,
  packageOf,
  readingOfSbom,
} from "./inventory-format.ts";
import { parseLockYaml } from "./lock-yaml.ts";

/**
 * pnpm's lock file, versions 5 to 9. A package is keyed by name and version with its peers behind
 * (`/a/1.0.0_b@2`, `/a@1.0.0(b@2.0.0)`, `a@1.0.0(b@2.0.0)`); the same version with other peers is the
 * same package. What comes from git, a folder or an address is told.
 */
export function readPnpmLock(text: string): InventoryReading {
  const lock = lockSchema.parse(parseLockYaml(text, "pnpm lock file"));
  const version = Number.parseFloat(lock.lockfileVersion);
  const components = new Map<string, Component>();
  const edges: (readonly [string, string])[] = [];
  const entries = { ...lock.packages, ...lock.snapshots };
  for (const [key, raw] of Object.entries(entries)) {
    const parsed = entrySchema.safeParse(raw);
    const entry = parsed.success ? parsed.data : {};
    const ref = refOf(key, version);
    const known = components.get(ref);
    const component = judged(ref, entry);
    if (known === undefined || known.scope === "development") components.set(ref, component);
    for (const to of neededBy(entry)) edges.push([ref, to]);
  }
  const own = lock.importers ?? { ".": lock };
  for (const [place, raw] of Object.entries(own)) {
    const parsed = importerSchema.safeParse(raw);
    for (const to of parsed.success ? neededBy(parsed.data) : []) edges.push([`own ${place}`, to]);
  }
  return readingOfSbom(`pnpm lock file ${lock.lockfileVersion}`, {
    subject: null,
    components: [...components.values()],
    edges: edges.map(([from, to]) => [from, refOf(to, version)] as const),
    fileCount: 0,
  });
}

const record = z.record(z.string(), z.unknown()).optional().nullable();

const importerSchema = z.object({
  dependencies: record,
  devDependencies: record,
  optionalDependencies: record,
});

const lockSchema = importerSchema.extend({
  lockfileVersion: z.string().regex(/^\d+(\.\d+)?/),
  packages: record,
  snapshots: record,
  importers: record,
});

const entrySchema = z.object({
  name: z.string().optional(),
  version: z.string().optional(),
  dev: z.string().optional(),
  optional: z.string().optional(),
  dependencies: record,
  optionalDependencies: record,
});

/** `name: 1.0.0`, `name: {version: 1.0.0}`, or the key of another package (an alias). */
function neededBy(lists: z.output<typeof importerSchema> | z.output<typeof entrySchema>): string[] {
  const all = Object.entries({
    ...lists.dependencies,
    ...("devDependencies" in lists ? lists.devDependencies : {}),
    ...lists.optionalDependencies,
  });
  return all.flatMap(([name, given]) => {
    const inside = z.object({ version: z.string() }).safeParse(given);
    const version = typeof given === "string" ? given : inside.success ? inside.data.version : "";
    if (version === "" || version.startsWith("link:")) return [];
    return [/^\d/.test(version) ? `${name}@${version}` : version];
  });
}

/** One form for all versions: `name@version` without peers. */
function refOf(key: string, lockVersion: number): string {
  const plain = key.replace(/^\//, "").replace(/\(.*$/, "");
  if (lockVersion >= 6) return plain;
  const bare = plain.replace(/(?<=[/@]\d[^/_]*)_.*$/, "");
  const at = bare.lastIndexOf("/");
  if (at < 1 || /^(@[^/]+\/)?[^/@]+@/.test(bare)) return bare;
  return `${bare.slice(0, at)}@${bare.slice(at + 1)}`;
}

function judged(ref: string, entry: z.output<typeof entrySchema>): Component {
  const match = /^((?:@[^/@]+\/)?[^/@]+)@(\d+\.\d+\.\d+.*)$/.exec(ref);
  const name = match?.[1] ?? entry.name ?? ref;
  const version = match?.[2] ?? entry.version ?? "";
  return componentOf({
    ref,
    name,
    version,
    scope: entry.dev === "true" ? "development" : entry.optional === "true" ? "optional" : "",
    judged:
      match === null
        ? "has no version of the registry"
        : packageOf({ ecosystem: "npm", name, version }),
  });
}
