import { z } from "zod";
import type { Package } from "../model.ts";
import {
  distinctPackages,
  type InventoryProblem,
  type InventoryReading,
  packageOf,
} from "./inventory-format.ts";

/**
 * npm's lock file (package-lock.json, npm-shrinkwrap.json) of versions 1 to 3. Versions 2 and 3 list
 * places below `node_modules` flat under `packages`; version 1 nests `dependencies`. Links, bundled
 * workspaces and what comes from git or a file have no version of the registry and are told.
 */
export function readNpmLock(value: unknown): InventoryReading {
  const lock = lockSchema.parse(value);
  const draft: Draft = { packages: [], problems: [] };
  if (lock.packages !== undefined) addPlaces(draft, lock.packages);
  else addNested(draft, lock.dependencies ?? {});
  return {
    form: `npm lock file ${lock.lockfileVersion}`,
    packages: distinctPackages(draft.packages),
    problems: draft.problems,
  };
}

interface Draft {
  readonly packages: Package[];
  readonly problems: InventoryProblem[];
}

const lockSchema = z.object({
  lockfileVersion: z.number().int().min(1).max(9),
  packages: z.record(z.string(), z.unknown()).optional(),
  dependencies: z.record(z.string(), z.unknown()).optional(),
});

const entrySchema = z.object({
  name: z.string().optional(),
  version: z.string().optional(),
  link: z.boolean().optional(),
  resolved: z.union([z.string(), z.boolean()]).optional(),
  dependencies: z.record(z.string(), z.unknown()).optional(),
});

const VERSION = /^\d+\.\d+\.\d+/;
const NAME = /^(?:@[^/\s]+\/)?[^/\s@][^/\s]*$/;

function addPlaces(draft: Draft, places: Readonly<Record<string, unknown>>): void {
  for (const [place, raw] of Object.entries(places)) {
    const inFolder = place.split("node_modules/");
    // The project itself and its workspaces are no packages of the registry.
    if (inFolder.length < 2) continue;
    const entry = entrySchema.safeParse(raw);
    if (entry.success && entry.data.link === true) continue;
    const { name, version } = entry.success ? entry.data : {};
    add(draft, place, name ?? inFolder.at(-1) ?? "", version ?? "");
  }
}

/** Walks without recursion: the depth is the file's, not ours. */
function addNested(draft: Draft, dependencies: Readonly<Record<string, unknown>>): void {
  const waiting = Object.entries(dependencies);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [name, raw] = next;
    const entry = entrySchema.safeParse(raw);
    // `npm:other@1.0.0` installs another package under this name.
    const alias = /^npm:(.+)@([^@]+)$/.exec((entry.success && entry.data.version) || "");
    const version = entry.success ? (entry.data.version ?? "") : "";
    add(draft, name, alias?.[1] ?? name, alias?.[2] ?? version);
    if (entry.success) waiting.push(...Object.entries(entry.data.dependencies ?? {}));
  }
}

function add(draft: Draft, place: string, name: string, version: string): void {
  if (NAME.test(name) && VERSION.test(version)) {
    draft.packages.push(packageOf({ ecosystem: "npm", name, version }));
  } else draft.problems.push({ place, reason: "has no version of the registry" });
}
