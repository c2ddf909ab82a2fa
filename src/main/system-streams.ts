import { createReadStream, statSync } from "node:fs";
import type { Streams } from "../cli/streams.ts";

/** Files and standard streams of this process, in pieces and with back-pressure. */
export function systemStreams(): Streams {
  return {
    read: (file) => (file === null ? process.stdin : createReadStream(file)),
    isFile: isThere,
    isInputTerminal: process.stdin.isTTY === true,
    write: (text) =>
      new Promise((resolve) => {
        if (process.stdout.write(text)) resolve();
        else process.stdout.once("drain", () => resolve());
      }),
    err: (text) => {
      process.stderr.write(text);
    },
  };
}

/** A word that is too long for a name, or names something behind a closed door, is no file to us. */
function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}
