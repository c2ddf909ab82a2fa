import type { Command } from "commander";
import { counted } from "../base/counted.ts";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { moreLines, type RowFlags, rowsOf, withRows } from "./pages.ts";
import { untilText } from "./until.ts";
import { exceptionTable, exceptionText, previewText } from "./view/exception.ts";
import { clockText } from "./view/when.ts";

/** Exceptions: who may leave which findings open for how long, and who agreed. */
export function registerException(program: Command, cli: Cli): void {
  const exception = program
    .command("exception")
    .description("Findings that stay open for a while because somebody answers for it");
  registerRequest(exception, cli);
  registerRenew(exception, cli);
  withRows(exception.command("list").description("Exceptions, newest first"), 50)
    .option("--waiting", "only those that wait for your approval")
    .option("--state <state>", "requested, approved, expired, revoked, ended, refused, withdrawn")
    .option("--vulnerability <id>", "only those that except this one")
    .action(async (flags: RowFlags & ListFlags) => {
      const list = await rowsOf(flags, 200, async ({ limit, cursor }) => {
        const skip = Number(cursor ?? 0);
        const { vulnerability, state } = flags;
        const query = {
          limit,
          skip,
          ...(flags.waiting === true ? { waiting: "me" as never } : {}),
          ...(state === undefined ? {} : { state: state as never }),
          ...(vulnerability === undefined ? {} : { vulnerability }),
        };
        const reply = await ask(cli.client().GET("/api/v1/exceptions", { params: { query } }));
        const end = skip + reply.items.length;
        return { ...reply, next: end < reply.total ? String(end) : null };
      });
      const { next: _, ...reply } = list;
      show(cli, reply, () =>
        [exceptionTable(reply.items, cli.clock()), ...moreLines(list)].join("\n"),
      );
    });
  exception
    .command("show <exception>")
    .description("One exception, what it rests on and whether that is still so")
    .action(async (ref: string) => {
      const params = { path: { exception: ref } };
      const reply = await ask(cli.client().GET("/api/v1/exceptions/{exception}", { params }));
      show(cli, reply, () => exceptionText(reply, cli.clock()));
    });
  exception
    .command("approve <exception>")
    .description("Agree to what somebody else asked for")
    .action(async (ref: string) => {
      const params = { path: { exception: ref } };
      const path = "/api/v1/exceptions/{exception}/approve" as const;
      const reply = await ask(cli.client().POST(path, { params }));
      show(cli, reply, () => `${reply.ref} is in force until ${clockText(reply.until)}.`);
    });
  for (const verb of ["refuse", "withdraw", "revoke"] as const) {
    exception
      .command(`${verb} <exception>`)
      .description(closings[verb])
      .requiredOption("--reason <text>", "why")
      .action(async (ref: string, flags: { reason: string }) => {
        const params = { path: { exception: ref } };
        const path = `/api/v1/exceptions/{exception}/${verb}` as const;
        const reply = await ask(cli.client().POST(path, { params, body: flags }));
        show(cli, reply, () => `${reply.ref} is ${reply.state}: the old date counts.`);
      });
  }
}

const closings = {
  refuse: "Say no to a request, and why",
  withdraw: "Take your own request back",
  revoke: "End one that is in force, at once",
} as const;

interface ListFlags {
  readonly waiting?: true;
  readonly state?: string;
  readonly vulnerability?: string;
}

interface RequestFlags {
  readonly vulnerability?: string;
  readonly source?: string;
  readonly ecosystem?: string;
  readonly selector?: string;
  readonly host?: string[];
  readonly service?: string[];
  readonly controlLabel?: string;
  readonly class?: string;
  readonly reason?: string;
  readonly owner?: string;
  readonly control?: string;
  readonly evidence?: string;
  readonly until?: string;
  readonly patch?: string;
  readonly check?: true;
}

