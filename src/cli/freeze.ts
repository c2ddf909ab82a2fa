import type { Command } from "commander";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { untilText } from "./until.ts";
import { freezeTable, freezeText } from "./view/calendar.ts";

interface SetFlags {
  readonly hosts: string;
  readonly reason: string;
  readonly until: string;
  readonly from?: string;
  readonly emergencyPasses?: true;
}

/** Freezes: nothing starts on these hosts until they end. */
export function registerFreeze(program: Command, cli: Cli): void {
  const freeze = program
    .command("freeze")
    .description("Freezes that people set at once; those of the policy file are in the calendar");
  freeze
    .command("list")
    .description("Freezes that hold or are to come, newest first")
    .option("--all", "those that are over or lifted too")
    .action(async (flags: { all?: true }) => {
      const query = flags.all === true ? { all: "true" as const } : {};
      const reply = await ask(cli.client().GET("/api/v1/freezes", { params: { query } }));
      show(cli, reply, () => freezeTable(reply.items, cli.clock()));
    });
  freeze
    .command("show <freeze>")
    .description("One freeze")
    .action(async (ref: string) => {
      const params = { path: { freeze: ref } };
      const reply = await ask(cli.client().GET("/api/v1/freezes/{freeze}", { params }));
      show(cli, reply, () => freezeText(reply, cli.clock()));
    });
  freeze
    .command("set <name>")
    .description("Hold every start on these hosts from now on, or from a later time")
    .requiredOption("--hosts <expression>", "a label expression such as env=prod, or all")
    .requiredOption("--reason <text>", "why; everybody who waits reads it")
    .requiredOption("--until <time>", "4h, a date, or a time")
    .option("--from <time>", "a later beginning")
    .option("--emergency-passes", "let changes of the class emergency pass")
    .action(async (name: string, flags: SetFlags) => {
      const { hosts, reason, until, from } = flags;
      const body = {
        ...{ name, hosts, reason, endsAt: untilText(until, cli.clock()) },
        ...(from === undefined ? {} : { startsAt: untilText(from, cli.clock()) }),
        passesEmergency: flags.emergencyPasses === true,
      };
      const made = await ask(cli.client().POST("/api/v1/freezes", { body }));
      show(cli, made, () => freezeText(made, cli.clock()));
    });
  freeze
    .command("lift <freeze>")
    .description("End it before its time")
    .requiredOption("--reason <text>", "why")
    .action(async (ref: string, flags: { reason: string }) => {
      const params = { path: { freeze: ref } };
      const path = "/api/v1/freezes/{freeze}/lift" as const;
      const reply = await ask(cli.client().POST(path, { params, body: flags }));
      show(cli, reply, () => `${reply.ref} is lifted.`);
    });
}
