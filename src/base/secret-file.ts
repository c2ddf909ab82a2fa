import { randomBytes } from "node:crypto";
import { linkSync, rmSync, writeFileSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { Failure } from "./failure.ts";

const SECRET_BYTES_MAX = 4_096;

/**
 * A secret that an operator keeps in a file of its own. Read anew each time, so that a changed one
 * counts at once. Fails with `blocked` unless it is short and closed to everybody but its owner, and
 * unless `parse` finds what it should hold; the words never hold any of it.
 */
export async function readSecretFile<Value>(
  file: string,
  of: {
    /** What cannot be done without it, and which setting names it. */
    readonly failing: string;
    readonly mustHold: string;
    readonly parse: (text: string) => Value | null;
  },
): Promise<Value> {
  try {
    const { size, mode } = await stat(file);
    if (size > SECRET_BYTES_MAX || (mode & 0o077) !== 0) throw new Error("too large or too open");
    const value = of.parse(await readFile(file, "utf8"));
    if (value === null) throw new Error(`not ${of.mustHold}`);
    return value;
  } catch (cause) {
    throw new Failure(
      "blocked",
      `${of.failing} cannot be read from ${file}. It must hold ${of.mustHold} and be readable by the server's user only (chmod 600).`,
      { cause },
    );
  }
}

/**
 * Puts a new key or certificate into place, whole and on the disk, unless one is there. Of two servers
 * that make it at once the second one's link fails, and both read the first one's afterwards. It blocks
 * the thread for one write, once in the life of a deployment.
 */
export function placeOnce(file: string, text: string, mode = 0o600): void {
  const beside = `${file}.${randomBytes(6).toString("hex")}.new`;
  try {
    writeFileSync(beside, text, { mode, flag: "wx", flush: true });
    linkSync(beside, file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
  } finally {
    rmSync(beside, { force: true });
  }
}
