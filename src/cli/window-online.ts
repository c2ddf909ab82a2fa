import type { Command } from "commander";
import { Failure } from "../base/failure.ts";
import { DAY_MS, instantToText } from "../base/instant.ts";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { readNamedText } from "./read-file.ts";
import { untilText } from "./until.ts";
import { conflictLines, entryTable, timeTable, whenText } from "./view/calendar.ts";

const DAYS_SHOWN = 31;

/** The verbs that ask a server, beside those that need none. */
export function registerWindowOnline(program: Command, cli: Cli): void {
  const window = program.commands.find((one) => one.name() === "window");
  if (window === undefined) return;
  window
    .command("list")
    .description("When hosts may be worked on in the coming days, and what closes them")
    .option("--days <n>", "how many days ahead", String(DAYS_SHOWN))
    .action(async (flags: { days: string }) => {
      const days = Number(flags.days);
      if (!Number.isInteger(days) || days < 1 || days > 100) {
        throw new Failure("invalid", "--days takes a whole number from 1 to 100.");
      }
      const now = cli.clock();
      const query = { from: instantToText(now), to: instantToText(now + days * DAY_MS) };
      const reply = await ask(cli.client().GET("/api/v1/calendar", { params: { query } }));
      show(cli, reply, () => timeTable(reply));
    });
  window
    .command("show")
    .description("The entries of the calendar in force, and where each comes from")
    .action(async () => {
      const reply = await ask(cli.client().GET("/api/v1/calendar", { params: { query: {} } }));
      show(cli, reply.entries, () => entryTable(reply));
    });
  registerNext(window, cli);
  registerConflicts(window, cli);
  registerImport(window, cli);
  registerExport(window, cli);
}

function registerNext(window: Command, cli: Cli): void {
  window
    .command("next <host>")
    .description("When this host can be patched next, and why not now")
    .option("--class <class>", "normal or emergency", "normal")
    .option("--at <time>", "as of another moment")
    .action(async (host: string, flags: { class: string; at?: string }) => {
      const query = {
        class: flags.class as "normal",
        ...(flags.at === undefined ? {} : { at: untilText(flags.at, cli.clock()) }),
      };
      const params = { path: { host }, query };
      const path = "/api/v1/hosts/{host}/next-window" as const;
      const reply = await ask(cli.client().GET(path, { params }));
      show(cli, reply, () => whenText(reply));
    });
}

function registerConflicts(window: Command, cli: Cli): void {
  window
    .command("conflicts")
    .description("Windows of the coming quarter that something closes, or that a release meets")
    .action(async () => {
      const reply = await ask(cli.client().GET("/api/v1/calendar/conflicts"));
      show(cli, reply, () => conflictLines(reply));
    });
}

interface ImportFlags {
  readonly as: string;
  readonly hosts: string;
  readonly name: string;
  readonly emergencyPasses?: true;
}

function registerImport(window: Command, cli: Cli): void {
  window
    .command("import <file-or-url>")
    .description(
      "Take in an iCalendar (.ics); one of the same name is replaced, an address is kept up to date",
    )
    .requiredOption("--as <kind>", "window, blackout, freeze, peak, release or cab")
    .requiredOption("--hosts <expression>", "for which hosts: env=prod, or all")
    .requiredOption("--name <name>", "what to call it here")
    .option("--emergency-passes", "let changes of the class emergency pass")
    .action(async (from: string, flags: ImportFlags) => {
      const isUrl = /^https?:\/\//i.test(from);
      const body = {
        ...{ name: flags.name, kind: flags.as as "window", hosts: flags.hosts },
        passesEmergency: flags.emergencyPasses === true,
        ...(isUrl ? { url: from } : { text: readNamedText(from, "The calendar") }),
      };
      const made = await ask(cli.client().POST("/api/v1/calendar/imports", { body }));
      show(cli, made, () => `${made.name} has ${made.entries} entries and is in force.`);
    });
  window
    .command("imports")
    .description("Calendars that were imported")
    .action(async () => {
      const reply = await ask(cli.client().GET("/api/v1/calendar/imports"));
      show(cli, reply, () =>
        reply.items.length === 0
          ? "No calendar was imported."
          : reply.items
              .map(
                (one) =>
                  `${one.name}: ${one.kind} for ${one.hosts}${one.problem === null ? "" : `; ${one.problem}`}`,
              )
              .join("\n"),
      );
    });
  window
    .command("remove <name>")
    .description("Take an imported calendar away")
    .action(async (name: string) => {
      const params = { path: { name } };
      await ask(cli.client().DELETE("/api/v1/calendar/imports/{name}", { params }));
      show(cli, { name }, () => `${name} is taken away.`);
    });
}

function registerExport(window: Command, cli: Cli): void {
  window
    .command("export")
    .description("The calendar as iCalendar, on standard output")
    .option("--hosts <expression>", "only what concerns such hosts", "all")
    .action(async (flags: { hosts: string }) => {
      const params = { query: { hosts: flags.hosts } };
      const path = "/api/v1/calendar.ics" as const;
      const text = await ask(cli.client().GET(path, { params, parseAs: "text" }));
      await cli.streams.write(String(text));
    });
  window
    .command("subscribe <name>")
    .description("Make a secret address that calendar programs can subscribe to; it is shown once")
    .option("--hosts <expression>", "only what concerns such hosts", "all")
    .action(async (name: string, flags: { hosts: string }) => {
      const body = { name, hosts: flags.hosts };
      const made = await ask(cli.client().POST("/api/v1/calendar/feeds", { body }));
      const address = `${cli.url().replace(/\/$/, "")}${made.path}`;
      show(
        cli,
        { ...made, address },
        () => `${address}\nEnd it with: fettle window unsubscribe ${made.id}`,
      );
    });
  window
    .command("unsubscribe <id>")
    .description("End a secret address")
    .action(async (id: string) => {
      const params = { path: { feed: id } };
      await ask(cli.client().DELETE("/api/v1/calendar/feeds/{feed}", { params }));
      show(cli, { id }, () => "The address gives nothing any more.");
    });
}
