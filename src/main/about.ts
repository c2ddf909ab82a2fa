import { readFileSync } from "node:fs";
import { Failure } from "../base/failure.ts";

/** The version of this program, from its package file. */
export const version: string = (
  JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  }
).version;

/** Says a failure the way users read it; the cause goes to the log only. */
export function failureText(cause: unknown): string {
  if (cause instanceof Failure) return cause.message;
  return "Fettle met an error of its own. Run again with FETTLE_LOG_LEVEL=debug and report what it says.";
}
