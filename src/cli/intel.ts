import { type Command, Option } from "commander";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { asCsv, type CsvFlag, demandWholeList, withCsv, writeCsv } from "./csv-list.ts";
import { registerFeedBundles } from "./feed-bundle.ts";
import { registerFeedSources } from "./feed-source.ts";
import { registerHistory } from "./finding-history.ts";
import { moreLines, type RowFlags, rowsOf, withRows } from "./pages.ts";
import { feedTable, findingTable, findingText } from "./view/intel.ts";
import { type LoadFlags, loadFiles, loadFromPublishers } from "./watch-feed.ts";

/** Feeds and findings. */
export function registerIntel(program: Command, cli: Cli): void {
  registerFeed(program, cli);
  registerFinding(program, cli);
}

function registerFeed(program: Command, cli: Cli): void {
  const feed = program
    .command("feed")
    .description("Vulnerability data: what is loaded, how old it is");
  feed
    .command("status")
    .description("Each feed with its age, origin and last problem")
    .action(async () => {
      const { items } = await ask(cli.client().GET("/api/v1/feeds"));
      show(cli, items, () => feedTable(items, cli.clock()));
    });
  feed
    .command("load [files...]")
    .description("Load feed files (recognised by content), or with no file ask the publishers")
    .option("--as-of <time>", "when the file was made, where it does not say")
    .option(
      "--accept-shrink",
      "take over a file with far fewer entries than the last one (recorded)",
    )
    .action((files: string[], flags: LoadFlags) =>
      files.length === 0 ? loadFromPublishers(cli) : loadFiles(cli, files, flags),
    );
  registerFeedSources(feed, cli);
  registerFeedBundles(feed, cli);
}

interface FindingFlags extends RowFlags, CsvFlag {
  readonly group: "vulnerability" | "source" | "host";
  readonly kev?: true;
  readonly filtered?: true;
  readonly runtime?: true;
  readonly search?: string;
  readonly asOf?: string;
  readonly service?: string;
  readonly team?: string;
}

const FINDINGS_PAGE = 1_000;
const FINDINGS_USUAL = 50;

function registerFinding(program: Command, cli: Cli): void {
  const finding = program
    .command("finding")
    .description("What is vulnerable, where, and why we say so");
  const list = withRows(
    finding.command("list").description("Findings, most urgent first"),
    FINDINGS_USUAL,
  );
  withCsv(list)
    .addOption(
      new Option("--group <by>", "one row for each of these")
        .choices(["vulnerability", "source", "host"])
        .default("vulnerability"),
    )
    .option("--kev", "only those known to be exploited")
    .option("--filtered", "only what is set aside (VEX, runtime policy), which is else left out")
    .option("--runtime", "on how many hosts it is not running, not loaded or out of reach")
    .option("--search <text>", "part of an id, package or title")
    .option("--service <name>", "only what is in this service and on the hosts that run it")
    .option("--team <name>", "only what this team's services contain and its hosts have")
    .option("--as-of <day>", "what was known at the end of that day (UTC), or at an instant")
    .action(async (flags: FindingFlags) => {
      const asked = {
        group: flags.group,
        ...(flags.kev === true ? { kev: "true" as never } : {}),
        ...(flags.filtered === true ? { filtered: "true" as never } : {}),
        ...(flags.runtime === true ? { runtime: "true" as never } : {}),
        ...(flags.search === undefined ? {} : { search: flags.search }),
        ...(flags.service === undefined ? {} : { service: flags.service }),
        ...(flags.team === undefined ? {} : { team: flags.team }),
        ...(flags.asOf === undefined ? {} : { asOf: flags.asOf }),
      };
      const path = "/api/v1/findings";
      if (flags.csv === true) {
        demandWholeList(flags, FINDINGS_USUAL);
        const { format, parseAs } = asCsv;
        const params = { query: { ...asked, format } };
        return writeCsv(cli, await ask(cli.client().GET(path, { params, parseAs })));
      }
      const list = await rowsOf(flags, FINDINGS_PAGE, ({ limit, cursor }) => {
        const query = { ...asked, limit, ...(cursor === undefined ? {} : { cursor }) };
        return ask(cli.client().GET(path, { params: { query } }));
      });
      show(cli, list, () => [findingTable(list), ...moreLines(list)].join("\n"));
    });
  finding
    .command("show <vulnerability>")
    .description("One vulnerability: every match explained, with the comparison made")
    .option("--as-of <day>", "what was known at the end of that day (UTC), or at an instant")
    .action(async (vulnerability: string, query: { readonly asOf?: string }) => {
      const params = { path: { vulnerability }, query };
      const shown = await ask(cli.client().GET("/api/v1/findings/{vulnerability}", { params }));
      show(cli, shown, () => findingText(shown));
    });
  registerHistory(finding, cli);
}
