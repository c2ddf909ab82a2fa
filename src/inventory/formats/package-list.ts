import { Failure } from "../../base/failure.ts";
import type { InventoryReading } from "./inventory-format.ts";

/** A list of packages in whatever form it came. */
export function readPackageList(_text: string, _release: string | null): InventoryReading {
  throw new Failure("invalid", "The file is no list of packages we read.");
}
