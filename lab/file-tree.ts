import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * Writes one file of a tree that becomes (part of) a host's root: folders get mode 0755 and the
 * file its mode whatever the caller's umask is. An unreadable `/` would break every service.
 */
export async function putFile(
  root: string,
  path: string,
  bytes: string | Uint8Array,
  mode = 0o644,
): Promise<void> {
  await makeFolder(root, dirname(path));
  await writeFile(join(root, path), bytes);
  await chmod(join(root, path), mode);
}

/** Makes a folder below `root` and those on the way; the last one gets `mode`. */
export async function makeFolder(root: string, path: string, mode = 0o755): Promise<void> {
  const parts = path === "." ? [] : path.split("/");
  for (let count = 0; count <= parts.length; count += 1) {
    const folder = join(root, ...parts.slice(0, count));
    if (await isMade(folder)) await chmod(folder, count === parts.length ? mode : 0o755);
  }
}

async function isMade(folder: string): Promise<boolean> {
  // With `recursive` it returns the first folder it made, and nothing when all were there.
  return (await mkdir(folder, { recursive: true })) !== undefined;
}
