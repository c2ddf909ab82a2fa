import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { agentExchange } from "./agent-exchange.ts";
import { type HostKey, parseHostKey } from "./host-key.ts";
import type { Keeps, ReachProblem, ReachTarget } from "./model.ts";
import type { HostSession, SessionRequest } from "./session.ts";
import {
  bootstrap,
  controlName,
  isExpressiblePath,
  KEY_ALIAS,
  remoteCommand,
  type SshTarget,
  sshArgs,
} from "./ssh-command.ts";
import { brokenConnection, sshProblem, startProblem } from "./ssh-problem.ts";

/** What a session needs to know about the way to its host. */
export interface Transport {
  /** How people call the other end. */
  readonly where: string;
  /** Whether the host program runs as root and so sees all processes. */
  readonly isRoot: boolean;
  /** Where the other end calls in, a session is not a process of this server. */
  readonly open?: (request: SessionRequest) => HostSession;
  /**
   * Prepares the way: the process to start and what it must read first, or why there is none.
   * `keeps`: whether the connection stays for a moment, for sessions that follow.
   */
  prepare(keeps: Keeps): Prepared | ReachProblem;
  /** Why the process ended before the host program greeted. */
  explain(end: { readonly code: number; readonly stderr: string }): ReachProblem;
}

export interface Prepared {
  readonly program: string;
  readonly args: readonly string[];
  /** Null passes on the server's own environment, which OpenSSH needs for agents. */
  readonly env: Readonly<Record<string, string>> | null;
  /** Bytes, and the same ones for all: as a text, the program would be encoded anew for each host. */
  readonly preamble: Buffer;
  /**
   * Whether to signal all that the process started. Not for ssh, whose shared connection serves
   * other sessions too.
   */
  readonly endsGroup: boolean;
  /** Called once the process is gone. */
  readonly after?: () => void;
}

export interface ReachPaths {
  readonly state: string;
  readonly sockets: string;
}

/** The host program: for a host, and for this machine with a state folder of its own. */
export interface HostPrograms {
  readonly remote: Buffer;
  readonly local: Buffer;
}

export function transportTo(
  target: ReachTarget,
  paths: ReachPaths,
  programs: HostPrograms,
): Transport {
  switch (target.kind) {
    case "local":
      return localTransport(programs.local);
    case "agent":
      return agentTransport(target.protocolId, paths);
    case "ssh":
      return sshTransport(target, paths, programs.remote);
  }
}

/** A host that calls in: nothing is started here, a session waits for its next poll. */
function agentTransport(protocolId: string, paths: ReachPaths): Transport {
  const message = `The agent ${protocolId} is reached by its own polls only.`;
  const problem: ReachProblem = { kind: "unreachable", message };
  return {
    where: `the agent ${protocolId}`,
    isRoot: true,
    open: (request) => agentExchange(paths.state).open(protocolId, request),
    prepare: () => problem,
    explain: () => problem,
  };
}

/** This machine, as the user the server runs as: enough to inspect, nothing to change anything. */
function localTransport(program: Buffer): Transport {
  return {
    where: "this machine",
    isRoot: process.getuid?.() === 0,
    prepare: () => ({
      program: "/bin/sh",
      args: ["-c", bootstrap(program.length)],
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" },
      preamble: program,
      endsGroup: true,
    }),
    explain: ({ code, stderr }) => startProblem(stderr, code, "this machine"),
  };
}

const NOTHING = Buffer.alloc(0);

function sshTransport(target: SshTarget, paths: ReachPaths, program: Buffer): Transport {
  const where = `${target.user}@${target.address} (port ${target.port})`;
  return {
    where,
    // By login, by sudo, or by what the forced command is.
    isRoot: true,
    prepare(keeps) {
      const identity = withIdentityPath(target);
      const keys = target.hostKeys.flatMap((line) => parseHostKey(line) ?? []);
      const problem = targetProblem(identity, keys, where);
      if (problem !== null) return problem;
      const files = {
        knownHosts: writeKnownHosts(paths.state, keys),
        controlPath: join(paths.sockets, controlName(identity)),
      };
      return {
        program: "ssh",
        args: [...sshArgs(identity, files, keys, keeps), remoteCommand(identity, program.length)],
        env: null,
        preamble: identity.program === "piped" ? program : NOTHING,
        endsGroup: false,
      };
    },
    explain({ code, stderr }) {
      // ssh itself ends with 255; every other code is the remote side's.
      const problem = code === 255 || code < 0 ? sshProblem(stderr, where) : null;
      if (problem !== null) return problem;
      if (code !== 255) return startProblem(stderr, code, where);
      return { kind: "connection-lost", message: brokenConnection(where) };
    },
  };
}

function withIdentityPath(target: SshTarget): SshTarget {
  const file = target.identityFile;
  if (file === null || !file.startsWith("~/")) return target;
  return { ...target, identityFile: join(homedir(), file.slice(2)) };
}

const USER = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;
const ADDRESS = /^[A-Za-z0-9:][A-Za-z0-9._:%-]{0,254}$/;

/** What can be refused before anything is started. */
function targetProblem(
  target: SshTarget,
  keys: readonly HostKey[],
  where: string,
): ReachProblem | null {
  if (!USER.test(target.user) || !ADDRESS.test(target.address)) {
    return { kind: "unreachable", message: `${where} is not a user and address that SSH accepts.` };
  }
  if (keys.length === 0) {
    return {
      kind: "host-key-unknown",
      message: `No host key is pinned for ${where}, so nothing was sent. Pin the key that the host shows on its own console.`,
    };
  }
  return target.identityFile === null ? null : identityProblem(target.identityFile);
}

function identityProblem(path: string): ReachProblem | null {
  const problem = (what: string): ReachProblem => ({
    kind: "identity-file",
    message: `The private key ${path} cannot be used: ${what}.`,
  });
  if (!isExpressiblePath(path)) return problem("its path must be absolute, without quotes");
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return problem("there is no such file for the user the server runs as");
  if (!found.isFile()) return problem("it is not a file");
  if ((found.mode & 0o077) !== 0) {
    const mode = (found.mode & 0o777).toString(8).padStart(4, "0");
    return problem(`others may read it (mode ${mode}); run chmod 600 on it`);
  }
  return null;
}

/** One file per set of pinned keys, named by its content: written once, never changed. */
function writeKnownHosts(state: string, keys: readonly HostKey[]): string {
  const text = keys.map((key) => `${KEY_ALIAS} ${key.line}\n`).join("");
  const folder = join(state, "known-hosts");
  const name = createHash("sha256").update(text).digest("hex").slice(0, 32);
  const path = join(folder, name);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const beside = join(folder, `.${name}.${process.pid}`);
  writeFileSync(beside, text, { mode: 0o600 });
  chmodSync(beside, 0o600);
  renameSync(beside, path);
  return path;
}
