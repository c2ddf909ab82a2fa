import { type Command, Option } from "commander";
import { ask } from "../client/client.ts";
import { sourceKinds, sourceTrusts } from "../inventory/package-source.ts";
import { type Cli, show } from "./cli.ts";
import { renderTable } from "./view/table.ts";

/** The register of sources that hosts take packages from. */
export function registerSource(program: Command, cli: Cli): void {
  const source = program
    .command("source")
    .description("Where hosts take packages from, and what was decided about it");
  source
    .command("list")
    .description(
      "The sources of all hosts: how many have each, whether it is signed, its assessment",
    )
    .action(async () => {
      const { items } = await ask(cli.client().GET("/api/v1/package-sources"));
      const none = "No host told of its sources yet. Look at one: fettle host scan NAME";
      show(cli, items, () =>
        items.length === 0
          ? none
          : renderTable(items, [
              { head: "source", cell: (s) => `${s.uri} ${s.suite}` },
              { head: "components", cell: (s) => s.components.join(" ") },
              { head: "hosts", cell: (s) => String(s.hosts), align: "right" },
              { head: "trust", cell: (s) => s.assessment?.trust ?? "-" },
              { head: "kind", cell: (s) => s.assessment?.kind ?? "-" },
              { head: "mind", cell: (s) => s.concern ?? "" },
            ]),
      );
    });
  const choice = (flag: string, words: string, choices: readonly string[]): Option =>
    new Option(flag, words).choices(choices).makeOptionMandatory();
  source
    .command("assess <address> <suite>")
    .description("Decide about a source; hosts with one that is blocked take part in no plan")
    .addOption(choice("--trust <trust>", "what plans may do with it", sourceTrusts))
    .addOption(choice("--kind <kind>", "whose it is", sourceKinds))
    .requiredOption("--reason <text>", "why, for whoever asks later")
    .action(
      async (
        uri: string,
        suite: string,
        flags: {
          trust: (typeof sourceTrusts)[number];
          kind: (typeof sourceKinds)[number];
          reason: string;
        },
      ) => {
        const path = "/api/v1/package-sources/assessment" as const;
        const body = { uri, suite, ...flags };
        const assessed = await ask(cli.client().PUT(path, { body }));
        show(
          cli,
          assessed,
          () =>
            `${assessed.uri} ${assessed.suite} is ${flags.trust}; ${assessed.hosts} host(s) have it.`,
        );
      },
    );
}
