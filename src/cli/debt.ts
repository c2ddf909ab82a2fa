import type { Command } from "commander";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { debtText } from "./view/debt.ts";

/** Debt: the risk of what stays open although it should not. */
export function registerDebt(program: Command, cli: Cli): void {
  const debt = program
    .command("debt")
    .description("The risk of what is overdue, put off or excepted");
  debt
    .command("show")
    .description("The curve of debt, whose it is, and what clears most of it")
    .option("--by <label>", "the label by which it is told apart", "team")
    .option("--days <number>", "days back, 7 to 180", "60")
    .action(async (flags: { by: string; days: string }) => {
      const query = { by: flags.by, days: Number(flags.days) };
      const reply = await ask(cli.client().GET("/api/v1/debt", { params: { query } }));
      show(cli, reply, () => debtText(reply));
    });
}
