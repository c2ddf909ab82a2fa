import { existsSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * What the embedded PostgreSQL writes about itself: one file a weekday, each begun anew a week later,
 * so that a server that runs for years fills no disk. Only what it says before its collector runs
 * goes to `server.log`, a few lines a start; that one is set aside when it has grown.
 */
export const logSettings: Readonly<Record<string, string>> = {
  logging_collector: "on",
  log_directory: "log",
  log_filename: "postgresql-%a.log",
  log_rotation_age: "1d",
  log_rotation_size: "0",
  log_truncate_on_rotation: "on",
  log_file_mode: "0600",
  // Routine, every five minutes for ever.
  log_checkpoints: "off",
};

const START_LOG_BYTES_MAX = 1024 * 1024;

/** The file for what is said before the collector runs; of a grown one the last is kept. */
export function startLog(data: string): string {
  const file = join(data, "server.log");
  if (existsSync(file) && statSync(file).size > START_LOG_BYTES_MAX) {
    renameSync(file, `${file}.1`);
  }
  return file;
}
