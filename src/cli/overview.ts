import type { Command } from "commander";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { overviewText, pastText } from "./view/overview.ts";

/** Where the fleet stands, and what to do next: the first thing a person asks in the morning. */
export function registerOverview(program: Command, cli: Cli): void {
  program
    .command("overview")
    .description("Where the fleet stands, in one sentence, and what to do next")
    .option("--as-of <day>", "as it was known at the end of that day (UTC), or at an instant")
    .action(async (flags: { asOf?: string }) => {
      if (flags.asOf !== undefined) {
        const query = { asOf: flags.asOf };
        const past = await ask(cli.client().GET("/api/v1/overview/past", { params: { query } }));
        show(cli, past, () => pastText(past));
        return;
      }
      const overview = await ask(cli.client().GET("/api/v1/overview"));
      show(cli, overview, () => overviewText(overview, cli.clock()));
    });
}
