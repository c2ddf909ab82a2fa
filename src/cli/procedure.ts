import { type Command, Option } from "commander";
import { Failure } from "../base/failure.ts";
import { ask, type Client } from "../client/client.ts";
import { type Party, parties } from "../policy/rings-procedures.ts";
import { type Cli, show } from "./cli.ts";
import { allPages } from "./pages.ts";
import { readNamedText } from "./read-file.ts";
import { planProceduresText, procedureTable, procedureText } from "./view/procedure.ts";

/** Rollback procedures: documents that people must have read before a plan starts. */
export function registerProcedure(program: Command, cli: Cli): void {
  const procedure = program
    .command("procedure")
    .description("Rollback procedures: how a change is taken back, as documents with versions");
  procedure
    .command("put <name> <file>")
    .description("Put a procedure, or a new version of it, which has to be acknowledged anew")
    .action(async (name: string, file: string) => {
      const body = { name, text: readNamedText(file, "The procedure") };
      const put = await ask(cli.client().POST("/api/v1/procedures", { body }));
      const digest = put.digest.slice(0, 12);
      show(cli, put, () =>
        put.isNew
          ? `${name} is version ${put.version} now (${digest}). Nobody has acknowledged it yet.`
          : `${name} is this very text already: version ${put.version} (${digest}).`,
      );
    });
  procedure
    .command("list")
    .description("Procedures by name, each with its newest version")
    .action(async () => {
      const client = cli.client();
      const items = await allPages((cursor) => {
        const query = { limit: 1000, ...(cursor === undefined ? {} : { cursor }) };
        return ask(client.GET("/api/v1/procedures", { params: { query } }));
      });
      show(cli, items, () => procedureTable(items, cli.clock()));
    });
  procedure
    .command("show <name>")
    .description("The text of a procedure, and its versions")
    .option("--version-number <number>", "not the newest version but this one")
    .action(async (name: string, flags: { versionNumber?: string }) => {
      const query =
        flags.versionNumber === undefined ? {} : { version: Number(flags.versionNumber) };
      const params = { path: { procedure: name }, query };
      const shown = await ask(cli.client().GET("/api/v1/procedures/{procedure}", { params }));
      show(cli, shown, () => procedureText(shown, cli.clock()));
    });
}

/** What is done about the procedures of one plan. */
export function registerPlanProcedure(plan: Command, cli: Cli): void {
  plan
    .command("procedure <digest>")
    .description("Its rollback procedures, and who acknowledged them; with --name: attach some")
    .option("--name <name...>", "attach these in place of those attached before")
    .action(async (digest: string, flags: { name?: string[] }) => {
      const client = cli.client();
      const params = { path: { plan: digest } };
      const path = "/api/v1/plans/{plan}/procedures";
      const shown =
        flags.name === undefined
          ? await proceduresOf(client, digest)
          : await ask(client.POST(path, { params, body: { names: flags.name } }));
      show(cli, shown, () => planProceduresText(shown, cli.clock()));
    });
  plan
    .command("acknowledge <digest>")
    .description("Answer for a party that you read how the plan is taken back")
    .addOption(
      new Option("--as <party>", "for whom you answer").choices([...parties]).makeOptionMandatory(),
    )
    .option("--reason <text>", "what others should know of it", "")
    .option("--read <digest...>", "only if these are the texts; else as they are written now")
    .action(async (digest: string, flags: AcknowledgeFlags) => {
      const client = cli.client();
      const before = await proceduresOf(client, digest);
      const current = before.procedures.flatMap((one) => one.current?.digest ?? []);
      const procedures = [
        ...new Set(flags.read === undefined ? current : readOf(flags.read, current)),
      ];
      const params = { path: { plan: digest } };
      const body = { as: flags.as, procedures, reason: flags.reason };
      const shown = await ask(
        client.POST("/api/v1/plans/{plan}/acknowledgements", { params, body }),
      );
      show(cli, shown, () => planProceduresText(shown, cli.clock()));
    });
}

interface AcknowledgeFlags {
  readonly as: Party;
  readonly reason: string;
  readonly read?: readonly string[];
}

/** Of what the plan has now, what somebody read; the server refuses when that is not all of it. */
function readOf(read: readonly string[], current: readonly string[]): string[] {
  for (const text of read) {
    if (/^[0-9a-f]{8,64}$/.test(text)) continue;
    throw new Failure("invalid", `--read ${text} is no digest. Give 8 of its digits or more.`);
  }
  return current.filter((digest) => read.some((text) => digest.startsWith(text)));
}

export function proceduresOf(client: Client, digest: string) {
  const params = { path: { plan: digest } };
  return ask(client.GET("/api/v1/plans/{plan}/procedures", { params }));
}
