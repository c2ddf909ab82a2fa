import {
  chmod,
  glob,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { sha256 } from "../../src/base/digest.ts";
import { Failure } from "../../src/base/failure.ts";
import { putFile } from "../file-tree.ts";
import { isPresent, run } from "../machine.ts";
import { packageFiles } from "./package-tree.ts";
import { labPackages } from "./packages.ts";

/** Builds the lab's own signed apt repository from `packages.ts`. */

const here = dirname(fileURLToPath(import.meta.url));

/** The packages are the same bytes whenever they are built (reproducible-builds.org). */
const SOURCE_DATE_EPOCH = "1700000000";

export interface Repository {
  /** Served at /lab/ of the run's proxy. */
  readonly dir: string;
  /** Public key in the form that `Signed-By` takes. */
  readonly key: Uint8Array;
}

export interface RepositoryPlan {
  readonly stateDir: string;
  readonly baseDir: string;
}

/** Returns the repository for these packages, built when there is none. */
export async function ensureRepository(plan: RepositoryPlan): Promise<Repository> {
  const sources = await Promise.all((await sourceFiles()).map((path) => readFile(path, "utf8")));
  const library = await smallLibrary(plan.baseDir);
  const key = sha256(JSON.stringify([...sources, sha256(library)])).slice(0, 16);
  const dir = join(plan.stateDir, "repository", key);
  if (!(await isPresent(dir))) {
    await mkdir(dirname(dir), { recursive: true });
    const part = await mkdtemp(`${dir}.part-`);
    await build(part, library);
    // Whoever is first has made it; the other build is the same but for its key and is dropped.
    await rename(part, dir).catch(() => rm(part, { recursive: true, force: true }));
  }
  return { dir, key: await readFile(join(dir, "key.gpg")) };
}

async function sourceFiles(): Promise<readonly string[]> {
  const names = await Promise.all([readdir(here), readdir(join(here, "scripts"))]);
  return [
    ...(names[0] ?? []).filter((name) => name.endsWith(".ts")).map((name) => join(here, name)),
    ...(names[1] ?? []).map((name) => join(here, "scripts", name)),
  ].sort();
}

async function build(dir: string, library: Uint8Array): Promise<void> {
  const architecture = (await run("dpkg", ["--print-architecture"])).trim();
  const read = (name: string): Promise<string> => readFile(join(here, "scripts", name), "utf8");
  const scripts = {
    effect: await read("effect.sh"),
    init: await read("service.init.sh"),
    service: await read("service.pl"),
  };
  await chmod(dir, 0o755);
  await mkdir(join(dir, "pool"), { recursive: true });
  for (const entry of labPackages) {
    for (const version of entry.versions) {
      const tree = join(dir, "tree");
      for (const file of packageFiles({ entry, version, architecture, library, scripts })) {
        await putFile(tree, file.path, file.content, file.mode);
      }
      await run("dpkg-deb", ["--root-owner-group", "--build", tree, join(dir, "pool")], {
        env: { SOURCE_DATE_EPOCH },
      });
      await rm(tree, { recursive: true });
    }
  }
  await writeIndexes(dir, architecture);
  await sign(dir);
}

async function writeIndexes(dir: string, architecture: string): Promise<void> {
  const folder = join(dir, "dists/lab/main", `binary-${architecture}`);
  await mkdir(folder, { recursive: true });
  const packages = await inFolder(dir, ["packages", "pool"]);
  await writeFile(join(folder, "Packages"), packages);
  const release = {
    Origin: "Fettle-Lab",
    Label: "Fettle-Lab",
    Suite: "lab",
    Codename: "lab",
    Components: "main",
    Architectures: architecture,
  };
  const options = Object.entries(release).flatMap(([name, value]) => [
    "-o",
    `APT::FTPArchive::Release::${name}=${value}`,
  ]);
  const text = await inFolder(dir, [...options, "release", "dists/lab"]);
  await writeFile(join(dir, "dists/lab/Release"), text);
}

/** apt-ftparchive writes paths as it is given them, so it must run inside the repository. */
function inFolder(dir: string, args: readonly string[]): Promise<string> {
  return run("env", [`--chdir=${dir}`, "apt-ftparchive", ...args]);
}

/**
 * Signs with a key that exists only for this: it is made here and is gone when this returns. Its
 * folder has a short path because the key agent's socket must have one.
 */
async function sign(dir: string): Promise<void> {
  const home = await mkdtemp("/tmp/fettle-lab-");
  const gpg = (...args: string[]): Promise<string> =>
    run("gpg", ["--homedir", home, "--batch", "--quiet", "--pinentry-mode", "loopback", ...args]);
  try {
    const name = "Fettle lab <lab@localhost>";
    await gpg("--passphrase", "", "--quick-generate-key", name, "ed25519", "sign", "never");
    await gpg("--export", "--output", join(dir, "key.gpg"));
    const release = join(dir, "dists/lab/Release");
    await gpg("--clearsign", "--output", join(dir, "dists/lab/InRelease"), release);
  } finally {
    await run("gpgconf", ["--homedir", home, "--kill", "all"]);
    await rm(home, { recursive: true, force: true });
  }
}

/**
 * A library for perl to map: the smallest old stub of the C library in the base root. It is copied
 * into the package as it is, so no compiler is needed.
 */
async function smallLibrary(baseDir: string): Promise<Uint8Array> {
  for await (const path of glob(join(baseDir, "usr/lib/*-linux-gnu*/libutil.so.1"))) {
    return await readFile(path);
  }
  throw new Failure(
    "unavailable",
    `The base root ${baseDir} has no libutil.so.1 of the C library.`,
  );
}
