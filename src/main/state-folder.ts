import { createHash } from "node:crypto";
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  realpathSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Failure } from "../base/failure.ts";
import type { Paths } from "../db/world.ts";

/**
 * Where state and sockets live. State is `<clone>/.fettle`; root in a clone that other users cannot
 * enter uses `/var/lib/fettle`, because PostgreSQL runs as another user there. Sockets need a short
 * folder: a Unix socket's path ends at 107 bytes.
 */
export function chooseFolders(options: {
  readonly clone: string;
  readonly state: string | undefined;
  readonly sockets: string | undefined;
  readonly runtimeDir: string | undefined;
}): Paths {
  const isRoot = process.getuid?.() === 0;
  const state = options.state ?? defaultState(options.clone, isRoot);
  mkdirSync(state, { recursive: true });
  // Others may pass through (the database's user must), but not list.
  chmodSync(state, isRoot ? 0o711 : 0o700);
  const real = realpathSync(state);
  return { state: real, sockets: socketFolder(options, real, isRoot) };
}

function defaultState(clone: string, isRoot: boolean): string {
  if (isRoot && !othersMayEnter(clone)) return "/var/lib/fettle";
  return join(clone, ".fettle");
}

function othersMayEnter(path: string): boolean {
  for (let at = path; at !== "/"; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
  }
  return true;
}

function socketFolder(
  options: { readonly sockets: string | undefined; readonly runtimeDir: string | undefined },
  state: string,
  isRoot: boolean,
): string {
  if (options.sockets !== undefined) return ownFolder(options.sockets);
  const name = createHash("sha256").update(state).digest("hex").slice(0, 10);
  if (isRoot) {
    if (isWritableFolder("/run")) {
      mkdirSync("/run/fettle", { recursive: true, mode: 0o755 });
      return ownFolder(join("/run/fettle", name));
    }
  } else if (options.runtimeDir !== undefined && isWritableFolder(options.runtimeDir)) {
    return ownFolder(join(options.runtimeDir, `fettle-${name}`));
  }
  return ownFolder(join(tmpdir(), `fettle-${process.getuid?.() ?? 0}-${name}`));
}

/** Makes the folder, or takes it only if it is really ours: `/tmp` is open to everybody. */
function ownFolder(path: string): string {
  if (!existsSync(path)) mkdirSync(path, { mode: 0o711 });
  const found = lstatSync(path);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) {
    throw new Failure(
      "blocked",
      `The socket folder ${path} belongs to somebody else. Remove it, or set FETTLE_SOCKETS to a folder of your own.`,
    );
  }
  chmodSync(path, 0o711);
  return path;
}

function isWritableFolder(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