function registerRequest(exception: Command, cli: Cli): void {
  exception
    .command("request")
    .description("Ask for an exception; somebody else has to approve it")
    .option("--vulnerability <id>", "the vulnerability")
    .option("--source <package>", "the source package; alone: all that it has now")
    .option("--ecosystem <name>", "where the package is affected in several, as in Debian:12")
    .option("--selector <labels>", 'for these hosts, as in env=legacy; "" for all')
    .option("--host <name...>", "for these hosts by name")
    .option("--service <name...>", "for what these services contain")
    .option("--class <class>", "conflict, legacy, vendor-prohibition, no-fix, other")
    .option("--reason <text>", "why it cannot be fixed in time")
    .option("--owner <handle>", "who answers for the risk")
    .option("--control <text>", "what protects meanwhile")
    .option("--evidence <url>", "where that can be checked, https")
    .option("--control-label <key=value>", "label that its hosts carry while the control is there")
    .option("--until <time>", "60d, a date, or a time; at most 90 days")
    .option("--patch <case>", "the case it belongs to")
    .option("--check", "only say what it would cover and what is allowed")
    .action(async (flags: RequestFlags) => {
      const scope = scopeOf(flags);
      const client = cli.client();
      if (flags.check === true) {
        const preview = await ask(client.POST("/api/v1/exceptions/preview", { body: scope }));
        return show(cli, preview, () => previewText(preview));
      }
      const body = {
        ...scope,
        reasonClass: (flags.class ?? "") as "other",
        reason: flags.reason ?? "",
        owner: flags.owner ?? "",
        control: flags.control ?? "",
        evidence: flags.evidence ?? "",
        until: untilText(flags.until ?? "", cli.clock()),
        ...(flags.patch === undefined ? {} : { patch: flags.patch }),
      };
      const made = await ask(client.POST("/api/v1/exceptions", { body }));
      show(
        cli,
        made,
        () =>
          `${made.ref} excepts ${made.title} on ${counted(made.hostCount, made.services.length > 0 ? "service" : "host")} and waits for approval by somebody else than you: fettle exception approve ${made.ref}`,
      );
    });
}

function scopeOf(flags: RequestFlags) {
  const { vulnerability, source, ecosystem, selector, controlLabel } = flags;
  const { host: hosts, service: services } = flags;
  return {
    ...(vulnerability === undefined ? {} : { vulnerability }),
    ...(source === undefined ? {} : { source }),
    ...(ecosystem === undefined ? {} : { ecosystem }),
    ...(selector === undefined ? {} : { selector }),
    ...(hosts === undefined ? {} : { hosts }),
    ...(services === undefined ? {} : { services }),
    ...(controlLabel === undefined ? {} : { controlLabel }),
  };
}

function registerRenew(exception: Command, cli: Cli): void {
  exception
    .command("renew <exception>")
    .description("Ask for the same once more; it is approved anew, at most twice")
    .requiredOption("--reason <text>", "why it still cannot be fixed")
    .requiredOption("--until <time>", "60d, a date, or a time; at most 90 days")
    .option("--owner <handle>", "who answers for the risk from now on")
    .option("--control <text>", "what protects meanwhile, where that has changed")
    .option("--evidence <url>", "where that can be checked, https")
    .action(async (ref: string, flags: RequestFlags & { reason: string; until: string }) => {
      const { owner, control, evidence } = flags;
      const body = {
        reason: flags.reason,
        until: untilText(flags.until, cli.clock()),
        ...(owner === undefined ? {} : { owner }),
        ...(control === undefined ? {} : { control }),
        ...(evidence === undefined ? {} : { evidence }),
      };
      const params = { path: { exception: ref } };
      const path = "/api/v1/exceptions/{exception}/renew" as const;
      const made = await ask(cli.client().POST(path, { params, body }));
      show(cli, made, () => `${made.ref} asks for renewal ${made.renewal} and waits for approval.`);
    });
}
