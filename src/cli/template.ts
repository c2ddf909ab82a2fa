import type { Command } from "commander";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { readNamedText } from "./read-file.ts";
import { templateTable, templateText } from "./view/template.ts";

/** Templates of standard changes: what two people approved beforehand. */
export function registerTemplate(program: Command, cli: Cli): void {
  const template = program
    .command("template")
    .description("Templates of standard changes, approved beforehand by two people");
  template
    .command("list")
    .description("Every version, and whether it can be used now")
    .action(async () => {
      const { items } = await ask(cli.client().GET("/api/v1/change-templates"));
      show(cli, items, () => templateTable(items, cli.clock()));
    });
  template
    .command("show <template>")
    .description("The text of a template, by its name or digest")
    .action(async (ref: string) => {
      const params = { path: { template: ref } };
      const shown = await ask(cli.client().GET("/api/v1/change-templates/{template}", { params }));
      show(cli, shown, () => templateText(shown));
    });
  template
    .command("propose <file>")
    .description("Propose a template; two others have to approve its exact text")
    .action(async (file: string) => {
      const body = { text: readNamedText(file, "The template") };
      const made = await ask(cli.client().POST("/api/v1/change-templates", { body }));
      show(cli, made, () => `${made.name} is proposed as ${made.digest}. Two others approve it.`);
    });
  template
    .command("approve <template>")
    .description("Approve the exact text that you read")
    .requiredOption("--digest <digest>", "SHA-256 of the text, as shown")
    .requiredOption("--reason <text>", "why")
    .action(async (ref: string, body: { digest: string; reason: string }) => {
      const params = { path: { template: ref } };
      const approved = await ask(
        cli.client().POST("/api/v1/change-templates/{template}/approvals", { params, body }),
      );
      show(cli, approved, () =>
        approved.problem === null
          ? `${approved.name} can be used: fettle change request --template ${approved.name}`
          : `Approved, but ${approved.name} cannot be used: ${approved.problem}.`,
      );
    });
}
