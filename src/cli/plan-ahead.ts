import type { Command } from "commander";
import { Failure } from "../base/failure.ts";
import { durationFromText, SECOND_MS } from "../base/instant.ts";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { kindsText, planForecastText } from "./view/plan-forecast.ts";
import { planImpactText } from "./view/plan-impact.ts";

/** What a plan would mean, asked before anybody approves it. */
export function registerPlanAhead(plan: Command, cli: Cli): void {
  plan
    .command("forecast <digest>")
    .description("When each wave would start and end, and which hosts would miss the deadline")
    .option("--job <duration>", "how long a host takes, such as 90s; else as measured here")
    .action(async (digest: string, flags: { job?: string }) => {
      const query = flags.job === undefined ? {} : { jobSeconds: secondsOf("--job", flags.job) };
      const params = { path: { plan: digest }, query };
      const client = cli.client();
      const told = await ask(client.GET("/api/v1/plans/{plan}/forecast", { params }));
      const of = { params: { path: { plan: digest } } };
      const { items: kinds } = await ask(client.GET("/api/v1/plans/{plan}/forecast/kinds", of));
      show(cli, { ...told, kinds }, () =>
        [planForecastText(told, cli.clock()), "", kindsText(kinds)].join("\n"),
      );
    });
  plan
    .command("impact <digest>")
    .description("What it touches: dependents, processes, services and owners, major versions")
    .action(async (digest: string) => {
      const params = { path: { plan: digest } };
      const told = await ask(cli.client().GET("/api/v1/plans/{plan}/impact", { params }));
      show(cli, told, () => planImpactText(told));
    });
}

/** The value of a flag that says how long something takes. */
export function secondsOf(flag: string, text: string): number {
  const ms = durationFromText(text);
  if (ms !== null) return ms / SECOND_MS;
  throw new Failure("invalid", `${flag} ${text} is no duration. Write 90s, 5m or 1h.`);
}
