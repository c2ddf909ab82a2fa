import type { Command } from "commander";
import { Failure } from "../base/failure.ts";
import { ask } from "../client/client.ts";
import { type Cli, say, show } from "./cli.ts";
import { moreLines, type RowFlags, rowsOf, withRows } from "./pages.ts";
import { untilText } from "./until.ts";
import { deferralTable, deferralText } from "./view/deferral.ts";
import { clockText } from "./view/when.ts";

interface StartFlags {
  readonly source?: string;
  readonly ecosystem?: string;
  readonly class: string;
  readonly reason: string;
  readonly owner: string;
  readonly until: string;
  readonly yes?: true;
}

/** Deferrals: updates that are put off, and what that costs. */
export function registerDeferral(program: Command, cli: Cli): void {
  const deferral = program
    .command("deferral")
    .description("Updates that are put off on purpose; no date moves by it");
  registerStart(deferral, cli);
  withRows(deferral.command("list").description("Deferrals, newest first"), 50)
    .option("--state <state>", "active, ended, cancelled")
    .action(async (flags: RowFlags & { state?: string }) => {
      const list = await rowsOf(flags, 200, async ({ limit, cursor }) => {
        const skip = Number(cursor ?? 0);
        const state = flags.state === undefined ? {} : { state: flags.state as "active" };
        const query = { limit, skip, ...state };
        const reply = await ask(cli.client().GET("/api/v1/deferrals", { params: { query } }));
        const end = skip + reply.items.length;
        return { ...reply, next: end < reply.total ? String(end) : null };
      });
      const { next: _, ...reply } = list;
      show(cli, reply, () =>
        [deferralTable(reply.items, cli.clock()), ...moreLines(list)].join("\n"),
      );
    });
  deferral
    .command("show <deferral>")
    .description("One deferral and what it was said to cost")
    .action(async (ref: string) => {
      const params = { path: { deferral: ref } };
      const reply = await ask(cli.client().GET("/api/v1/deferrals/{deferral}", { params }));
      show(cli, reply, () => deferralText(reply, cli.clock()));
    });
  deferral
    .command("cancel <deferral>")
    .description("End it before its time")
    .requiredOption("--reason <text>", "why")
    .action(async (ref: string, flags: { reason: string }) => {
      const params = { path: { deferral: ref } };
      const path = "/api/v1/deferrals/{deferral}/cancel" as const;
      const reply = await ask(cli.client().POST(path, { params, body: flags }));
      show(cli, reply, () => `${reply.ref} is ${reply.state}.`);
    });
}

function registerStart(deferral: Command, cli: Cli): void {
  deferral
    .command("start [case]")
    .description("Put a case or a source package off, once you have seen what that costs")
    .option("--source <package>", "instead of a case")
    .option("--ecosystem <name>", "where the package is affected in several, as in Debian:12")
    .requiredOption(
      "--class <class>",
      "compliance-hold, pending-audit, test-backlog, change-freeze, other",
    )
    .requiredOption("--reason <text>", "why it has to wait")
    .requiredOption("--owner <handle>", "who answers for it")
    .requiredOption("--until <time>", "30d, a date, or a time")
    .option("--yes", "do not ask; for somebody who knows what it costs")
    .action(async (patch: string | undefined, flags: StartFlags) => {
      const { source, ecosystem, class: reasonClass, reason, owner } = flags;
      const what = {
        ...(patch === undefined ? {} : { patch }),
        ...(source === undefined ? {} : { source }),
        ...(ecosystem === undefined ? {} : { ecosystem }),
        until: untilText(flags.until, cli.clock()),
      };
      const client = cli.client();
      const outlook = await ask(client.POST("/api/v1/deferrals/preview", { body: what }));
      if (outlook.refusal !== null) throw new Failure("blocked", outlook.refusal);
      say(cli, outlook.cost.sentences.join("\n"));
      if (flags.yes !== true) await confirm(cli);
      const body = { ...what, reasonClass: reasonClass as "other", reason, owner };
      const made = await ask(client.POST("/api/v1/deferrals", { body }));
      show(cli, made, () => `${made.ref} puts ${made.source} off until ${clockText(made.until)}.`);
    });
}

async function confirm(cli: Cli): Promise<void> {
  const typed = await cli.terminal.readLine("Put it off? Type yes: ", false);
  if (typed === "yes") return;
  throw new Failure("blocked", "Not put off.");
}
