import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { Failure } from "../base/failure.ts";
import { ApiProblem, ask, type Client } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { allPages } from "./pages.ts";
import { readNamedText } from "./read-file.ts";
import { registerErasure } from "./records.ts";
import { parseGrant } from "./role-text.ts";
import { renderList, renderTable } from "./view/table.ts";
import { clockText, whenText } from "./view/when.ts";

/** Signing in, people, tokens and approver keys. No secret is ever an argument or shown twice. */
export function registerPeople(program: Command, cli: Cli): void {
  registerSetup(program, cli);
  registerLogin(program, cli);
  registerPassword(program, cli);
  registerUser(program, cli);
  registerToken(program, cli);
  registerKey(program, cli);
}

function registerSetup(program: Command, cli: Cli): void {
  program
    .command("setup")
    .description("Make the first administrator and sign in (works once)")
    .option("--handle <handle>", "short name that documents carry", "admin")
    .option("--name <name>", "name shown to people")
    .option("--link", "paste the one-time link that the server printed, from any machine")
    .action(async (flags: { handle: string; name?: string; link?: true }) => {
      const { url, secret } =
        flags.link === true ? await pastedLink(cli) : { url: cli.url(), secret: localSecret(cli) };
      const name = flags.name ?? flags.handle;
      const body = { kind: "setup" as const, secret, handle: flags.handle, name };
      const { expiresAt } = keepToken(
        cli,
        url,
        await ask(cli.anonymous(url).POST("/api/v1/entrance", { body })),
      );
      show(cli, { handle: flags.handle, url, expiresAt, file: cli.credentials.file }, () =>
        [
          `You are ${flags.handle}, the administrator of ${url}.`,
          `The token is in ${cli.credentials.file} (readable by you only), until ${expiresAt.slice(0, 10)}.`,
          `For the pages: "fettle user invite ${flags.handle}" prints a link where you set your password.`,
          'Within ten minutes add a second factor with "fettle factor add-code" (docs/sign-in.md says what else).',
          'Setup is over for good. Next: somebody who approves, with "fettle user add bob --role approver".',
        ].join("\n"),
      );
    });
}

function localSecret(cli: Cli): string {
  const file = join(cli.state(), "setup-secret");
  try {
    if (existsSync(file)) return readNamedText(file, "The setup secret").trim();
  } catch (cause) {
    throw new Failure(
      "forbidden",
      `The setup secret ${file} belongs to the user who runs the server. Run "fettle setup" as that user, or use "fettle setup --link".`,
      { cause },
    );
  }
  throw new Failure(
    "not-found",
    `There is no setup secret in ${file}: setup is over, or the server has not run here yet. Start it with "npm start"; from another machine use "fettle setup --link"; to sign in as somebody else use "fettle login".`,
  );
}

