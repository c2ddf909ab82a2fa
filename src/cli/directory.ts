import type { Command } from "commander";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { parseGrant } from "./role-text.ts";
import { renderTable } from "./view/table.ts";
import { clockText, whenText } from "./view/when.ts";

/** Directories that keep people here by SCIM, and what their groups may do. */
export function registerDirectory(program: Command, cli: Cli): void {
  const directory = program
    .command("directory")
    .description("Directories that keep people and groups here by SCIM");
  registerList(directory, cli);
  directory
    .command("add <handle>")
    .description("Let a directory keep people here; it then needs a token")
    .option("--title <text>", "what people call it")
    .action(async (handle: string, flags: { title?: string }) => {
      const body = { handle, title: flags.title ?? handle };
      const made = await ask(cli.client().POST("/api/v1/directories", { body }));
      show(cli, made, () => `${handle} is added. Next: fettle directory token ${handle}`);
    });
  registerToken(directory, cli);
  directory
    .command("adopt <directory>")
    .description("Hand an account of this server over to a directory")
    .requiredOption("--user <handle>", "the account here")
    .requiredOption("--as <name>", "its userName in the directory")
    .action(async (name: string, flags: { user: string; as: string }) => {
      const params = { path: { directory: name } };
      const body = { user: flags.user, userName: flags.as };
      await ask(cli.client().POST("/api/v1/directories/{directory}/users", { params, body }));
      show(cli, { directory: name, ...body }, () => `${name} keeps ${flags.user} from now on.`);
    });
  registerRules(directory, cli);
}

function registerList(directory: Command, cli: Cli): void {
  directory
    .command("list")
    .description("The directories, and when each was last heard of")
    .action(async () => {
      const { items } = await ask(cli.client().GET("/api/v1/directories"));
      const none = "No directory keeps people here. Add one: fettle directory add entra";
      const now = cli.clock();
      show(cli, items, () =>
        items.length === 0
          ? none
          : renderTable(items, [
              { head: "directory", cell: (d) => d.handle },
              { head: "people", cell: (d) => String(d.users), align: "right" },
              { head: "groups", cell: (d) => String(d.groups), align: "right" },
              { head: "last heard", cell: (d) => (d.usedAt ? whenText(d.usedAt, now) : "never") },
              {
                head: "token ends",
                cell: (d) => (d.endsAt === null ? "has none" : whenText(d.endsAt, now)),
              },
              { head: "state", cell: (d) => (d.disabledAt === null ? "active" : "disabled") },
            ]),
      );
    });
}

function registerToken(directory: Command, cli: Cli): void {
  directory
    .command("token <directory>")
    .description("Make a token with which the directory reaches /scim/v2, and nothing else")
    .option("--days <number>", "how long it works, 90 at most", Number, 90)
    .option("--file <file>", "write it to a new file of mode 0600 instead of showing it")
    .action(async (name: string, flags: { days: number; file?: string }) => {
      const params = { path: { directory: name } };
      const body = { days: flags.days };
      const path = "/api/v1/directories/{directory}/tokens" as const;
      const made = await ask(cli.client().POST(path, { params, body }));
      const until = clockText(made.expiresAt);
      const address = `${cli.url()}/scim/v2`;
      const { file } = flags;
      if (file === undefined) {
        show(cli, { address, ...made }, () =>
          [
            `The directory asks ${address} with this token, until ${until}; it is shown once:`,
            `  ${made.token}`,
          ].join("\n"),
        );
        return;
      }
      cli.credentials.writeSecret(file, made.token);
      const { id, expiresAt } = made;
      show(
        cli,
        { address, id, file, expiresAt },
        () => `The token is in ${file}; the directory asks ${address} with it, until ${until}.`,
      );
    });
}

interface RuleFlags {
  readonly group: string;
  readonly role: string;
}

function registerRules(directory: Command, cli: Cli): void {
  const rule = directory.command("rule").description("What groups of a directory may do here");
  const path = "/api/v1/directories/{directory}/rules" as const;
  rule
    .command("list <directory>")
    .description("The rules of a directory")
    .action(async (name: string) => {
      const params = { path: { directory: name } };
      const { items } = await ask(cli.client().GET(path, { params }));
      show(cli, items, () =>
        items.length === 0
          ? `Groups of ${name} give nothing yet.`
          : renderTable(items, [
              { head: "group", cell: (r) => r.group },
              { head: "role", cell: (r) => r.role },
              { head: "within", cell: (r) => (r.scope === "" ? "everywhere" : r.scope) },
              { head: "rule", cell: (r) => r.id },
            ]),
      );
    });
  rule
    .command("add <directory>")
    .description("Give the members of a group a role, as far as you hold it yourself")
    .requiredOption("--group <name>", "the group's name in the directory")
    .requiredOption("--role <role[:scope]>", "what its members become, and within which labels")
    .action(async (name: string, flags: RuleFlags) => {
      const params = { path: { directory: name } };
      const { group } = flags;
      const body = { group, ...parseGrant(flags.role) };
      const made = await ask(cli.client().POST(path, { params, body }));
      const where = made.scope === "" ? "everywhere" : `within ${made.scope}`;
      show(cli, made, () => `Members of ${group} are ${made.role} ${where}.`);
    });
  rule
    .command("remove <directory> <rule>")
    .description("Take a rule away, and what it gave")
    .action(async (name: string, id: string) => {
      const params = { path: { directory: name, rule: id } };
      await ask(cli.client().DELETE(`${path}/{rule}`, { params }));
      show(cli, { rule: id, removed: true }, () => "The rule is gone, and what it gave.");
    });
}
