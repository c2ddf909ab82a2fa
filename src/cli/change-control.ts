import { type Command, Option } from "commander";
import { Failure } from "../base/failure.ts";
import { durationFromText } from "../base/instant.ts";
import { type VoteChoice, voteChoices } from "../change/board-vote.ts";
import { type ClosureCode, closureCodes } from "../change/duty.ts";
import { ask } from "../client/client.ts";
import { type RiskLevel, riskLevels } from "../policy/change-control.ts";
import { type SignOffRole, signOffRoles } from "../policy/owners.ts";
import { type Cli, show } from "./cli.ts";
import {
  agendaText,
  delegationTable,
  dutyTable,
  measuresText,
  minutesTable,
} from "./view/change-control.ts";
import { clockText } from "./view/when.ts";

/** Change control: the risk of a change, the advisory board, and who signs for whom. */

/** Verbs of `change` beside asking and approving. */
export function registerChangeControl(change: Command, cli: Cli): void {
  change
    .command("raise-risk <change>")
    .description("Call a change riskier than its points do; nobody lowers it")
    .addOption(
      new Option("--to <level>", "how risky it is").choices(riskLevels).makeOptionMandatory(),
    )
    .requiredOption("--reason <text>", "why")
    .action(async (ref: string, flags: { to: RiskLevel; reason: string }) => {
      const params = { path: { change: ref } };
      const raised = await ask(
        cli.client().POST("/api/v1/changes/{change}/risk", { params, body: flags }),
      );
      show(cli, raised, () => `The risk of ${raised.number} is ${raised.level} now.`);
    });
  change
    .command("vote <change> <choice>")
    .description("Vote as a member of the advisory board: approve, reject or abstain; no signature")
    .requiredOption("--reason <text>", "why")
    .action(async (ref: string, choice: string, flags: { reason: string }) => {
      const params = { path: { change: ref } };
      const body = { choice: choiceOf(choice), reason: flags.reason };
      const voted = await ask(
        cli.client().POST("/api/v1/changes/{change}/votes", { params, body }),
      );
      show(cli, voted, () => `Your vote on ${voted.number} is ${choice}.`);
    });
  change
    .command("close-vote <change>")
    .description("Close the vote of the board; its decision holds for this plan")
    .option("--veto", "say no as the chair, whatever the votes say")
    .requiredOption("--reason <text>", "why")
    .action(async (ref: string, flags: { veto?: true; reason: string }) => {
      const params = { path: { change: ref } };
      const body = { isVeto: flags.veto === true, reason: flags.reason };
      const closed = await ask(
        cli.client().POST("/api/v1/changes/{change}/decision", { params, body }),
      );
      show(cli, closed, () => `${closed.number} is ${closed.state}.`);
    });
  change
    .command("sign-off <change>")
    .description("Say for the QA, the team or the application owner that a change may go on")
    .addOption(
      new Option("--as <role>", "for whom you speak").choices(signOffRoles).makeOptionMandatory(),
    )
    .option("--of <rule>", "the rule of the ownership map, where several name you")
    .requiredOption("--words <text>", "what you looked at, and what you say")
    .action(async (ref: string, flags: { as: SignOffRole; of?: string; words: string }) => {
      const params = { path: { change: ref } };
      const { as: role, ...rest } = flags;
      const body = { role, ...rest };
      const signed = await ask(
        cli.client().POST("/api/v1/changes/{change}/sign-offs", { params, body }),
      );
      show(cli, signed, () => `You signed ${signed.number} off as ${role}.`);
    });
  registerAfterwards(change, cli);
}

/** What comes after a change: what an emergency owes, reviews, and how well changes go. */
function registerAfterwards(change: Command, cli: Cli): void {
  change
    .command("duties")
    .description("What emergencies still owe: a decision afterwards, and a review")
    .action(async () => {
      const query = { limit: 1000 };
      const { items } = await ask(cli.client().GET("/api/v1/change-duties", { params: { query } }));
      show(cli, items, () => dutyTable(items, cli.clock()));
    });
  change
    .command("decide-afterwards <change>")
    .description("Say whether an emergency was right, as somebody who had no part in it")
    .addOption(
      new Option("--outcome <word>", "accepted or refused")
        .choices(["accepted", "refused"])
        .makeOptionMandatory(),
    )
    .requiredOption("--reason <text>", "why")
    .action(async (ref: string, body: { outcome: "accepted" | "refused"; reason: string }) => {
      const params = { path: { change: ref } };
      const decided = await ask(
        cli.client().POST("/api/v1/changes/{change}/afterwards", { params, body }),
      );
      show(cli, decided, () => `${decided.number} was ${body.outcome} afterwards.`);
    });
  change
    .command("review <change>")
    .description("Say what came of a change: its closure, the goal, the cause, and what follows")
    .addOption(
      new Option("--closure <code>", "how it closed").choices(closureCodes).makeOptionMandatory(),
    )
    .requiredOption("--cause <text>", "what happened, and why")
    .option("--goal-missed", "it did not reach its goal")
    .option("--action <text...>", 'what follows, as "alice 2026-12-24 renew the certificate"')
    .action(async (ref: string, flags: ReviewFlags) => {
      const params = { path: { change: ref } };
      const body = {
        closure: flags.closure,
        isGoalMet: flags.goalMissed !== true,
        cause: flags.cause,
        actions: (flags.action ?? []).map(followUpOf),
      };
      const made = await ask(
        cli.client().POST("/api/v1/changes/{change}/review", { params, body }),
      );
      show(cli, made, () => `Reviewed: ${made.closure}.`);
    });
  change
    .command("measures")
    .description("How well changes went: success, emergencies, backed out, lead time")
    .option("--days <number>", "how far back", "90")
    .action(async (flags: { days: string }) => {
      const query = { days: Number(flags.days) };
      const measures = await ask(
        cli.client().GET("/api/v1/change-measures", { params: { query } }),
      );
      show(cli, measures, () => measuresText(measures));
    });
}