async function pastedLink(cli: Cli): Promise<{ url: string; secret: string }> {
  const text = await cli.terminal.readLine("One-time link: ", true);
  const match = /^(https?:\/\/[^/#\s]+)\/setup#(\S{20,200})$/.exec(text);
  if (match?.[1] !== undefined && match[2] !== undefined) {
    return { url: match[1], secret: match[2] };
  }
  throw new Failure("invalid", "That is not a link of the form http://SERVER/setup#SECRET.");
}

interface LoginFlags {
  readonly inviteFile?: string;
}

function registerLogin(program: Command, cli: Cli): void {
  program
    .command("login [handle]")
    .description("Sign in with your password and code; without a handle, with an invitation")
    .option("--invite-file <file>", "read the invitation from a file instead of asking")
    .action(async (handle: string | undefined, flags: LoginFlags) => {
      const url = cli.url();
      const made =
        handle === undefined
          ? await ask(
              cli.anonymous(url).POST("/api/v1/entrance", {
                body: { kind: "invitation", invite: await invitation(cli, flags) },
              }),
            )
          : await byPassword(cli, url, handle);
      const { subject, expiresAt } = keepToken(cli, url, made);
      show(
        cli,
        { subject, url, expiresAt },
        () => `Signed in to ${url}, until ${expiresAt.slice(0, 10)}.`,
      );
    });
  program
    .command("whoami")
    .description("Who you are, and what you may do where")
    .action(async () => {
      const me = await ask(cli.client().GET("/api/v1/me"));
      show(cli, me, () =>
        [
          `${me.handle} (${me.kind}, by ${me.via}) at ${cli.url()}`,
          renderTable(me.grants, [
            { head: "role", cell: (g) => g.role },
            { head: "scope", cell: (g) => (g.scope === "" ? "everywhere" : g.scope) },
          ]),
        ].join("\n"),
      );
    });
}

async function invitation(cli: Cli, flags: LoginFlags): Promise<string> {
  const { inviteFile } = flags;
  if (inviteFile === undefined) return cli.terminal.readLine("Invitation: ", true);
  return readNamedText(inviteFile, "The invitation").trim();
}

/** Asks for the code only when the server says that the account has codes. */
async function byPassword(cli: Cli, url: string, handle: string): Promise<Kept> {
  const password = await cli.terminal.readLine("Password: ", true);
  const enter = (code?: string) =>
    ask(
      cli.anonymous(url).POST("/api/v1/sessions", {
        body: {
          ...{ by: "password", as: "token", handle, password },
          ...(code === undefined ? {} : { code }),
        },
      }),
    );
  try {
    return await enter();
  } catch (cause) {
    if (!(cause instanceof ApiProblem) || cause.facts["needs"] !== "code") throw cause;
    return await enter(await cli.terminal.readLine("One-time code: ", true));
  }
}

interface Kept {
  readonly kind: string;
  readonly subject?: string;
  readonly token?: string;
  readonly expiresAt?: string;
}

/** Stores the token of an answer in the user's file, never on the screen. */
function keepToken(
  cli: Cli,
  url: string,
  made: Kept,
): { readonly subject: string; readonly expiresAt: string } {
  const { subject, token, expiresAt } = made;
  if (subject === undefined || token === undefined || expiresAt === undefined) {
    throw new Failure("internal", "The server gave no token. Is it of another version?");
  }
  cli.credentials.store(url, token);
  return { subject, expiresAt };
}

function registerPassword(program: Command, cli: Cli): void {
  program
    .command("password")
    .description(
      "Change the password that you sign in to the pages with; an invitation sets the first one",
    )
    .action(async () => {
      const client = cli.client();
      const { terminal } = cli;
      const typed = (prompt: string): Promise<string> => terminal.readLine(prompt, true);
      const current = await typed("Current password: ");
      const next = await typed("New password: ");
      if ((await typed("New password again: ")) !== next) {
        throw new Failure("invalid", "The two new passwords differ. Nothing was changed.");
      }
      if (next === "") throw new Failure("invalid", "No password was typed. Nothing was changed.");
      const body = { current, next };
      await ask(client.PUT("/api/v1/me/password", { body }));
      show(cli, { changed: true }, () => "The password is changed.");
    });
}

/** `approver` or `operator:env=prod`: a role, and where it holds. */
function collect(value: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

function registerUser(program: Command, cli: Cli): void {
  const user = program.command("user").description("People and services, and their roles");
  registerErasure(user, cli);
  user
    .command("add <handle>")
    .description("Add a person; prints a one-time invitation for them")
    .option("--name <name>", "name shown to people")
    .option("--role <role[:scope]>", "may be given several times", collect)
    .option("--invite-file <file>", "write the invitation to a new file of mode 0600")
    .action(
      async (handle: string, flags: { name?: string; role?: string[]; inviteFile?: string }) => {
        const client = cli.client();
        const grants = (flags.role ?? []).map(parseGrant);
        const body = { kind: "person" as const, handle, name: flags.name ?? handle, grants };
        const made = await ask(client.POST("/api/v1/users", { body }));
        await giveInvite(cli, client, made.handle, flags.inviteFile);
      },
    );
  user
    .command("invite <handle>")
    .description("A new one-time invitation for somebody who lost theirs")
    .option("--invite-file <file>", "write the invitation to a new file of mode 0600")
    .action(async (handle: string, flags: { inviteFile?: string }) => {
      await giveInvite(cli, cli.client(), handle, flags.inviteFile);
    });
  user
    .command("list")
    .description("People and services")
    .action(async () => {
      const client = cli.client();
      const items = await allPages((cursor) => {
        const query = { limit: 100, ...(cursor === undefined ? {} : { cursor }) };
        return ask(client.GET("/api/v1/users", { params: { query } }));
      });
      show(cli, items, () =>
        renderTable(items, [
          { head: "handle", cell: (u) => u.handle },
          { head: "name", cell: (u) => u.name },
          { head: "kind", cell: (u) => u.kind },
          {
            head: "roles",
            cell: (u) => u.grants.map((g) => `${g.role}${g.scope && `:${g.scope}`}`).join(", "),
          },
          { head: "state", cell: (u) => (u.disabledAt === null ? "active" : "disabled") },
        ]),
      );
    });
  registerGrants(user, cli);
  registerUnlink(user, cli);
  for (const verb of ["disable", "enable"] as const) {
    user
      .command(`${verb} <handle>`)
      .description(verb === "disable" ? "End all rights of a person at once" : "Give them back")
      .action(async (handle: string) => {
        const client = cli.client();
        const params = { path: { user: handle } };
        const known = await ask(client.GET("/api/v1/users/{user}", { params }));
        const headers = { "if-match": `"${known.version}"` };
        const body = { isDisabled: verb === "disable" };
        const user = await ask(client.PATCH("/api/v1/users/{user}", { params, body, headers }));
        show(cli, user, () => `${handle} is ${verb}d.`);
      });
  }
}

function registerUnlink(user: Command, cli: Cli): void {
  user
    .command("unlink <handle>")
    .description("Take a person's link to an identity provider away; sessions by it end")
    .requiredOption("--provider <name>", "the provider's name in fettle.yaml")
    .action(async (handle: string, { provider }: { provider: string }) => {
      const params = { path: { user: handle, provider } };
      await ask(cli.client().DELETE("/api/v1/users/{user}/providers/{provider}", { params }));
      show(cli, { handle, provider }, () => `${handle} is linked to ${provider} no more.`);
    });
}

function registerGrants(user: Command, cli: Cli): void {
  const roles = (handle: string, grants: readonly { role: string; scope: string }[]): string =>
    `${handle}: ${grants.map((g) => `${g.role}${g.scope && `:${g.scope}`}`).join(", ") || "no role"}`;
  user
    .command("grant <handle> <role[:scope]>")
    .description("Give a role, everywhere or within a label expression")
    .action(async (handle: string, text: string) => {
      const params = { path: { user: handle } };
      const body = parseGrant(text);
      const known = await ask(cli.client().POST("/api/v1/users/{user}/grants", { params, body }));
      show(cli, known, () => roles(handle, known.grants));
    });
  user
    .command("revoke <handle> <role[:scope]>")
    .description("Take a role away; effective at once")
    .action(async (handle: string, text: string) => {
      const client = cli.client();
      const params = { path: { user: handle } };
      const known = await ask(client.GET("/api/v1/users/{user}", { params }));
      const wanted = parseGrant(text);
      const held = known.grants.find((g) => g.role === wanted.role && g.scope === wanted.scope);
      if (held === undefined) {
        throw new Failure("not-found", `That role is not there. ${roles(handle, known.grants)}.`);
      }
      await ask(
        client.DELETE("/api/v1/users/{user}/grants/{grant}", {
          params: { path: { user: handle, grant: held.id } },
        }),
      );
      const left = known.grants.filter((g) => g.id !== held.id);
      show(cli, { ...known, grants: left }, () => roles(handle, left));
    });
}

async function giveInvite(
  cli: Cli,
  client: Client,
  handle: string,
  file: string | undefined,
): Promise<void> {
  const params = { path: { user: handle } };
  const made = await ask(client.POST("/api/v1/users/{user}/invite", { params }));
  const until = clockText(made.expiresAt);
  if (file === undefined) {
    show(cli, { handle, ...made }, () =>
      [
        `${handle} opens this link once, by ${until}, and sets a password for the pages:`,
        `  ${cli.url()}/invite#${made.invite}`,
        `or signs in on the command line with "fettle --url ${cli.url()} login" and this invitation:`,
        `  ${made.invite}`,
      ].join("\n"),
    );
    return;
  }
  cli.credentials.writeSecret(file, made.invite);
  show(
    cli,
    { handle, file, expiresAt: made.expiresAt },
    () => `The one-time invitation for ${handle} is in ${file}; it works until ${until}.`,
  );
}

function registerToken(program: Command, cli: Cli): void {
  const token = program.command("token").description("Tokens for programs");
  token
    .command("create <title>")
    .description("Make a token; it never exceeds your own live rights")
    .requiredOption("--file <file>", "new file of mode 0600 that the token is written to")
    .option("--days <number>", "life, at most 90", "30")
    .option("--limit <role[:scope]>", "give it less than you have; several times", collect)
    .action(async (title: string, flags: { file: string; days: string; limit?: string[] }) => {
      const limits = flags.limit === undefined ? null : flags.limit.map(parseGrant);
      const body = { title, days: Number(flags.days), limits };
      const made = await ask(cli.client().POST("/api/v1/tokens", { body }));
      cli.credentials.writeSecret(flags.file, made.token);
      const { id, expiresAt } = made;
      show(
        cli,
        { id, expiresAt, file: flags.file },
        () =>
          `The token is in ${flags.file}, until ${expiresAt.slice(0, 10)}. Use it as FETTLE_TOKEN.`,
      );
    });
  token
    .command("list")
    .description("Your tokens")
    .action(async () => {
      const { items } = await ask(cli.client().GET("/api/v1/tokens"));
      show(cli, items, () =>
        renderTable(items, [
          { head: "id", cell: (t) => t.id },
          { head: "title", cell: (t) => t.title },
          {
            head: "used",
            cell: (t) => (t.usedAt === null ? "never" : whenText(t.usedAt, cli.clock())),
          },
          { head: "until", cell: (t) => t.expiresAt.slice(0, 10) },
          { head: "state", cell: (t) => (t.revokedAt === null ? "live" : "revoked") },
        ]),
      );
    });
  token
    .command("revoke <id>")
    .description("End a token at once")
    .action(async (id: string) => {
      const params = { path: { token: id } };
      await ask(cli.client().DELETE("/api/v1/tokens/{token}", { params }));
      show(cli, { id, revoked: true }, () => "Revoked.");
    });
}

function registerKey(program: Command, cli: Cli): void {
  const key = program.command("key").description("Your approver keys: what hosts verify");
  key
    .command("add <file>")
    .description("Register a public key as yours: of a file, a security key, or a desk's passkey")
    .option("--title <title>", "what it is", "ssh key")
    .action(async (file: string, flags: { title: string }) => {
      const line = readNamedText(file, "The key").trim();
      if (line.includes("PRIVATE KEY")) {
        throw new Failure("invalid", `${file} is a private key. Give the .pub file beside it.`);
      }
      const body = { line, title: flags.title };
      const added = await ask(cli.client().POST("/api/v1/keys", { body }));
      show(
        cli,
        added,
        () =>
          `${added.type} ${added.fingerprint} is your approver key. Hosts know it once their policy names it.`,
      );
    });
  key
    .command("list")
    .description("Approver keys")
    .option("--user <handle>", "of somebody else")
    .action(async (flags: { user?: string }) => {
      const query = flags.user === undefined ? {} : { user: flags.user };
      const { items } = await ask(cli.client().GET("/api/v1/keys", { params: { query } }));
      show(cli, items, () =>
        renderList(items, {
          none: "No approver key. Add your own: fettle key add ~/.ssh/id_ed25519.pub",
          columns: [
            { head: "id", cell: (k) => k.id },
            { head: "class", cell: (k) => k.class },
            { head: "type", cell: (k) => k.type },
            { head: "fingerprint", cell: (k) => k.fingerprint },
            { head: "title", cell: (k) => k.title },
            { head: "state", cell: (k) => (k.removedAt === null ? "live" : "removed") },
          ],
        }),
      );
    });
  key
    .command("remove <id>")
    .description("Take a key back")
    .action(async (id: string) => {
      await ask(cli.client().DELETE("/api/v1/keys/{key}", { params: { path: { key: id } } }));
      show(
        cli,
        { id, removed: true },
        () => "Removed. Hosts go on accepting it until their policy changes.",
      );
    });
}
