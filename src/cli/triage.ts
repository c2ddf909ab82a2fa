import { type Command, Option } from "commander";
import { Failure } from "../base/failure.ts";
import { instantFromText, instantToText } from "../base/instant.ts";
import { ask } from "../client/client.ts";
import { doings, necessities, type Part, parts } from "../triage/session.ts";
import { type Cli, show } from "./cli.ts";
import { people } from "./names.ts";
import { minutesText, sessionTable, sessionText } from "./view/triage.ts";

/** Triage sessions: one list, many votes, minutes that are kept. */
export function registerTriage(program: Command, cli: Cli): void {
  const triage = program
    .command("triage")
    .description("Sessions in which people decide together what to fix");
  const part = () => new Option("--as <part>", "for whom you speak").choices([...parts]);
  triage
    .command("list")
    .description("Sessions, newest first")
    .action(async () => {
      const reply = await ask(cli.client().GET("/api/v1/triage-sessions"));
      show(cli, reply.items, () => sessionTable(reply.items));
    });
  triage
    .command("start <title>")
    .description("Freeze the list of what to fix first and begin a session over it")
    .option("--quorum <count>", "votes that an item needs", "2")
    .option("--items <count>", "how many updates, the best first", "10")
    .addOption(part().default("operations"))
    .action(async (title: string, flags: { quorum: string; items: string; as: Part }) => {
      const body = {
        ...{ title, part: flags.as },
        ...{ quorum: whole(flags.quorum), items: whole(flags.items) },
      };
      await showSession(cli, await ask(cli.client().POST("/api/v1/triage-sessions", { body })));
    });
  triage
    .command("show <session>")
    .description("The list, the votes on it and what came of them")
    .action(async (session: string) => showSession(cli, await load(cli, session)));
  triage
    .command("join <session>")
    .description("Take part in a session")
    .addOption(part().makeOptionMandatory())
    .action(async (session: string, flags: { as: Part }) => {
      const params = { path: { session } };
      const path = "/api/v1/triage-sessions/{session}/join" as const;
      const body = { part: flags.as };
      await showSession(cli, await ask(cli.client().POST(path, { params, body })));
    });
  registerSaying(triage, cli);
  registerDeciding(triage, cli);
}

interface VoteFlags {
  readonly only?: string;
  readonly except?: string;
  readonly because?: string;
}

function registerSaying(triage: Command, cli: Cli): void {
  triage
    .command("vote <session> <item> <necessity>")
    .description(`Vote on an item: ${necessities.join(", ")}; the newest vote counts`)
    .option("--only <hosts>", "a label expression: only on these hosts")
    .option("--except <hosts>", "a label expression: on all but these hosts")
    .option("--because <text>", "why; needed where it is not necessary or must be known first")
    .action(async (session: string, item: string, said: string, flags: VoteFlags) => {
      const necessity = necessities.find((one) => one === said);
      if (necessity === undefined || (flags.only !== undefined && flags.except !== undefined)) {
        throw new Failure(
          "invalid",
          `Vote ${necessities.join(", ")}, and name hosts with --only or with --except, not both.`,
        );
      }
      const scope =
        flags.only !== undefined ? "subset" : flags.except !== undefined ? "exclude" : "all";
      const params = { path: { session } };
      const body = {
        ...{ place: whole(item), necessity, scope: scope as "all" | "subset" | "exclude" },
        ...{ hosts: flags.only ?? flags.except ?? "", words: flags.because ?? "" },
      };
      const path = "/api/v1/triage-sessions/{session}/votes" as const;
      await showSession(cli, await ask(cli.client().POST(path, { params, body })));
    });
  triage
    .command("note <session> <words>")
    .description("Put what was said into the minutes")
    .action(async (session: string, words: string) => {
      const params = { path: { session } };
      const path = "/api/v1/triage-sessions/{session}/notes" as const;
      await showSession(cli, await ask(cli.client().POST(path, { params, body: { words } })));
    });
  triage
    .command("minutes <session>")
    .description("Who said what and when, and what came of it")
    .action(async (session: string) => {
      const reply = await load(cli, session);
      const names = await people(cli.client());
      const { minutes, closed } = reply;
      show(cli, { minutes, digest: closed?.minutes ?? null }, () => minutesText(reply, names));
    });
}

interface DoFlags {
  readonly because?: string;
  readonly until?: string;
  readonly owner?: string;
}

function registerDeciding(triage: Command, cli: Cli): void {
  triage
    .command("do <session> <item> <what>")
    .description(`Do what the votes allow: ${doings.join(", ")}`)
    .option("--because <text>", "words for the minutes, and for what is made")
    .option("--until <date>", "end of a deferral")
    .option("--owner <handle>", "who answers for a deferral")
    .action(async (session: string, item: string, what: string, flags: DoFlags) => {
      const doing = doings.find((one) => one === what);
      if (doing === undefined) throw new Failure("invalid", `Do ${doings.join(", ")}.`);
      const until = flags.until === undefined ? undefined : instantFromText(flags.until);
      if (until === null) throw new Failure("invalid", "Write the end like 2026-12-24.");
      const body = {
        ...{ place: whole(item), doing, words: flags.because ?? "" },
        ...(until === undefined ? {} : { until: instantToText(until) }),
        ...(flags.owner === undefined ? {} : { owner: flags.owner }),
      };
      const params = { path: { session } };
      const path = "/api/v1/triage-sessions/{session}/outcomes" as const;
      await showSession(cli, await ask(cli.client().POST(path, { params, body })));
    });
  triage
    .command("close <session>")
    .description("End a session and sign its minutes off")
    .requiredOption("--summary <text>", "what came of it")
    .action(async (session: string, flags: { summary: string }) => {
      const params = { path: { session } };
      const path = "/api/v1/triage-sessions/{session}/close" as const;
      await showSession(cli, await ask(cli.client().POST(path, { params, body: flags })));
    });
}

async function load(cli: Cli, session: string) {
  const params = { path: { session } };
  return ask(cli.client().GET("/api/v1/triage-sessions/{session}", { params }));
}

async function showSession(cli: Cli, session: Awaited<ReturnType<typeof load>>): Promise<void> {
  const names = await people(cli.client());
  show(cli, session, () => sessionText(session, names));
}

function whole(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Failure("invalid", `${text} is not a whole number from 1.`);
}
