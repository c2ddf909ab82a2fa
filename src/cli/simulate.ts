import type { Command } from "commander";
import { Failure } from "../base/failure.ts";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { secondsOf } from "./plan-ahead.ts";
import { simulationText } from "./view/simulation.ts";

/** What a plan will do, before anybody approves it. */
interface Flags {
  readonly plan: string;
  readonly seeds: string;
  readonly seed: string;
  readonly failureRate: string;
  readonly stratum?: string;
  readonly elsewhere: string;
  readonly apply?: string;
}

export function registerSimulate(program: Command, cli: Cli): void {
  program
    .command("simulate")
    .description("Carry out a plan in trial, many times, and see how many hosts a bad patch harms")
    .requiredOption("--plan <digest>", "the plan's digest, or its first 8 digits or more")
    .option("--seeds <count>", "how many runs, up to 1000", "200")
    .option("--seed <number>", "of the first run; the same seeds give the same answer", "1")
    .option("--failure-rate <share>", "the share of hosts that the patch breaks", "1%")
    .option("--stratum <what>", "only these hosts fail so: os=debian, or a label such as zone=a")
    .option("--elsewhere <share>", "with --stratum: the share of all other hosts that fail", "0%")
    .option("--apply <duration>", "how long a job takes, such as 90s; else as measured here")
    .action(async (flags: Flags) => {
      const { stratum } = flags;
      const seeds = wholeNumber("--seeds", flags.seeds);
      const params = { path: { plan: flags.plan } };
      const body = {
        seeds,
        seed: wholeNumber("--seed", flags.seed),
        failureRate: shareOf("--failure-rate", flags.failureRate),
        elsewhere: shareOf("--elsewhere", flags.elsewhere),
        ...(stratum === undefined ? {} : { stratum }),
        ...(flags.apply === undefined ? {} : { applySeconds: secondsOf("--apply", flags.apply) }),
      };
      const answer = await ask(
        cli.client().POST("/api/v1/plans/{plan}/simulations", { params, body }),
      );
      show(cli, answer, () => simulationText(answer, seeds));
    });
}

function wholeNumber(flag: string, text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new Failure("invalid", `${flag} ${text} is not a whole number.`);
}

/** `5%` or `0.05`. */
function shareOf(flag: string, text: string): number {
  const match = /^(\d{1,3}(?:\.\d{1,6})?)(%?)$/.exec(text);
  const share = Number(match?.[1]) / (match?.[2] === "%" ? 100 : 1);
  if (share >= 0 && share <= 1) return share;
  throw new Failure("invalid", `${flag} ${text} is no share. Write 5% or 0.05.`);
}
