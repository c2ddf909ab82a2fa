import { stdSerializers } from "pino";
import { Bug, Failure } from "./failure.ts";

/**
 * An error as it stands in a log line. What the world does to a server (no way out, a database that
 * restarts, a host that is off) is one short object: what happened, and what lies at the bottom of it.
 * Everything else keeps its stack, as somebody will have to look for it.
 */
export function loggedError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (!isOfTheWorld(error)) return stdSerializers.err(error);
  const code = codeOf(error);
  const bottom = lastCause(error);
  return {
    type: error.name,
    ...(code === null ? {} : { code }),
    message: error.message,
    ...(bottom.message === error.message ? {} : { because: bottom.message }),
  };
}

/** Class 08 and 57P of PostgreSQL's codes (appendix A): no connection, or the server's operator ended it. */
const DATABASE_AWAY = /^(08[0-9A-Z]{3}|57P0[0-9])$/;

function isOfTheWorld(error: Error): boolean {
  const { syscall } = error as NodeJS.ErrnoException;
  if (error instanceof Failure) return error.code !== "internal" && !isOurs(lastCause(error));
  if (syscall === "connect") return true;
  return DATABASE_AWAY.test(codeOf(error) ?? "");
}

/** What only a mistake in this program throws. */
function isOurs(error: Error): boolean {
  return [Bug, TypeError, RangeError, ReferenceError, SyntaxError].some(
    (kind) => error instanceof kind,
  );
}

function codeOf(error: Error): string | null {
  const { code } = error as { readonly code?: unknown };
  return typeof code === "string" ? code : null;
}

const CAUSES_MAX = 10;

function lastCause(error: Error): Error {
  let last = error;
  for (let depth = 0; depth < CAUSES_MAX && last.cause instanceof Error; depth += 1) {
    last = last.cause;
  }
  return last;
}
