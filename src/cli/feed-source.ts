import type { Command } from "commander";
import { ask } from "../client/client.ts";
import { type Cli, say, show } from "./cli.ts";
import { readNamedText } from "./read-file.ts";
import { kindTable, outcomeTable, sourceTable, sourceText } from "./view/feed-source.ts";

/** Where feeds come from: which sources are asked, and at which addresses. */
export function registerFeedSources(feed: Command, cli: Cli): void {
  feed
    .command("list")
    .description("Where feeds come from: each source, how it is, and what to do")
    .option("--all", "also those that nobody chose, and the kinds that can be added")
    .action(async (flags: { all?: true }) => {
      const { items, kinds } = await ask(cli.client().GET("/api/v1/feed-sources"));
      const shown = flags.all === true ? items : items.filter((item) => item.state !== "off");
      show(cli, shown, () =>
        [
          sourceTable(shown, cli.clock()),
          ...(flags.all === true ? ["", kindTable(kinds)] : []),
        ].join("\n"),
      );
    });
  feed
    .command("show <source>")
    .description("One source: addresses, age against its limit, what is wrong and what to do")
    .action(async (source: string) => {
      const params = { path: { source } };
      const shown = await ask(cli.client().GET("/api/v1/feed-sources/{source}", { params }));
      show(cli, shown, () => sourceText(shown, cli.clock()));
    });
  registerAdd(feed, cli);
  for (const [verb, choice, words] of [
    ["enable", "on", "Ask a source from now on"],
    ["disable", "off", "Ask a source no more; what was loaded stays and grows old"],
    ["auto", "automatic", "Ask a source when hosts need it"],
  ] as const) {
    feed
      .command(`${verb} <source>`)
      .description(words)
      .action(async (source: string) => {
        const body = { source, choice };
        const set = await ask(cli.client().POST("/api/v1/feed-sources", { body }));
        show(cli, set, () => `${set.name}: ${set.why}`);
      });
  }
  feed
    .command("refresh [sources...]")
    .description("Ask the publishers now: these sources, or all that are asked by timetable")
    .action(async (sources: string[]) => {
      const body = { sources };
      const { items } = await ask(cli.client().POST("/api/v1/feed-sources/refresh", { body }));
      show(cli, items, () => outcomeTable(items));
      const isBad = items.some(({ kind }) => kind === "refused" || kind === "unavailable");
      if (isBad) process.exitCode = 1;
      if (items.length === 0) say(cli, "Nobody was asked: another server is asking just now.");
    });
}

interface AddFlags {
  readonly from?: string;
  readonly mirror?: string[];
  readonly secretFile?: string;
  readonly ca?: string;
  readonly catalogue?: true;
}

function registerAdd(feed: Command, cli: Cli): void {
  feed
    .command("add <source>")
    .description("Ask a source, such as nvd, osv:npm or secdb:v3.22/main, at addresses of your own")
    .option("--from <address>", "in place of the publisher's address")
    .option(
      "--mirror <address>",
      "tried when the one before fails; may be repeated",
      (value: string, all: string[]) => [...all, value],
      [],
    )
    .option(
      "--secret-file <name>",
      "file in the folder secrets of the server's state that holds the publisher's key",
    )
    .option("--ca <file>", "certificates (PEM) of the authority behind your own address or mirror")
    .option("--catalogue", "back to the addresses of the catalogue")
    .action(async (source: string, flags: AddFlags) => {
      const body = {
        source,
        ...(await addresses(cli, source, flags)),
        ...(flags.secretFile === undefined ? {} : { secretFile: flags.secretFile }),
        ...(flags.ca === undefined ? {} : { authority: readNamedText(flags.ca, "The authority") }),
        ...(flags.catalogue === true ? { authority: "" } : {}),
      };
      const set = await ask(cli.client().POST("/api/v1/feed-sources", { body }));
      show(cli, set, () => `${set.name} is asked at ${set.urls.join(", then ")}.`);
    });
}

/** A mirror without an address of its own comes after the publisher's. */
async function addresses(cli: Cli, source: string, flags: AddFlags): Promise<{ urls?: string[] }> {
  if (flags.catalogue === true) return { urls: [] };
  const mirrors = flags.mirror ?? [];
  if (flags.from !== undefined) return { urls: [flags.from, ...mirrors] };
  if (mirrors.length === 0) return {};
  const params = { path: { source } };
  const known = await ask(cli.client().GET("/api/v1/feed-sources/{source}", { params }));
  return { urls: [...known.urls, ...mirrors] };
}
