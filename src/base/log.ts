import { type Logger, pino } from "pino";
import { loggedError } from "./log-error.ts";

export type Log = Logger;

/** Names of fields whose values never reach a log line, wherever they are nested one deep. */
const SECRET_FIELDS = ["token", "secret", "password", "authorization", "cookie", "privateKey"];

/** JSON lines to standard error; standard output belongs to what the user asked for. */
export function makeLog(level: string): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: loggedError },
      redact: {
        paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `headers.${field}`]),
        censor: "[redacted]",
      },
    },
    pino.destination({ fd: 2, sync: true }),
  );
}

export const silentLog: Log = pino({ level: "silent" });
