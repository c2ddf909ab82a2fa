import type { Command } from "commander";
import { Failure } from "../base/failure.ts";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { moreLines, type RowFlags, rowsOf, withRows } from "./pages.ts";
import { readNamedText } from "./read-file.ts";
import { knownIssueTable, knownIssueText } from "./view/known-issue.ts";

interface TextFlags {
  readonly title?: string;
  readonly subject?: string;
  readonly ecosystem?: string;
  readonly affected?: string;
  readonly workaround?: string;
  readonly workaroundFile?: string;
  readonly audience?: string;
  readonly vulnerability?: string[];
  readonly patch?: string;
}

/** Known issues: what will not be patched, and how to live with it. */
export function registerKnownIssue(program: Command, cli: Cli): void {
  const issue = program
    .command("known-issue")
    .description("Defects that will not be patched, and how to live with them");
  registerWriting(issue, cli);
  withRows(issue.command("list").description("Known issues, newest first"), 50)
    .option("--search <text>", "part of a title, a package or a vulnerability")
    .option("--state <state>", "draft, published, withdrawn")
    .action(async (flags: RowFlags & { search?: string; state?: string }) => {
      const list = await rowsOf(flags, 200, async ({ limit, cursor }) => {
        const skip = Number(cursor ?? 0);
        const state = flags.state === undefined ? {} : { state: flags.state as "draft" };
        const query = { limit, skip, q: flags.search ?? "", ...state };
        const reply = await ask(cli.client().GET("/api/v1/known-issues", { params: { query } }));
        const end = skip + reply.items.length;
        return { ...reply, next: end < reply.total ? String(end) : null };
      });
      const { next: _, ...reply } = list;
      show(cli, reply, () =>
        [knownIssueTable(reply.items, cli.clock()), ...moreLines(list)].join("\n"),
      );
    });
  issue
    .command("show <issue>")
    .description("One known issue, its workaround and its revisions")
    .action(async (ref: string) => {
      const params = { path: { issue: ref } };
      const reply = await ask(cli.client().GET("/api/v1/known-issues/{issue}", { params }));
      show(cli, reply, () => knownIssueText(reply));
    });
  issue
    .command("publish <issue>")
    .description("Show the newest revision to its audience")
    .action(async (ref: string) => {
      const params = { path: { issue: ref } };
      const path = "/api/v1/known-issues/{issue}/publish" as const;
      const reply = await ask(cli.client().POST(path, { params }));
      show(cli, reply, () => `${reply.ref} is published: revision ${reply.publishedRevision}.`);
    });
  issue
    .command("withdraw <issue>")
    .description("Take it away from readers; its revisions are kept")
    .requiredOption("--reason <text>", "why")
    .action(async (ref: string, flags: { reason: string }) => {
      const params = { path: { issue: ref } };
      const path = "/api/v1/known-issues/{issue}/withdraw" as const;
      const reply = await ask(cli.client().POST(path, { params, body: flags }));
      show(cli, reply, () => `${reply.ref} is withdrawn.`);
    });
}

function registerWriting(issue: Command, cli: Cli): void {
  withText(issue.command("add").description("Write a known issue as a draft")).action(
    async (flags: TextFlags) => {
      const { title = "", subject = "", affected = "", workaround = "" } = textOf(flags);
      const body = { ...textOf(flags), title, subject, affected, workaround };
      const made = await ask(cli.client().POST("/api/v1/known-issues", { body: body as never }));
      show(cli, made, () => `${made.ref} is a draft: fettle known-issue publish ${made.ref}`);
    },
  );
  withText(
    issue.command("edit <issue>").description("Write a new revision of what you name here"),
  ).action(async (ref: string, flags: TextFlags) => {
    const client = cli.client();
    const params = { path: { issue: ref } };
    const now = await ask(client.GET("/api/v1/known-issues/{issue}", { params }));
    const change = textOf(flags);
    if (Object.keys(change).length === 0) {
      throw new Failure("invalid", "Say what is new, as in --workaround-file FILE.");
    }
    const body = { ...change, revision: now.issue.revision };
    const path = "/api/v1/known-issues/{issue}" as const;
    const made = await ask(client.PATCH(path, { params, body: body as never }));
    show(cli, made, () => `${made.ref} has revision ${made.revision}.`);
  });
}

function withText(command: Command): Command {
  return command
    .option("--title <text>", "what is wrong, in a line")
    .option("--subject <name>", "the source package or the service")
    .option("--ecosystem <name>", "of the package, as in Debian:12")
    .option("--affected <text>", "which versions")
    .option("--workaround <text>", "how to live with it; Markdown, shown as text")
    .option("--workaround-file <file>", "the same from a file")
    .option("--audience <who>", "operations or everybody")
    .option("--vulnerability <id...>", "those it is about")
    .option("--patch <case>", "the case it belongs to");
}

/** Only what was given: an edit leaves the rest as it is. */
function textOf(flags: TextFlags) {
  const { workaroundFile, vulnerability, ...plain } = flags;
  const text =
    workaroundFile === undefined
      ? {}
      : { workaround: readNamedText(workaroundFile, "The workaround") };
  const vulnerabilities = vulnerability === undefined ? {} : { vulnerabilities: vulnerability };
  return { ...plain, ...text, ...vulnerabilities };
}
