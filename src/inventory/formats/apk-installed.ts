import { Failure } from "../../base/failure.ts";
import type { Package } from "../model.ts";
import { type InventoryProblem, type InventoryReading, packageOf } from "./inventory-format.ts";

/**
 * apk's database of installed packages (/lib/apk/db/installed, apk-v2(5)): blocks of one-letter
 * fields parted by empty lines. Advisories name the origin (`o:`), the package that was built, not
 * the parts it was split into.
 */
export function readApkInstalled(text: string, ecosystem: string): InventoryReading {
  const packages: Package[] = [];
  const problems: InventoryProblem[] = [];
  for (const [at, block] of text.split(/\r?\n\r?\n/).entries()) {
    if (block.trim() === "") continue;
    const field = (letter: string): string =>
      new RegExp(`^${letter}:(.*)$`, "m").exec(block)?.[1]?.trim() ?? "";
    const [name, version] = [field("P"), field("V")];
    if (name === "" || version === "") {
      problems.push({ place: name || `block ${at + 1}`, reason: "has no name or no version" });
      continue;
    }
    const source = field("o") || name;
    packages.push(
      packageOf({ ecosystem, name, version, arch: field("A"), source, sourceVersion: version }),
    );
  }
  if (packages.length === 0) {
    throw new Failure("invalid", "The file is no apk database: not one block has P: and V:.");
  }
  return { form: "apk installed database", packages, problems };
}