interface ReviewFlags {
  readonly closure: ClosureCode;
  readonly cause: string;
  readonly goalMissed?: true;
  readonly action?: string[];
}

function followUpOf(text: string) {
  const [, owner, due, what] = /^(\S+) (\d{4}-\d\d-\d\d) (.+)$/.exec(text.trim()) ?? [];
  if (owner !== undefined && due !== undefined && what !== undefined) return { owner, due, what };
  throw new Failure("invalid", 'Write an action as "alice 2026-12-24 renew the certificate".');
}

function choiceOf(text: string): VoteChoice {
  const choice = voteChoices.find((one) => one === text);
  if (choice !== undefined) return choice;
  throw new Failure("invalid", `There is no vote "${text}". Vote ${voteChoices.join(", ")}.`);
}

export function registerBoard(program: Command, cli: Cli): void {
  const board = program.command("cab").description("The change advisory board");
  board
    .command("agenda")
    .description("What the board has before it at its next meeting")
    .option("--date <day>", "the meeting on this day or the next after it, such as 2026-12-01")
    .action(async (flags: { date?: string }) => {
      const query = flags.date === undefined ? {} : { from: `${flags.date}T00:00:00Z` };
      const agenda = await ask(cli.client().GET("/api/v1/cab/agenda", { params: { query } }));
      show(cli, agenda, () => agendaText(agenda, cli.clock()));
    });
  board
    .command("minutes")
    .description(
      "What the board decided; with --keep: keep what was decided since the last minutes",
    )
    .option("--keep", "keep new minutes")
    .option("--present <name...>", "who was there")
    .option("--notes <text>", "what else was said")
    .action(async (flags: { keep?: true; present?: string[]; notes?: string }) => {
      const client = cli.client();
      if (flags.keep !== true) {
        const kept = await ask(client.GET("/api/v1/cab/minutes", { params: { query: {} } }));
        return show(cli, kept, () => minutesTable(kept.items));
      }
      const body = { present: flags.present ?? [], notes: flags.notes ?? "" };
      const minutes = await ask(client.POST("/api/v1/cab/minutes", { body }));
      show(cli, minutes, () => minutes.text);
    });
}

export function registerDelegation(program: Command, cli: Cli): void {
  const delegation = program
    .command("delegation")
    .description("Who signs approvals in the place of whom, for a time");
  delegation
    .command("list")
    .description("Delegations that hold now or later")
    .action(async () => {
      const { items } = await ask(cli.client().GET("/api/v1/delegations"));
      show(cli, items, () => delegationTable(items, cli.clock()));
    });
  delegation
    .command("make <person>")
    .description("Let somebody approve in your place, with their own key and rights")
    .requiredOption("--for <time>", "how long, such as 5d")
    .requiredOption("--reason <text>", "why")
    .action(async (to: string, flags: { for: string; reason: string }) => {
      const ms = durationFromText(flags.for);
      if (ms === null) throw new Failure("invalid", "Write how long as 12h or 5d.");
      const endsAt = new Date(cli.clock() + ms).toISOString();
      const body = { to, endsAt, reason: flags.reason };
      const made = await ask(cli.client().POST("/api/v1/delegations", { body }));
      show(cli, made, () => `${made.to} approves in your place until ${clockText(made.endsAt)}.`);
    });
  delegation
    .command("end <id>")
    .description("End a delegation at once")
    .action(async (id: string) => {
      const params = { path: { delegation: id } };
      await ask(cli.client().DELETE("/api/v1/delegations/{delegation}", { params }));
      show(cli, { id, isEnded: true }, () => "Ended.");
    });
}
