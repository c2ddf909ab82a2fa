import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type CommandResult, runCommand } from "../../src/base/run-command.ts";

/**
 * Throw-away Debian roots for the tests of the host program: one small real Debian is built once
 * and kept under the system's temporary folder, every test gets an overlay of it on a tmpfs. The
 * package manager, its database and its scripts are real; only the machine is not a whole one.
 */

const BASE = join(tmpdir(), "fettle-apply-base");

/** Why these tests cannot run here, or null. */
export function missingForRoots(): string | null {
  if (process.getuid?.() !== 0) return "throw-away roots need root";
  for (const tool of ["mmdebstrap", "chroot", "dpkg-deb", "apt-ftparchive", "gpg"]) {
    const found = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"].some((d) => existsSync(join(d, tool)));
    if (!found) return `the program ${tool} is not here`;
  }
  return null;
}

export async function command(
  args: readonly [string, ...string[]],
  more: { input?: string; timeoutMs?: number; env?: Record<string, string> } = {},
): Promise<CommandResult> {
  const [program, ...rest] = args;
  return runCommand({
    program,
    args: rest,
    timeoutMs: more.timeoutMs ?? 60_000,
    outputBytesMax: 32 * 1024 * 1024,
    ...(more.input === undefined ? {} : { input: more.input }),
    ...(more.env === undefined ? {} : { env: more.env }),
  });
}

export async function must(
  args: readonly [string, ...string[]],
  more: { input?: string; timeoutMs?: number; env?: Record<string, string> } = {},
): Promise<string> {
  const result = await command(args, more);
  if (result.ended !== "exit" || result.code !== 0) {
    throw new Error(`${args.join(" ")} ended ${result.ended} ${result.code}: ${result.stderr}`);
  }
  return result.stdout.toString();
}

/** Builds the small Debian when it is not here yet; from the mirror that this machine uses. */
export async function ensureBase(): Promise<string> {
  if (existsSync(join(BASE, "etc/debian_version"))) return BASE;
  const suite = /VERSION_CODENAME=(\w+)/.exec(readFileSync("/etc/os-release", "utf8"))?.[1];
  const fresh = mkdtempSync(`${BASE}.`);
  await must(
    ["mmdebstrap", "--variant=apt", "--include=openssh-client,busybox-static", suite ?? "", fresh],
    { timeoutMs: 280_000 },
  );
  // Another test file may have been faster; either one will do.
  const moved = await command(["mv", "-T", "-n", fresh, BASE]);
  if (moved.code !== 0 || existsSync(fresh)) rmSync(fresh, { recursive: true, force: true });
  return BASE;
}

export class Root {
  /** The root directory as the machine sees it. */
  readonly path: string;
  readonly #scratch: string;

  private constructor(scratch: string) {
    this.#scratch = scratch;
    this.path = join(scratch, "root");
  }

  /**
   * A new root over the given folders, the nearest first; `usr` stands in for their `/usr`, and what is
   * written there is the root's own too.
   */
  static async over(lower: readonly string[], options: { usr?: string } = {}): Promise<Root> {
    const scratch = mkdtempSync(join(tmpdir(), "fettle-apply-"));
    await must(["mount", "-t", "tmpfs", "-o", "size=1g,mode=755", "tmpfs", scratch]);
    for (const name of ["upper", "work", "root"]) mkdirSync(join(scratch, name));
    const root = new Root(scratch);
    const layers = `lowerdir=${lower.join(":")},upperdir=${scratch}/upper,workdir=${scratch}/work`;
    await must(["mount", "-t", "overlay", "overlay", "-o", layers, root.path]);
    if (options.usr !== undefined) {
      for (const name of ["usr", "usr-work"]) mkdirSync(join(scratch, name));
      const usr = `lowerdir=${options.usr},upperdir=${scratch}/usr,workdir=${scratch}/usr-work`;
      await must(["mount", "-t", "overlay", "overlay", "-o", usr, join(root.path, "usr")]);
    }
    await must(["mount", "-t", "proc", "proc", join(root.path, "proc")]);
    await must(["mount", "-t", "tmpfs", "-o", "mode=755", "run", join(root.path, "run")]);
    return root;
  }

  /** What was written over the lower folders; a layer for other roots once this one is closed. */
  get upper(): string {
    return join(this.#scratch, "upper");
  }

  at(path: string): string {
    return join(this.path, path);
  }

  write(path: string, text: string, mode = 0o644): void {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    writeFileSync(this.at(path), text, { mode });
  }

  read(path: string): string {
    return existsSync(this.at(path)) ? readFileSync(this.at(path), "utf8") : "";
  }

  async sh(script: string, timeoutMs = 60_000): Promise<string> {
    return must(["chroot", this.path, "sh", "-c", script], { timeoutMs, env: PLAIN });
  }

  async installed(name: string): Promise<string> {
    const shown = await command(
      ["chroot", this.path, "dpkg-query", "-W", "-f", `\${Version} \${db:Status-Status}`, name],
      { env: PLAIN },
    );
    return shown.stdout.toString() || "-";
  }

  /** What runs inside; only processes whose root directory is ours: they were all started by this test. */
  processes(): readonly { readonly pid: number; readonly name: string }[] {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        try {
          if (readlinkSync(`/proc/${name}/root`) !== this.path) return [];
          return [{ pid: Number(name), name: readFileSync(`/proc/${name}/comm`, "utf8").trim() }];
        } catch {
          // It ended by itself in between.
          return [];
        }
      });
  }

  /** Kills those that are named, everything when none is, and what they start meanwhile. */
  kill(names: readonly string[] = []): readonly number[] {
    const killed: number[] = [];
    for (let round = 0; round < 5; round++) {
      const found = this.processes().filter(
        ({ name }) => names.length === 0 || names.includes(name),
      );
      if (found.length === 0) break;
      for (const { pid } of found) killNow(pid);
      killed.push(...found.map(({ pid }) => pid));
    }
    return killed;
  }

  /** Ends everything that still runs inside, then takes the mounts away. */
  async close(options: { keepUpper?: boolean } = {}): Promise<void> {
    this.kill();
    for (const name of ["run", "proc", "usr", ""])
      await command(["umount", "-l", join(this.path, name)]);
    if (options.keepUpper === true) return;
    await command(["umount", "-l", this.#scratch]);
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}

/** `/tools` is where a test puts what stands in for a program. */
export const PLAIN = { PATH: "/tools:/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" };

export function killNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself in between.
  }
}
