import type { Command } from "commander";
import { Failure } from "../base/failure.ts";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { moreLines, type RowFlags, rowsOf, withRows } from "./pages.ts";
import { agesText, historyText, trendText } from "./view/finding-history.ts";

/** What histories tell of findings: trends, intervals and ages. */
const HISTORY_PAGE = 1_000;

interface HistoryFlags extends RowFlags {
  readonly host?: string;
}

export function registerHistory(finding: Command, cli: Cli): void {
  const history = finding
    .command("history [vulnerability]")
    .description("From when to when hosts were exposed to a vulnerability, or one host to each")
    .option("--host <host>", "what this host was exposed to");
  withRows(history, 50).action(async (vulnerability: string | undefined, flags: HistoryFlags) => {
    const { host } = flags;
    if ((vulnerability === undefined) === (host === undefined)) {
      throw new Failure("invalid", "Name a vulnerability, or a host with --host; one of the two.");
    }
    const about = vulnerability === undefined ? { host: host ?? "" } : { vulnerability };
    const list = await rowsOf(flags, HISTORY_PAGE, ({ limit, cursor }) => {
      const query = { ...about, limit, ...(cursor === undefined ? {} : { cursor }) };
      return ask(cli.client().GET("/api/v1/exposure-intervals", { params: { query } }));
    });
    show(cli, list, () => [historyText(list), ...moreLines(list)].join("\n"));
  });
  finding
    .command("trend")
    .description("How findings moved, day by day")
    .option("--days <number>", "days back, 2 to 180", "90")
    .action(async (flags: { days: string }) => {
      const query = { days: Number(flags.days) };
      const reply = await ask(cli.client().GET("/api/v1/findings/trend", { params: { query } }));
      show(cli, reply, () => trendText(reply));
    });
  finding
    .command("ages")
    .description("How long hosts stay exposed and how fast that is mended")
    .option("--by <label>", "the label by which it is told apart", "team")
    .option("--days <number>", "days back, 2 to 180", "90")
    .action(async (flags: { by: string; days: string }) => {
      const query = { by: flags.by, days: Number(flags.days) };
      const reply = await ask(cli.client().GET("/api/v1/exposure-ages", { params: { query } }));
      show(cli, reply, () => agesText(reply));
    });
}
