import type { Command } from "commander";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { datesText } from "./view/deadline.ts";

/** What deadlines the server computed; beside the commands of `fettle deadline` that need none. */
export function registerDeadlineOnline(program: Command, cli: Cli): void {
  const deadline = program.commands.find((command) => command.name() === "deadline");
  deadline
    ?.command("show <what>")
    .description("Every date that the policy gives for a case, a vulnerability or a host, and why")
    .action(async (about: string) => {
      const params = { path: { about } };
      const reply = await ask(cli.client().GET("/api/v1/deadlines/{about}", { params }));
      show(cli, reply, () => datesText(reply, cli.clock()));
    });
}
