import { createReadStream, statSync } from "node:fs";
import type { Streams } from "../cli/streams.ts";

/** Files and standard streams of this process, in pieces and with back-pressure. */
export function systemStreams(): Streams {
  return {
    read: (file) => (file === null ? process.stdin : createReadStream(file)),
    isFile: (path) => statSync(path, { throwIfNoEntry: false }) !== undefined,
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
