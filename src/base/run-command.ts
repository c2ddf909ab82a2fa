import { spawn } from "node:child_process";
import { Failure } from "./failure.ts";

/**
 * Runs one program with an argument vector, never a shell string. Output is bytes with a cap;
 * a program that runs too long or floods is killed and that is an answer of its own.
 */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly timeoutMs: number;
  readonly outputBytesMax: number;
  /** Called with each chunk of standard output as it arrives. */
  readonly onStdout?: (chunk: Buffer) => void;
  readonly signal?: AbortSignal;
}

export interface CommandResult {
  readonly ended: "exit" | "signal" | "timeout" | "flood" | "aborted";
  /** Exit code, or -1 when the program did not exit by itself. */
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

const STDERR_BYTES_MAX = 64 * 1024;

export function runCommand(command: Command): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command.program, [...command.args], {
      cwd: command.cwd,
      uid: command.uid,
      gid: command.gid,
      env: command.env === undefined ? process.env : { ...command.env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let stdoutBytes = 0;
    let stderrBytes = 0;
    let ended: CommandResult["ended"] = "exit";
    const kill = (why: CommandResult["ended"]): void => {
      if (ended === "exit") ended = why;
      child.kill("SIGKILL");
    };
    const timer = setTimeout(() => kill("timeout"), command.timeoutMs);
    const onAbort = (): void => kill("aborted");
    command.signal?.addEventListener("abort", onAbort, { once: true });
    child.stdout.on("data", (chunk: Buffer) => {
      stdoutBytes += chunk.length;
      if (stdoutBytes > command.outputBytesMax) return kill("flood");
      stdout.push(chunk);
      command.onStdout?.(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderrBytes += chunk.length;
      if (stderrBytes <= STDERR_BYTES_MAX) stderr.push(chunk);
    });
    // A program that exits without reading its input closes the pipe; its exit code tells more.
    child.stdin.on("error", () => undefined);
    child.stdin.end(command.input ?? "");
    const settle = (): void => {
      clearTimeout(timer);
      command.signal?.removeEventListener("abort", onAbort);
    };
    child.on("error", (cause) => {
      settle();
      reject(
        new Failure("unavailable", `The program ${command.program} could not be started.`, {
          cause,
          facts: { program: command.program },
        }),
      );
    });
    child.on("close", (code, signal) => {
      settle();
      resolve({
        ended: ended === "exit" && signal !== null ? "signal" : ended,
        code: code ?? -1,
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr),
      });
    });
  });
}
