import { randomBytes } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

/**
 * Files that survive a crash whole or not at all: written beside, synced, renamed. The folders on
 * the way are synced too, since a rename lives in its folder.
 */
export async function writeDurably(
  root: string,
  files: readonly { readonly path: string; readonly bytes: Uint8Array }[],
): Promise<void> {
  const folders = new Set<string>();
  for (const file of files) {
    const target = join(root, file.path);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await writeOne(target, file.bytes);
    for (let at = dirname(target); !relative(root, at).startsWith(".."); at = dirname(at)) {
      folders.add(at);
    }
  }
  for (const folder of folders) await syncFolder(folder);
}

async function writeOne(target: string, bytes: Uint8Array): Promise<void> {
  const beside = `${target}.${randomBytes(6).toString("hex")}.new`;
  const handle = await open(beside, "wx", 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } catch (cause) {
    await rm(beside, { force: true });
    throw cause;
  } finally {
    await handle.close();
  }
  await rename(beside, target);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
