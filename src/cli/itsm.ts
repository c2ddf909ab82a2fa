import type { Command } from "commander";
import { z } from "zod";
import { Failure } from "../base/failure.ts";
import { parseYaml } from "../base/yaml-text.ts";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { readNamedText } from "./read-file.ts";
import { linkTable, systemTable } from "./view/itsm.ts";

/** Where changes are mirrored, and the records of one. */
export function registerItsm(program: Command, cli: Cli): void {
  const itsm = program
    .command("itsm")
    .description("Changes as records in ServiceNow, Jira or behind a signed webhook");
  registerSystems(itsm, cli);
  registerRecords(itsm, cli);
}

const kinds = ["webhook", "servicenow", "jira"] as const;
type Kind = (typeof kinds)[number];

/** What each kind takes is the server's to say. */
const settingsFile = z.record(z.string(), z.unknown());

interface AddFlags {
  readonly kind: string;
  readonly url: string;
  readonly secretFile: string;
  readonly reportFile?: string;
  readonly authority?: string;
  readonly settings?: string;
}

function registerSystems(itsm: Command, cli: Cli): void {
  itsm
    .command("add <name>")
    .description("Mirror every change from now on; the same name again sets it anew")
    .requiredOption("--kind <kind>", "webhook, servicenow or jira")
    .requiredOption("--url <url>", "address of the instance, the site or the receiver")
    .requiredOption("--secret-file <file>", "name of the account's file below the server's secrets")
    .option("--report-file <file>", "name of the file with the key of signed reports")
    .option("--authority <file>", "certificates (PEM) to believe for it beside the system's")
    .option("--settings <file>", "fields, states and holds as YAML (docs/itsm.md)")
    .action(async (name: string, flags: AddFlags) => {
      if (!(kinds as readonly string[]).includes(flags.kind)) {
        throw new Failure("invalid", `Write --kind as one of ${kinds.join(", ")}.`);
      }
      const { authority, settings } = flags;
      const body = {
        kind: flags.kind as Kind,
        ...{ url: flags.url, secretFile: flags.secretFile },
        reportFile: flags.reportFile ?? null,
        authority: authority === undefined ? null : readNamedText(authority, "The certificates"),
        settings:
          settings === undefined
            ? {}
            : parseYaml(settingsFile, readNamedText(settings, "The settings"), settings),
      };
      const params = { path: { system: name } };
      const reply = await ask(cli.client().PUT("/api/v1/itsm/{system}", { params, body }));
      show(
        cli,
        reply,
        () => `${name} gets every change from now on. Try it: fettle itsm test ${name}`,
      );
    });
  itsm
    .command("list")
    .description("How far each system is, and what the last try met")
    .action(async () => {
      const reply = await ask(cli.client().GET("/api/v1/itsm"));
      show(cli, reply, () => systemTable(reply.items, cli.clock()));
    });
  itsm
    .command("test <name>")
    .description("Ask the system something with the mirror's account")
    .action(async (name: string) => {
      const params = { path: { system: name } };
      const reply = await ask(cli.client().POST("/api/v1/itsm/{system}/test", { params }));
      show(cli, reply, () => `${name} answers: ${reply.said}.`);
    });
  itsm
    .command("remove <name>")
    .description("Forget a system and which records are there; the records stay as they are")
    .action(async (name: string) => {
      const params = { path: { system: name } };
      await ask(cli.client().DELETE("/api/v1/itsm/{system}", { params }));
      show(cli, { name }, () => `${name} is told of no change any more.`);
    });
}

function registerRecords(itsm: Command, cli: Cli): void {
  itsm
    .command("show <change>")
    .description("The change's records, their states, and what stands in the way")
    .action(async (change: string) => {
      const params = { path: { change } };
      const reply = await ask(cli.client().GET("/api/v1/changes/{change}/itsm", { params }));
      show(cli, reply, () => linkTable(reply.items, cli.clock()));
    });
  itsm
    .command("link <change> <system> <record>")
    .description("Say which record there is the change's: a sys_id, or the key of an issue")
    .action(async (change: string, system: string, record: string) => {
      const params = { path: { change, system } };
      const path = "/api/v1/changes/{change}/itsm/{system}";
      const reply = await ask(cli.client().PUT(path, { params, body: { record } }));
      show(cli, reply, () => linkTable(reply.items, cli.clock()));
    });
  itsm
    .command("retry <change> <system>")
    .description("Take up a record that was given up")
    .action(async (change: string, system: string) => {
      const params = { path: { change, system } };
      await ask(cli.client().POST("/api/v1/changes/{change}/itsm/{system}/retry", { params }));
      show(cli, { change, system }, () => `${system} is told of ${change} again.`);
    });
}
