import { readFileSync } from "node:fs";

/** The version of this program, from its package file: of a clone, or of the package that is installed. */
export const programVersion: string = (
  JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  }
).version;
