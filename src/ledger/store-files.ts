import { randomBytes } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * Files that survive a crash whole or not at all: written beside, synced, renamed. A rename lives in
 * its folder, and a new folder in the one above, so those are synced too.
 */
export async function writeDurably(
  root: string,
  files: readonly { readonly path: string; readonly bytes: Uint8Array }[],
): Promise<void> {
  const folders = new Set<string>();
  for (const file of files) {
    const target = join(root, file.path);
    const folder = dirname(target);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeOne(target, file.bytes);
    // All of them: one that a crashed process made may not have reached the disk yet.
    for (let at = folder; at.length >= root.length; at = dirname(at)) folders.add(at);
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

/** Takes away the files of entries that were pruned. */
export async function removeDurably(root: string, paths: readonly string[]): Promise<void> {
  const folders = new Set<string>();
  for (const path of paths) {
    await rm(join(root, path), { force: true });
    folders.add(dirname(join(root, path)));
  }
  for (const folder of folders) {
    await syncFolder(folder).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== "ENOENT") throw cause;
    });
  }
}
