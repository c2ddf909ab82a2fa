import { createHash } from "node:crypto";
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  realpathSync,
  rmdirSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { Failure } from "../base/failure.ts";
import { isEnterableByOthers } from "../db/postgres-files.ts";
import type { Paths } from "../db/world.ts";
import { installedState, isInstalled, SYSTEM_STATE } from "./installed.ts";

/**
 * Where state and sockets live. State is `<clone>/.fettle`; root in a clone that other users cannot
 * enter uses `/var/lib/fettle-server`, because PostgreSQL runs as another user there; so does an
 * installed package. Sockets need a short folder: a Unix socket's path ends at 107 bytes.
 */
export interface FolderOptions {
  readonly clone: string;
  readonly state: string | undefined;
  readonly sockets: string | undefined;
  readonly runtimeDir: string | undefined;
}

/** OpenSSH's control sockets need 36 bytes of the 107, PostgreSQL's fewer. */
const SOCKET_FOLDER_BYTES_MAX = 71;

/** Where the state of this clone is or would be; makes nothing, so that any command may ask. */
export function stateFolder(options: Pick<FolderOptions, "clone" | "state">): string {
  if (options.state !== undefined) return real(resolve(options.state));
  const isRoot = process.getuid?.() === 0;
  if (isInstalled) return real(installedState(isRoot, process.env["XDG_STATE_HOME"]));
  if (isRoot && !isEnterableByOthers(options.clone)) return SYSTEM_STATE;
  return real(join(options.clone, ".fettle"));
}

function real(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}

/** Makes the folders that a server needs. */
export function makeFolders(options: FolderOptions): Paths {
  const isRoot = process.getuid?.() === 0;
  const state = makeState(stateFolder(options), isRoot);
  return { state, sockets: socketFolder(options, state, isRoot) };
}

function makeState(path: string, isRoot: boolean): string {
  try {
    mkdirSync(path, { recursive: true });
    // Others may pass through (the database's user must), but not list.
    chmodSync(path, isRoot ? 0o711 : 0o700);
    accessSync(path, constants.W_OK);
  } catch (cause) {
    throw new Failure(
      "blocked",
      `The state folder ${path} cannot be made or written to by this user. Start Fettle as the user who owns it, or choose another with --state or FETTLE_STATE.`,
      { cause },
    );
  }
  return realpathSync(path);
}

function socketFolder(options: FolderOptions, state: string, isRoot: boolean): string {
  if (options.sockets !== undefined) return ownFolder(options.sockets);
  const name = nameFor(state);
  if (isRoot && isWritableFolder("/run")) {
    mkdirSync("/run/fettle", { recursive: true, mode: 0o755 });
    return ownFolder(join("/run/fettle", name));
  }
  const { runtimeDir } = options;
  const inTemporary = `fettle-${process.getuid?.() ?? 0}-${name}`;
  const candidates = [
    ...(!isRoot && runtimeDir !== undefined ? [join(runtimeDir, `fettle-${name}`)] : []),
    join(tmpdir(), inTemporary),
    join("/tmp", inTemporary),
  ];
  const chosen = candidates.find(
    (path) =>
      Buffer.byteLength(path) <= SOCKET_FOLDER_BYTES_MAX && isWritableFolder(resolve(path, "..")),
  );
  if (chosen !== undefined) return ownFolder(chosen);
  throw new Failure(
    "blocked",
    `No folder for sockets: none of ${candidates.join(", ")} is short enough (${SOCKET_FOLDER_BYTES_MAX} bytes) and writable. Set FETTLE_SOCKETS to one.`,
  );
}

function nameFor(state: string): string {
  return createHash("sha256").update(state).digest("hex").slice(0, 10);
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

/** The database's own part of the socket folder: when we are root it belongs to another user. */
export function databaseSockets(paths: Paths): string {
  return join(paths.sockets, "pg");
}

/** Takes away what a stopped server no longer needs; what is in use or not ours stays. */
export function removeSocketFolders(paths: Paths): void {
  const isChosenByUs = basename(paths.sockets).endsWith(nameFor(paths.state));
  removeEmpty(databaseSockets(paths));
  if (isChosenByUs) removeEmpty(paths.sockets);
}

function removeEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Something is still in it, or it is gone.
  }
}

function isWritableFolder(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
