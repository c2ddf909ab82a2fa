import { z } from "zod";
import type { TomlTable } from "../../base/toml-text.ts";
import { distinctPackages, type InventoryReading, packageOf } from "./inventory-format.ts";

/** Cargo's lock file; crates without a source are the project's own. */
export function readCargoLock(table: TomlTable): InventoryReading {
  const lock = lockSchema.parse(table);
  const crates = lock.package.filter(({ source }) => source !== undefined);
  const packages = crates.map(({ name, version }) =>
    packageOf({ ecosystem: "crates.io", name, version }),
  );
  return { form: "Cargo lock file", packages: distinctPackages(packages), problems: [] };
}

const lockSchema = z.object({
  package: z.array(
    z.object({ name: z.string(), version: z.string(), source: z.string().optional() }),
  ),
});
