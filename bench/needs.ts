import { existsSync } from "node:fs";
import { join } from "node:path";

/** Programs that a benchmark compares with and that are not on this machine. */
export function missingPrograms(names: readonly string[]): readonly string[] {
  const folders = ["/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin"];
  return names.filter((name) => folders.every((folder) => !existsSync(join(folder, name))));
}
