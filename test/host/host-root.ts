import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { hostProgram } from "../../src/reach/host-program.ts";
import type { Scene } from "../corpus/scene.ts";

/**
 * A private `/etc/fettle` and `/var/lib/fettle` in a temporary folder, and the host program with
 * these two paths written into it. The program is the real one; a test may add functions before its
 * last line, which then stand in for those of the same name.
 */
export interface HostRoot {
  readonly etc: string;
  readonly var: string;
  readonly program: string;
}

export interface Shell {
  readonly name: string;
  readonly argv: readonly string[];
  /** Search path inside the program; busybox has a folder of its own tools before the others. */
  readonly path: "system" | "busybox";
  /** What the host has of ssh-keygen where it is not the machine's own: none, or this script. */
  readonly keygen?: { readonly script: string | null };
}

export const shells: readonly Shell[] = [
  { name: "dash", argv: ["dash"], path: "system" },
  { name: "bash", argv: ["bash", "--posix"], path: "system" },
  { name: "busybox ash with busybox tools", argv: ["busybox", "ash"], path: "busybox" },
];

const SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin";
/** The tools of the host program that busybox has, so that its own dialects run. */
const BUSYBOX_TOOLS = [
  "awk",
  "cat",
  "cp",
  "cut",
  "date",
  "dd",
  "mkdir",
  "mv",
  "od",
  "rm",
  "setsid",
  "sha256sum",
  "sleep",
  "stat",
  "sync",
  "timeout",
  "tr",
  "wc",
];

export function makeHostRoot(folder: string, shell: Shell, standIns: string): HostRoot {
  const root = { etc: join(folder, "etc"), var: join(folder, "var") };
  const tools = join(folder, "tools");
  if (shell.path === "busybox") {
    mkdirSync(tools, { recursive: true });
    for (const tool of BUSYBOX_TOOLS) symlinkSync("/usr/bin/busybox", join(tools, tool));
  }
  const system = shell.keygen === undefined ? SYSTEM_PATH : pathWith(folder, shell.keygen.script);
  const path = shell.path === "busybox" ? `${tools}:${system}` : system;
  const text = hostProgram({ ...root, path });
  const program = join(folder, "program");
  mkdirSync(folder, { recursive: true });
  writeFileSync(program, text.replace(/main "\$@"\n$/, `${standIns}\nmain "$@"\n`));
  return { ...root, program };
}

/** What the host program calls besides, where it gets a folder of its own tools. */
const OTHER_TOOLS = ["base64", "flock", "grep", "mkfifo", "openssl", "sh", "sha512sum", "tail"];

/** A folder with the tools of this machine but ssh-keygen, and the script in its place. */
function pathWith(folder: string, script: string | null): string {
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  for (const tool of [...BUSYBOX_TOOLS, ...OTHER_TOOLS]) {
    symlinkSync(join("/usr/bin", tool), join(bin, tool));
  }
  if (script !== null) writeFileSync(join(bin, "ssh-keygen"), script, { mode: 0o755 });
  return bin;
}

/** Puts a host's files there, as root would have them. */
export function layHost(root: HostRoot, scene: Scene): void {
  for (const folder of [root.etc, root.var]) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, folder === root.var ? 0o700 : 0o755);
  }
  const { host } = scene;
  const write = (name: string, text: string): void => {
    mkdirSync(join(root.var, name, ".."), { recursive: true });
    writeFileSync(join(root.var, name), text, { mode: 0o600 });
  };
  writeFileSync(join(root.etc, "identity"), host.identity, { mode: 0o644 });
  writeFileSync(join(root.etc, "policy"), host.policy, { mode: 0o644 });
  if (host.isHalted) writeFileSync(join(root.etc, "halt"), "");
  write("anchor", "here\n");
  write("policyfloor", `${host.policyFloor}\n`);
  if (host.clock !== null) write("clock", `${host.clock.counter} ${host.clock.floor}\n`);
  for (const [plan, { state, attempt }] of host.seen)
    write(`seen/${plan}`, `${state} ${attempt}\n`);
  if (host.head.size > 0 || host.head.plan !== null) {
    write(
      "head",
      `${host.head.size} ${host.head.root} ${host.head.plan ?? ""}`.trim().concat("\n"),
    );
  }
  if (host.key !== undefined) write("key.pub", `ecdsa-sha2-nistp256 ${host.key}\n`);
  for (const plan of host.revoked) write(`revoked/${plan}`, "revoked\n");
  if (host.job !== null) {
    const { kind, plan, index, attempt, isReported } = host.job;
    if (isReported) write("job/reported", "");
    write("job/facts", `ok\n${kind} acme h ${plan} ${index} ${attempt} 1 1 1 1 0 -\n`);
  }
}

