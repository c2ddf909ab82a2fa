import { readFileSync } from "node:fs";
import { Failure } from "../base/failure.ts";

/** A file that the user named; one that cannot be read is told as the user's matter, by its name. */
export function readNamedFile(file: string, what: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new Failure("not-found", `${what} ${file}: ${whyUnread(cause)}.`, { cause });
  }
}

export function readNamedText(file: string, what: string): string {
  // Some editors begin a file with a mark of its encoding, which is no part of the text.
  return readNamedFile(file, what)
    .toString("utf8")
    .replace(/^\u{FEFF}/u, "");
}

/** Why a named file cannot be read, in words for whoever named it. */
export function whyUnread(cause: unknown): string {
  switch ((cause as NodeJS.ErrnoException).code) {
    case "ENOENT":
      return "there is no such file";
    case "EISDIR":
      return "it is a folder";
    case "EACCES":
      return "you may not read it";
    default:
      return "it cannot be read";
  }
}
