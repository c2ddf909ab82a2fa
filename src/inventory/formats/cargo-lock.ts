import { z } from "zod";
import type { TomlTable } from "../../base/toml-text.ts";
import {
  type Component,
  componentOf,
  type InventoryReading,
  packageOf,
  readingOfSbom,
} from "./inventory-format.ts";

/**
 * Cargo's lock file. Crates without a source are the project's own; those from git are no crates of
 * the registry, whatever their version says. A dependency is named with its version only where one
 * name stands there in several.
 */
export function readCargoLock(table: TomlTable): InventoryReading {
  const { package: crates } = lockSchema.parse(table);
  const components: Component[] = [];
  const edges: (readonly [string, string])[] = [];
  const byName = Map.groupBy(crates, (crate) => crate.name);
  for (const { name, version, source, dependencies } of crates) {
    const ref = `${name} ${version}`;
    for (const need of dependencies ?? []) {
      const [other = "", at = byName.get(other)?.[0]?.version ?? ""] = need.split(" ");
      edges.push([ref, `${other} ${at}`]);
    }
    if (source === undefined) continue;
    const judged = source.startsWith("git+")
      ? "comes from git, not from the registry"
      : packageOf({ ecosystem: "crates.io", name, version });
    components.push(componentOf({ ref, name, version, judged }));
  }
  return readingOfSbom("Cargo lock file", { subject: null, components, edges, fileCount: 0 });
}

const lockSchema = z.object({
  package: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      source: z.string().optional(),
      dependencies: z.array(z.string()).optional(),
    }),
  ),
});
