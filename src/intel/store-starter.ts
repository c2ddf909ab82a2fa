import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The files of the starter snapshot. */
export const shippedFolder = new URL("../../starter/", import.meta.url).pathname;

export function readManifestText(folder: string): Promise<string> {
  return readFile(join(folder, "manifest.json"), "utf8");
}

export function readPart(folder: string, file: string): Promise<Buffer> {
  return readFile(join(folder, file));
}
