import { type Command, Option } from "commander";
import { Failure } from "../base/failure.ts";
import { ask, type Client } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { allPages } from "./pages.ts";
import { registerPlanAhead } from "./plan-ahead.ts";
import { proceduresOf, registerPlanProcedure } from "./procedure.ts";
import { readNamedText } from "./read-file.ts";
import { planTable, planText } from "./view/plan.ts";
import { planProceduresText } from "./view/procedure.ts";
import { renderTable, safeLines } from "./view/table.ts";

/** Plans: what would be done, where, in which order, and how it is undone. */
interface CreateFlags {
  readonly patch?: string;
  readonly policy?: string;
  readonly catchUp?: string;
  readonly class: "normal" | "emergency";
  readonly title?: string;
  readonly hosts?: string;
  readonly rule?: string;
  readonly max?: string;
  readonly startsAt?: string;
  readonly acceptIrreversible?: true;
  readonly replaces?: string;
  readonly parent?: string;
}

export function registerPlan(program: Command, cli: Cli): void {
  const plan = program.command("plan").description("Plans: immutable, named by their digest");
  registerCreate(plan, cli);
  registerPlanAhead(plan, cli);
  registerPlanProcedure(plan, cli);
  plan
    .command("list")
    .description("Plans, newest first")
    .option("--patch <case>", "of one case")
    .action(async (flags: { patch?: string }) => {
      const client = cli.client();
      const items = await allPages((cursor) => {
        const query = {
          limit: 100,
          ...(flags.patch === undefined ? {} : { patch: flags.patch }),
          ...(cursor === undefined ? {} : { cursor }),
        };
        return ask(client.GET("/api/v1/plans", { params: { query } }));
      });
      show(cli, items, () => planTable(items, cli.clock()));
    });
  plan
    .command("show <digest>")
    .description("Waves, steps, excluded hosts with reasons, and the statement")
    .action(async (digest: string) => {
      const client = cli.client();
      const params = { path: { plan: digest } };
      const shown = await ask(client.GET("/api/v1/plans/{plan}", { params }));
      const excluded = await excludedHosts(client, digest);
      const procedures = await proceduresOf(client, digest);
      const isAsked = procedures.parties.length > 0;
      show(cli, { ...shown, excludedHosts: excluded, procedures }, () =>
        [
          planText(shown, excluded),
          ...(isAsked ? ["", planProceduresText(procedures, cli.clock())] : []),
        ].join("\n"),
      );
    });
  plan
    .command("hosts <digest>")
    .description("Every host of the plan with its wave")
    .action(async (digest: string) => {
      const client = cli.client();
      const items = await allPages((cursor) => {
        const query = { limit: 1000, ...(cursor === undefined ? {} : { cursor: Number(cursor) }) };
        const params = { path: { plan: digest }, query };
        return ask(client.GET("/api/v1/plans/{plan}/hosts", { params }));
      });
      show(cli, items, () =>
        renderTable(items, [
          { head: "host", cell: (h) => h.name },
          { head: "wave", cell: (h) => h.wave, align: "right" },
          { head: "ring", cell: (h) => h.ring },
          { head: "body", cell: (h) => h.body.slice(0, 12) },
        ]),
      );
    });
  plan
    .command("diff <from> <to>")
    .description("What changes between two plans, as a story")
    .action(async (from: string, to: string) => {
      const params = { path: { plan: from, other: to } };
      const diff = await ask(cli.client().GET("/api/v1/plans/{plan}/diff/{other}", { params }));
      show(cli, diff, () => safeLines(`${diff.story.join("\n")}\n\n${diff.text}`));
    });
}

function registerCreate(plan: Command, cli: Cli): void {
  plan
    .command("create")
    .description(
      "Plan a case over rings; asks the hosts' own package managers what exactly happens",
    )
    .option("--patch <case>", "as in P-1")
    .option("--policy <file>", "rings policy, as in policies/rings.yaml")
    .option("--catch-up <rollout>", "R-7: only the hosts that it missed, by its plan's policy")
    .addOption(
      new Option("--class <class>", "how urgent it is handled")
        .choices(["normal", "emergency"])
        .default("normal"),
    )
    .option("--title <title>", "shown to people; decoration only")
    .option("--hosts <expression>", "only hosts with these labels")
    .option("--rule <labels>", "env=prod,service=web: all hosts with them, also such as join later")
    .option("--max <hosts>", "the most hosts of the rule")
    .option("--starts-at <time>", "not before, RFC 3339")
    .option("--accept-irreversible", "plan it although some host cannot be put back")
    .option("--replaces <digest>", "an earlier plan that this one supersedes")
    .option("--parent <digest>", "an earlier plan: only hosts that it has not, approved anew")
    .action(async (flags: CreateFlags) => {
      const client = cli.client();
      const made = await makePlan(client, flags);
      const params = { path: { plan: made.digest } };
      const shown = await ask(client.GET("/api/v1/plans/{plan}", { params }));
      const excluded = await excludedHosts(client, made.digest);
      show(cli, { ...shown, excludedHosts: excluded }, () =>
        [
          planText(shown, excluded),
          "",
          `Ask for approval: fettle change request --plan ${made.digest.slice(0, 12)} --reason "…"`,
        ].join("\n"),
      );
    });
}

async function makePlan(client: Client, flags: CreateFlags): Promise<{ readonly digest: string }> {
  const policy = flags.policy === undefined ? {} : { policy: policyText(flags.policy) };
  if (flags.catchUp !== undefined) {
    const params = { path: { rollout: flags.catchUp } };
    return ask(client.POST("/api/v1/rollouts/{rollout}/catch-up", { params, body: policy }));
  }
  if (flags.patch === undefined || flags.policy === undefined) {
    throw new Failure(
      "invalid",
      "A plan needs --patch and --policy, or --catch-up with the rollout whose missed hosts it is for.",
    );
  }
  const body = {
    patch: flags.patch,
    ...policy,
    class: flags.class,
    acceptIrreversible: flags.acceptIrreversible === true,
    ...(flags.title === undefined ? {} : { title: flags.title }),
    ...(flags.hosts === undefined ? {} : { hosts: flags.hosts }),
    ...(flags.rule === undefined ? {} : { rule: flags.rule }),
    ...(flags.max === undefined ? {} : { max: Number(flags.max) }),
    ...(flags.startsAt === undefined ? {} : { startsAt: flags.startsAt }),
    ...(flags.replaces === undefined ? {} : { replaces: flags.replaces }),
    ...(flags.parent === undefined ? {} : { parent: flags.parent }),
  };
  return ask(client.POST("/api/v1/plans", { body }));
}

function policyText(file: string): string {
  return readNamedText(file, "The policy");
}

function excludedHosts(client: Client, digest: string) {
  return allPages((cursor) => {
    const query = { limit: 1000, ...(cursor === undefined ? {} : { cursor }) };
    const params = { path: { plan: digest }, query };
    return ask(client.GET("/api/v1/plans/{plan}/excluded", { params }));
  });
}
