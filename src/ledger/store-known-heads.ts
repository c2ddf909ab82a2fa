import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { World } from "../db/world.ts";
import { KNOWN_HEADS } from "./known-heads.ts";

/**
 * Signed heads that people handed in before the start: from a witness, an auditor, a host, a copy elsewhere.
 * They lie beside the ledger folder, as that one is replaced when a copy is put back.
 */
export interface KnownNote {
  readonly file: string;
  readonly note: string;
  /** As the text says; whether it is signed is for the reader to find out. */
  readonly size: number;
}

export async function readKnownHeads(world: World): Promise<readonly KnownNote[]> {
  const folder = join(world.paths.state, KNOWN_HEADS);
  let names: readonly string[];
  try {
    names = await readdir(folder);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw cause;
  }
  return Promise.all(
    [...names].sort().map(async (name) => {
      const file = join(folder, name);
      const note = await readFile(file, "utf8");
      return { file, note, size: Number(note.split("\n")[1]) };
    }),
  );
}
