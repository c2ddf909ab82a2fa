import type { Command } from "commander";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { readNamedFile } from "./read-file.ts";
import { feedTable, findingTable, findingText, type Loaded, loadTable } from "./view/intel.ts";

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
    .action(async (files: string[], flags: { asOf?: string; acceptShrink?: true }) => {
      const outcomes: Loaded[] = [];
      if (files.length === 0) {
        const reply = await ask(
          cli.client().POST("/api/v1/feeds/load", { body: { network: true } }),
        );
        outcomes.push(...reply.items);
      }
      let failed: unknown = null;
      for (const file of files) {
        try {
          outcomes.push(...(await loadFile(cli, file, flags)));
        } catch (cause) {
          // Those before it are loaded and those after it are not: both must be told.
          failed = cause;
          if (files.length > 1)
            cli.terminal.err(`At ${file}, and with it the rest, loading ended.\n`);
          break;
        }
      }
      if (outcomes.length > 0 || failed === null) show(cli, outcomes, () => loadTable(outcomes));
      if (failed !== null) throw failed;
      if (outcomes.some((o) => o.kind === "refused" || o.kind === "unavailable"))
        process.exitCode = 1;
    });
}

async function loadFile(
  cli: Cli,
  file: string,
  flags: { readonly asOf?: string; readonly acceptShrink?: true },
) {
  const query = {
    ...(flags.asOf === undefined ? {} : { asOf: flags.asOf }),
    ...(flags.acceptShrink === true ? { acceptShrink: "true" as never } : {}),
  };
  const bytes = readNamedFile(file, "The feed file");
  const reply = await ask(
    cli.client().POST("/api/v1/feeds/load", {
      params: { query },
      body: bytes as never,
      bodySerializer: () => bytes,
      headers: { "content-type": "application/octet-stream" },
    }),
  );
  return reply.items;
}

interface FindingFlags {
  readonly group: "vulnerability" | "source" | "host";
  readonly kev?: true;
  readonly search?: string;
  readonly limit: string;
}

function registerFinding(program: Command, cli: Cli): void {
  const finding = program
    .command("finding")
    .description("What is vulnerable, where, and why we say so");
  finding
    .command("list")
    .description("Findings, most urgent first")
    .option("--group <by>", "vulnerability, source or host", "vulnerability")
    .option("--kev", "only those known to be exploited")
    .option("--search <text>", "part of an id, package or title")
    .option("--limit <number>", "rows", "50")
    .action(async (flags: FindingFlags) => {
      const query = {
        group: flags.group,
        limit: Number(flags.limit),
        ...(flags.kev === true ? { kev: "true" as never } : {}),
        ...(flags.search === undefined ? {} : { search: flags.search }),
      };
      const reply = await ask(cli.client().GET("/api/v1/findings", { params: { query } }));
      show(cli, reply, () => findingTable(reply));
    });
  finding
    .command("show <vulnerability>")
    .description("One vulnerability: every match explained, with the comparison made")
    .action(async (vulnerability: string) => {
      const params = { path: { vulnerability } };
      const shown = await ask(cli.client().GET("/api/v1/findings/{vulnerability}", { params }));
      show(cli, shown, () => findingText(shown));
    });
}
