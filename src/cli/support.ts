import { type Command, Option } from "commander";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { supportTable, supportText } from "./view/support.ts";

/** What hosts run and how long it is supported, and what was decided about what is not. */
export function registerSupport(program: Command, cli: Cli): void {
  const support = program
    .command("support")
    .description("End of support: what hosts run, how long it is mended, what becomes of it");
  support
    .command("list")
    .description("Releases that hosts run, what ended first")
    .option("--within <days>", "days that count as soon", "180")
    .addOption(
      new Option("--state <state>", "only these").choices([
        "ended",
        "extended",
        "ends-soon",
        "supported",
        "unknown",
      ] as const),
    )
    .addOption(new Option("--kind <kind>", "only these").choices(["system", "runtime"] as const))
    .addOption(
      new Option("--order <by>", "what comes first")
        .choices(["age", "modernisation"] as const)
        .default("age"),
    )
    .action(async (flags: ListFlags) => {
      const { within, ...rest } = flags;
      const query = { ...rest, within: Number(within) };
      const list = await ask(cli.client().GET("/api/v1/support", { params: { query } }));
      show(cli, list, () => supportTable(list));
    });
  support
    .command("show <product> <cycle>")
    .description("One release: who runs it, the modernisation order explained, decisions")
    .action(async (product: string, cycle: string) => {
      const params = { path: { product, cycle } };
      const shown = await ask(cli.client().GET("/api/v1/support/{product}/{cycle}", { params }));
      show(cli, shown, () => supportText(shown));
    });
  support
    .command("strategy <product> <cycle> <strategy>")
    .description("Decide what becomes of it: migrate, isolate, extend or accept")
    .requiredOption("--owner <who>", "who sees to it")
    .requiredOption("--reason <text>", "why, for the record")
    .requiredOption("--due <day>", "by when, as 2027-01-31")
    .action(async (product: string, cycle: string, strategy: Strategy, flags: DecideFlags) => {
      const params = { path: { product, cycle } };
      const { due: dueAt, ...rest } = flags;
      const body = { strategy, dueAt, ...rest };
      const path = "/api/v1/support/{product}/{cycle}/strategy";
      const made = await ask(cli.client().PUT(path, { params, body }));
      show(
        cli,
        made,
        () => `${product} ${cycle}: ${made.label}, ${made.owner}, by ${made.dueAt.slice(0, 10)}.`,
      );
    });
}

type Strategy = "migrate" | "isolate" | "extend" | "accept";

interface ListFlags {
  readonly within: string;
  readonly state?: "ended" | "extended" | "ends-soon" | "supported" | "unknown";
  readonly kind?: "system" | "runtime";
  readonly order: "age" | "modernisation";
}

interface DecideFlags {
  readonly owner: string;
  readonly reason: string;
  readonly due: string;
}
