import type { Command } from "commander";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { datesText, forecastText } from "./view/deadline.ts";

/** What deadlines the server computed; beside the commands of `fettle deadline` that need none. */
export function registerDeadlineOnline(program: Command, cli: Cli): void {
  const deadline = program.commands.find((command) => command.name() === "deadline");
  deadline
    ?.command("show <what>")
    .description("Every date that the policy gives for a case, a vulnerability or a host, and why")
    .option("--as-of <day>", "by what was known and in force at the end of that day (UTC)")
    .action(async (about: string, query: { readonly asOf?: string }) => {
      const params = { path: { about }, query };
      const reply = await ask(cli.client().GET("/api/v1/deadlines/{about}", { params }));
      show(cli, reply, () => datesText(reply, cli.clock()));
    });
  deadline
    ?.command("forecast [case]")
    .description("Which hosts will miss which date, and why, as things stand")
    .action(async (patch: string | undefined) => {
      const query = patch === undefined ? {} : { patch };
      const client = cli.client();
      const reply = await ask(client.GET("/api/v1/deadline-forecast", { params: { query } }));
      show(cli, reply, () => forecastText(reply.items, cli.clock()));
    });
}
