import { Failure } from "../base/failure.ts";

/** Says a failure the way users read it; the cause goes to the log only. */
export function failureText(cause: unknown): string {
  if (cause instanceof Failure) return cause.message;
  return "Fettle met an error of its own. Run again with FETTLE_LOG_LEVEL=debug and report what it says.";
}
