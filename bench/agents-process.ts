import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";

/** A server for agents as a process of its own (agents-server.ts), once it listens. */
export interface ServerProcess {
  readonly url: string;
  readonly process: ChildProcess;
}

export async function startServerProcess(of: {
  readonly connection: unknown;
  readonly state: string;
  /** 0 for a free one. */
  readonly port: number;
  /** A folder for a profile of its processor time. */
  readonly profile: string | undefined;
}): Promise<ServerProcess> {
  const program = join(import.meta.dirname, "agents-server.ts");
  const profile = of.profile === undefined ? [] : ["--cpu-prof", "--cpu-prof-dir", of.profile];
  const argv = [...profile, program, JSON.stringify(of.connection), of.state, String(of.port)];
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  for await (const part of child.stdout ?? []) {
    said += String(part);
    if (said.includes("\n")) break;
  }
  return { url: said.trim(), process: child };
}
