import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../lab/machine.ts";
import { runCommand } from "../../src/base/run-command.ts";
import { openCredentials } from "../../src/cli/credentials.ts";
import { ask, type Client, openClient } from "../../src/client/client.ts";
import type { paths } from "../../src/client/schema.d.ts";
import { clone, type ServerProcess, serverEnvironment } from "./server-process.ts";

/** The people of a deployment under test: each with an account, a token and an approver key. */

export interface Person {
  readonly handle: string;
  readonly client: Client;
  /** Private key file; its public half is registered as this person's approver key. */
  readonly key: string;
  /** Runs `fettle …` as this person, in a process of its own. */
  readonly fettle: (...args: string[]) => Promise<Ran>;
  /** The same command for another way to run it. */
  readonly command: (...args: string[]) => Command;
}

interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Where people sit: a folder for their files, and the server they work with. */
export interface Desk {
  readonly folder: string;
  readonly server: ServerProcess;
  /** `commands` makes people as people do, with a process a step; the API makes the same sooner. */
  readonly by: "commands" | "api";
}

type NewUser = paths["/api/v1/users"]["post"]["requestBody"]["content"]["application/json"];
type Role = NonNullable<NewUser["grants"]>[number]["role"];

const CLI_MS_MAX = 180_000;

export async function firstPerson(desk: Desk, handle: string): Promise<Person> {
  if (desk.by === "commands") {
    await must(cli(desk, handle, ["setup", "--handle", handle]));
  } else {
    const { url, state } = desk.server;
    const secret = readFileSync(join(state, "setup-secret"), "utf8").trim();
    const body = { kind: "setup" as const, secret, handle, name: handle };
    const made = await ask(openClient({ url }).POST("/api/v1/entrance", { body }));
    credentials(desk, handle).store(url, tokenIn(made));
  }
  return withKey(desk, handle);
}

export async function invitePerson(
  desk: Desk,
  admin: Person,
  who: { readonly handle: string; readonly role: string },
): Promise<Person> {
  const { handle, role } = who;
  if (desk.by === "commands") {
    const invite = join(desk.folder, `${handle}.invite`);
    await must(admin.fettle("user", "add", handle, "--role", role, "--invite-file", invite));
    await must(cli(desk, handle, ["login", "--invite-file", invite]));
  } else {
    const { url } = desk.server;
    const grants = [{ role: role as Role, scope: "" }];
    const user = { kind: "person" as const, handle, name: handle, grants };
    await ask(admin.client.POST("/api/v1/users", { body: user }));
    const params = { path: { user: handle } };
    const { invite } = await ask(admin.client.POST("/api/v1/users/{user}/invite", { params }));
    const anonymous = openClient({ url });
    const body = { kind: "invitation" as const, invite };
    const made = await ask(anonymous.POST("/api/v1/entrance", { body }));
    credentials(desk, handle).store(url, tokenIn(made));
  }
  return withKey(desk, handle);
}

function tokenIn(made: { readonly kind: string; readonly token?: string }): string {
  if (made.token === undefined) throw new Error(`the entrance gave a ${made.kind}, not a token`);
  return made.token;
}

/** Everybody has an approver key, also who may not approve what they asked for themselves. */
async function withKey(desk: Desk, handle: string): Promise<Person> {
  const key = join(desk.folder, `${handle}.key`);
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", handle, "-f", key]);
  const { url } = desk.server;
  const token = credentials(desk, handle).tokenFor(url) ?? "";
  const client = openClient({ url, token });
  if (desk.by === "commands") {
    await must(cli(desk, handle, ["key", "add", `${key}.pub`]));
  } else {
    const line = readFileSync(`${key}.pub`, "utf8").trim();
    await ask(client.POST("/api/v1/keys", { body: { line, title: handle } }));
  }
  const command = (...args: string[]): Command => commandOf(desk, handle, args);
  return { handle, key, client, command, fettle: (...args) => cli(desk, handle, args) };
}

function credentials(desk: Desk, handle: string) {
  const file = join(desk.folder, handle, "fettle", "credentials.json");
  return openCredentials({ file, environmentToken: undefined });
}

function commandOf(desk: Desk, handle: string, args: readonly string[]): Command {
  mkdirSync(join(desk.folder, handle), { recursive: true });
  return {
    program: process.execPath,
    args: [join(clone, "src/main/cli.ts"), ...args],
    env: {
      ...(serverEnvironment(desk.server.sockets) as Record<string, string>),
      FETTLE_URL: desk.server.url,
      FETTLE_STATE: desk.server.state,
      XDG_CONFIG_HOME: join(desk.folder, handle),
    },
  };
}

async function cli(desk: Desk, handle: string, args: readonly string[]): Promise<Ran> {
  const result = await runCommand({
    ...commandOf(desk, handle, args),
    timeoutMs: CLI_MS_MAX,
    outputBytesMax: 16 * 1024 * 1024,
  });
  return { code: result.code, out: result.stdout.toString(), err: result.stderr.toString() };
}

/** The same for a command that must succeed. */
export async function must(pending: Promise<Ran>): Promise<string> {
  const { code, out, err } = await pending;
  if (code !== 0)
    throw new Error(`fettle ended with ${code}: ${err.slice(-2000)}${out.slice(-2000)}`);
  return out;
}
