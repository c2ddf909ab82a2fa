import { z } from "zod";
import {
  type Component,
  type ComponentScope,
  componentOf,
  type InventoryReading,
  packageOf,
  readingOfSbom,
} from "./inventory-format.ts";
import { folderOf } from "./node-folder.ts";

/**
 * npm's lock file (package-lock.json, npm-shrinkwrap.json) of versions 1 to 3. Versions 2 and 3 list
 * places below `node_modules` flat under `packages`; version 1 nests `dependencies`. Links, bundled
 * workspaces and what comes from git or a file have no version of the registry and are told.
 */
export function readNpmLock(value: unknown): InventoryReading {
  const lock = lockSchema.parse(value);
  const draft: Draft = { components: [], edges: [] };
  if (lock.packages !== undefined) addPlaces(draft, lock.packages);
  else addNested(draft, lock.dependencies ?? {});
  const { name = "", version = "" } = lock;
  return readingOfSbom(`npm lock file ${lock.lockfileVersion}`, {
    subject: name === "" ? null : { ref: "", name, version },
    ...draft,
    fileCount: 0,
  });
}

interface Draft {
  readonly components: Component[];
  readonly edges: (readonly [string, string])[];
}

const lockSchema = z.object({
  name: z.string().optional().catch(undefined),
  version: z.string().optional().catch(undefined),
  lockfileVersion: z.number().int().min(1).max(9),
  packages: z.record(z.string(), z.unknown()).optional(),
  dependencies: z.record(z.string(), z.unknown()).optional(),
});

const names = z.record(z.string(), z.unknown()).optional().catch(undefined);

const entrySchema = z.object({
  name: z.string().optional(),
  version: z.string().optional(),
  link: z.boolean().optional(),
  dev: z.boolean().optional().catch(undefined),
  optional: z.boolean().optional().catch(undefined),
  resolved: z.union([z.string(), z.boolean()]).optional(),
  dependencies: names,
  devDependencies: names,
  optionalDependencies: names,
  peerDependencies: names,
  /** Version 1 nests what is installed, and names what is needed here. */
  requires: z.union([z.boolean(), names]).optional(),
});

type Entry = z.output<typeof entrySchema>;

const VERSION = /^\d+\.\d+\.\d+/;
const NAME = /^(?:@[^/\s]+\/)?[^/\s@][^/\s]*$/;

function addPlaces(draft: Draft, places: Readonly<Record<string, unknown>>): void {
  for (const [place, raw] of Object.entries(places)) {
    const parsed = entrySchema.safeParse(raw);
    const entry: Entry = parsed.success ? parsed.data : {};
    for (const name of neededBy(entry)) {
      const to = folderOf(place, name, (folder) => Object.hasOwn(places, folder));
      if (to !== null) draft.edges.push([place, to]);
    }
    const inFolder = place.split("node_modules/");
    // The project itself and its workspaces are no packages of the registry.
    if (inFolder.length < 2 || entry.link === true) continue;
    add(draft, { place, entry, name: entry.name ?? inFolder.at(-1) ?? "" });
  }
}

function neededBy(entry: Entry): readonly string[] {
  return [
    entry.dependencies,
    entry.devDependencies,
    entry.optionalDependencies,
    entry.peerDependencies,
  ].flatMap((list) => Object.keys(list ?? {}));
}

/** Walks without recursion: the depth is the file's, not ours. */
function addNested(draft: Draft, dependencies: Readonly<Record<string, unknown>>): void {
  const folders = new Set<string>();
  const found: { readonly place: string; readonly name: string; readonly entry: Entry }[] = [];
  const below = (place: string, names: Readonly<Record<string, unknown>>) =>
    Object.entries(names).map(([name, raw]) => ({
      place: `${place === "" ? "" : `${place}/`}node_modules/${name}`,
      name,
      raw,
    }));
  const waiting = below("", dependencies).reverse();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { place, name, raw } = next;
    const parsed = entrySchema.safeParse(raw);
    const entry: Entry = parsed.success ? parsed.data : {};
    folders.add(place);
    found.push({ place, name, entry });
    for (const child of below(place, entry.dependencies ?? {}).reverse()) waiting.push(child);
  }
  for (const { place, name, entry } of found) {
    // `npm:other@1.0.0` installs another package under this name.
    const alias = /^npm:(.+)@([^@]+)$/.exec(entry.version ?? "");
    const version = alias?.[2] ?? entry.version ?? "";
    add(draft, { place, entry: { ...entry, version }, name: alias?.[1] ?? name });
    const needed = typeof entry.requires === "object" ? Object.keys(entry.requires) : [];
    for (const other of needed) {
      const to = folderOf(place, other, (folder) => folders.has(folder));
      if (to !== null) draft.edges.push([place, to]);
    }
  }
}

function add(
  draft: Draft,
  of: { readonly place: string; readonly entry: Entry; readonly name: string },
): void {
  const { place, entry, name } = of;
  const { version = "" } = entry;
  const isPlain = NAME.test(name) && VERSION.test(version);
  draft.components.push(
    componentOf({
      ref: place,
      name: isPlain ? name : place,
      version,
      scope: scopeOf(entry),
      judged: isPlain
        ? packageOf({ ecosystem: "npm", name, version })
        : "has no version of the registry",
    }),
  );
}

function scopeOf({ dev, optional }: Entry): ComponentScope {
  if (dev === true) return "development";
  return optional === true ? "optional" : "";
}