/** The head of the ledger that the host keeps: what it has to show for a good proof. */
export function headOf(root: HostRoot): string {
  try {
    return readFileSync(join(root.var, "head"), "utf8").trim();
  } catch {
    return "";
  }
}

/**
 * What lies in the host's folders, without what a refusal may change: counter, floor and lock. `but`
 * names more that may.
 */
export function stateDigest(root: HostRoot, ...but: string[]): string {
  const hash = createHash("sha256");
  for (const folder of [root.etc, root.var]) {
    const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
    for (const name of names.filter((each) => !["clock", "lock", ...but].includes(each))) {
      const path = join(folder, name);
      const isFile = statSync(path).isFile();
      hash.update(`${name}\n`).update(isFile ? readFileSync(path) : "folder\n");
    }
  }
  return hash.digest("hex");
}

export function clockOf(root: HostRoot): { counter: number; floor: number } | null {
  try {
    const [counter, floor] = readFileSync(join(root.var, "clock"), "utf8").trim().split(" ");
    return { counter: Number(counter), floor: Number(floor) };
  } catch {
    return null;
  }
}

/**
 * Stands before the last line: checks one bundle from standard input and prints the verdict, or, told
 * to `serve`, one for each line that it is given, each in a child that begins with nothing but the
 * program as it was read: most of what a case costs is to read it in.
 */
export const CHECK_ONLY = `
test_bundle() {
  now_s() { say "$TEST_NOW"; }
  [ "$1" != local ] || CB_SPLIT=split_local
  J_WAY=$1 TEST_NOW=$2 CK_VERB=$3 COPY_CODE=ok COPY_FACTS=''
  mkdir "$VAR/in.test" || return 9
  copy_bundle "$VAR/in.test/in" || COPY_CODE=$E_CODE COPY_FACTS=$E_FACTS
  if check_bundle "$VAR/in.test"; then
    say ok
  else
    say "$E_CODE $E_FACTS"
  fi
  later_end || say "$E_FACTS"
  rm -rf "$VAR/in.test"
}
main() {
  [ "$1" = serve ] || { test_bundle "$@"; return; }
  while read -r test_way test_now test_verb; do
    (test_bundle "$test_way" "$test_now" "$test_verb") <"$VAR.in" >"$VAR.out" 2>"$VAR.err"
    say "$?"
  done
}
`;

/** One host program that checks bundle after bundle on this host, each in a child of its own. */
export interface CheckServer {
  check(arrival: Scene["arrival"]): Promise<string>;
  stop(): Promise<void>;
}

export function serveChecks(root: HostRoot, shell: Shell): CheckServer {
  const [program = "", ...args] = [...shell.argv, root.program, "serve"];
  const pipe = spawnSync("mkfifo", ["-m", "600", `${root.var}.in`]);
  if (pipe.status !== 0) throw new Error(`mkfifo: ${pipe.stderr}`);
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  const gone = once(child, "exit");
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async check(arrival) {
      child.stdin.write(`${argumentsOf(arrival).join(" ")}\n`);
      const given = writeFile(`${root.var}.in`, arrival.text, "latin1").catch((error) => {
        // The program need not read to the end what it refuses.
        if (error.code !== "EPIPE") throw error;
      });
      const [answer] = await Promise.all([answers.next(), given]);
      if (answer.done === true) throw new Error(`${shell.name} ended`);
      return verdictOf(readFileSync(`${root.var}.out`), readFileSync(`${root.var}.err`));
    },
    async stop() {
      child.stdin.end();
      await gone;
    },
  };
}

function argumentsOf(arrival: Scene["arrival"]): readonly string[] {
  return [arrival.way, String(arrival.now), arrival.verb ?? "apply"];
}

function verdictOf(stdout: Buffer, stderr: Buffer): string {
  return stderr.length === 0 ? stdout.toString().trim() : `stderr: ${stderr}${stdout}`;
}

export function checkWith(root: HostRoot, shell: Shell, arrival: Scene["arrival"]): string {
  const [program = "", ...args] = [...shell.argv, root.program, ...argumentsOf(arrival)];
  const run = spawnSync(program, args, { input: Buffer.from(arrival.text, "latin1") });
  return verdictOf(run.stdout, run.stderr);
}
