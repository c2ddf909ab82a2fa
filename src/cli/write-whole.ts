import { renameSync, writeFileSync } from "node:fs";
import { Failure } from "../base/failure.ts";

/** Whole or not at all: half an export would read as a shortened log, half a bundle as another. */
export function writeWhole(file: string, bytes: Buffer): void {
  try {
    writeFileSync(`${file}.new`, bytes, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  } catch (cause) {
    throw new Failure("blocked", `${file} cannot be written. Name a file in a folder of yours.`, {
      cause,
    });
  }
}
