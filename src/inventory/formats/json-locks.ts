import { z } from "zod";
import { normalName } from "../package-name.ts";
import {
  type Component,
  componentOf,
  type InventoryReading,
  packageOf,
  readingOfSbom,
} from "./inventory-format.ts";

/** Lock files of Composer, NuGet and Pipenv, which are JSON. */
const names = z.record(z.string(), z.unknown()).optional().catch(undefined);

const composerPackage = z.object({
  name: z.string(),
  version: z.string(),
  require: names,
  source: z.object({ type: z.string() }).optional().catch(undefined),
  dist: z.object({ type: z.string() }).optional().catch(undefined),
});

const composerSchema = z.object({
  packages: z.array(z.unknown()),
  "packages-dev": z.array(z.unknown()).optional(),
});

/** composer.lock: a branch (`dev-main`) is a version too, one that nothing can be compared with. */
export function readComposerLock(value: unknown): InventoryReading {
  const lock = composerSchema.parse(value);
  const components: Component[] = [];
  const edges: (readonly [string, string])[] = [];
  const add = (raw: unknown, scope: Component["scope"]): void => {
    const parsed = composerPackage.safeParse(raw);
    if (!parsed.success) {
      components.push(componentOf({ name: "packages", judged: "holds something that is none" }));
      return;
    }
    const { version, require = {}, dist } = parsed.data;
    const name = normalName("Packagist", parsed.data.name);
    const judged =
      dist?.type === "path"
        ? "comes from a folder, not from the registry"
        : packageOf({ ecosystem: "Packagist", name, version });
    components.push(componentOf({ ref: name, name, version, scope, judged }));
    for (const other of Object.keys(require)) edges.push([name, normalName("Packagist", other)]);
  };
  for (const raw of lock.packages) add(raw, "");
  for (const raw of lock["packages-dev"] ?? []) add(raw, "development");
  return readingOfSbom("Composer lock file", { subject: null, components, edges, fileCount: 0 });
}

const nugetSchema = z.object({
  version: z.number(),
  dependencies: z.record(z.string(), z.record(z.string(), z.unknown())),
});

const nugetEntry = z.object({
  type: z.string(),
  resolved: z.string().optional(),
  dependencies: names,
});

/** packages.lock.json: one list for each framework; projects of the own solution have no version. */
export function readNugetLock(value: unknown): InventoryReading {
  const components: Component[] = [];
  const edges: (readonly [string, string])[] = [];
  for (const [framework, list] of Object.entries(nugetSchema.parse(value).dependencies)) {
    const refOf = (name: string): string => `${framework} ${normalName("NuGet", name)}`;
    for (const [id, raw] of Object.entries(list)) {
      const parsed = nugetEntry.safeParse(raw);
      const { type = "", resolved = "", dependencies = {} } = parsed.success ? parsed.data : {};
      for (const other of Object.keys(dependencies)) edges.push([refOf(id), refOf(other)]);
      if (type === "Project") continue;
      if (type === "Direct") edges.push(["", refOf(id)]);
      const name = normalName("NuGet", id);
      const judged =
        resolved === ""
          ? "has no version"
          : packageOf({ ecosystem: "NuGet", name, version: resolved });
      components.push(componentOf({ ref: refOf(id), name: id, version: resolved, judged }));
    }
  }
  return readingOfSbom("NuGet lock file", { subject: null, components, edges, fileCount: 0 });
}

const pipenvSchema = z.object({
  _meta: z.unknown(),
  default: z.record(z.string(), z.unknown()),
  develop: z.record(z.string(), z.unknown()).optional(),
});

const pipenvEntry = z.object({ version: z.string() });

/** Pipfile.lock: what is installed for running, and what for developing besides. */
export function readPipenvLock(value: unknown): InventoryReading {
  const lock = pipenvSchema.parse(value);
  const listed = (list: Readonly<Record<string, unknown>>, scope: Component["scope"]) =>
    Object.entries(list).map(([id, raw]): Component => {
      const parsed = pipenvEntry.safeParse(raw);
      const version = parsed.success ? parsed.data.version.replace(/^={2,3}/, "") : "";
      const name = normalName("PyPI", id);
      const judged =
        version === "" ? "names no exact version" : packageOf({ ecosystem: "PyPI", name, version });
      return componentOf({ name, version, scope, judged });
    });
  const components = [
    ...listed(lock.default, ""),
    ...listed(lock.develop ?? {}, "development").filter(({ name }) => !(name in lock.default)),
  ];
  return readingOfSbom("Pipenv lock file", {
    subject: null,
    components,
    edges: [],
    fileCount: 0,
  });
}
