import type { Command } from "commander";
import { durationToText, SECOND_MS } from "../base/instant.ts";
import { ask } from "../client/client.ts";
import type { paths } from "../client/schema.d.ts";
import { type Cli, show } from "./cli.ts";
import { safeText } from "./view/table.ts";

/** Release trains: which release a scheduled case rides, and on which day. */
type Cadence =
  paths["/api/v1/release-trains"]["get"]["responses"][200]["content"]["application/json"];
type Train = Cadence["trains"][number];

export function registerCadence(program: Command, cli: Cli): void {
  program
    .command("cadence")
    .description("Release trains: how often what goes out, and when next")
    .command("show")
    .description("Each train with its next dates, the cases that ride it, and what moved a date")
    .action(async () => {
      const reply = await ask(cli.client().GET("/api/v1/release-trains"));
      show(cli, reply, () => cadenceText(reply));
    });
}

function cadenceText({ policy, trains, others }: Cadence): string {
  return [
    `policy ${safeText(policy.file)} (${policy.version.slice(0, 12)}); dates are days in UTC`,
    ...trains.flatMap(trainLines),
    ...(others.length === 0 ? [] : ["", "On no train"]),
    ...others.map(({ ref, title, reason }) => `  ${ref}  ${safeText(title)}: ${safeText(reason)}`),
  ].join("\n");
}

function trainLines(train: Train): readonly string[] {
  const { products, kinds, services, leadSeconds } = train;
  const what = products.includes("*") ? "any package" : products.join(", ");
  const of = services === null ? "" : `, on hosts of ${services.join(", ")}`;
  const lead = leadSeconds === 0 ? "" : `, ready ${durationToText(leadSeconds * SECOND_MS)} before`;
  return [
    "",
    `${safeText(train.name)}: ${train.rule}${lead}`,
    `  carries ${kinds.join(", ")} changes of ${safeText(what + of)}`,
    ...(train.target === null ? [] : [`  availability: ${train.target}`]),
    `  next    ${train.dates.map((at) => at.slice(0, 10)).join(", ")}`,
    ...train.cases.map(({ ref, at, title, because }) => {
      const why = because.length === 0 ? "" : ` (${because.join("; ")})`;
      return `  ${at.slice(0, 10)}  ${ref}  ${safeText(`${title}${why}`)}`;
    }),
    ...(train.cases.length === 0 ? ["  No open case rides it."] : []),
  ];
}
