import { readFileSync } from "node:fs";
import { Failure } from "../base/failure.ts";

/** A file that the user named; one that cannot be read is told as the user's matter, by its name. */
export function readNamedFile(file: string, what: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why =
      code === "ENOENT"
        ? "there is no such file"
        : code === "EISDIR"
          ? "it is a folder"
          : code === "EACCES"
            ? "you may not read it"
            : "it cannot be read";
    throw new Failure("not-found", `${what} ${file}: ${why}.`, { cause });
  }
}

export function readNamedText(file: string, what: string): string {
  return readNamedFile(file, what).toString("utf8");
}
