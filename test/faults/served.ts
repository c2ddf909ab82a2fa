import { readFileSync } from "node:fs";
import { join } from "node:path";
import { waitFor } from "../../lab/machine.ts";
import {
  databaseProcesses,
  type Ended,
  type Launched,
  launch,
  runLauncher,
} from "../e2e/launcher.ts";

/** A server of one's own, as its users start it, with an administrator who may ask it anything. */
export interface Served {
  readonly server: Launched;
  readonly state: string;
  readonly sockets: string;
  fettle(...args: string[]): Promise<Ended & { readonly said: string }>;
  answerOf(method: string, path: string, body?: unknown): Promise<Answer>;
  /** Adds a host of this name and of its own address, which nobody ever goes to. */
  addHost(name: string): Promise<Answer>;
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly code?: string;
  readonly detail?: string;
}

const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
const END_MS_MAX = 20_000;

export async function serve(folder: string, state: string): Promise<Served> {
  const sockets = join(folder, "s");
  const env = { FETTLE_SOCKETS: sockets, XDG_CONFIG_HOME: join(folder, "config") };
  const server = launch(["server", "--port", "0", "--state", state], { env });
  const close = async (): Promise<void> => {
    await server.end("SIGTERM");
    for (const pid of databaseProcesses(state)) process.kill(pid, "SIGQUIT");
    await waitFor("the database to end", END_MS_MAX, async () => {
      return databaseProcesses(state).length === 0;
    });
  };
  try {
    const url = (await server.waitFor(/listens at (http:\/\/\S+)/))[1] ?? "";
    const fettle: Served["fettle"] = (...args) =>
      runLauncher(args, { env: { ...env, FETTLE_STATE: state, FETTLE_URL: url } });
    const { code, said } = await fettle("setup", "--handle", "alice");
    if (code !== 0) throw new Error(said);
    const file = readFileSync(join(folder, "config/fettle/credentials.json"), "utf8");
    const known = JSON.parse(file) as { servers: Record<string, { token: string }> };
    const answerOf = asks(url, Object.values(known.servers)[0]?.token ?? "");
    const addHost = (name: string) => answerOf("POST", "/api/v1/hosts", hostNamed(name));
    return { server, state, sockets, fettle, answerOf, addHost, close };
  } catch (cause) {
    await close();
    throw cause;
  }
}

function asks(url: string, token: string): Served["answerOf"] {
  return async (method, path, body) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { ...((await answer.json()) as object), status: answer.status };
  };
}

function hostNamed(name: string): object {
  const way = { kind: "ssh", user: "root", address: `${name}.test`, port: 22, program: "piped" };
  return {
    ...{ name, labels: {}, mode: "managed" },
    way: { ...way, identityFile: null, hostKeys: [HOST_KEY] },
  };
}

/** Exports the ledger and lets the offline verifier judge it; gives what it said when it did not. */
export async function ledgerFault(served: Served, folder: string): Promise<string | null> {
  const file = join(folder, "ledger.jsonl");
  const exported = await served.fettle("audit", "export", file);
  if (exported.code !== 0) return exported.said;
  const key = (await served.fettle("audit", "key")).said.trim();
  const verified = await served.fettle("audit", "verify", file, "--key", key);
  return verified.code === 0 ? null : verified.said;
}
