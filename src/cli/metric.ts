import type { Command } from "commander";
import { Failure } from "../base/failure.ts";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { readNamedText } from "./read-file.ts";
import { renderTable } from "./view/table.ts";
import { whenText } from "./view/when.ts";

/** Where gates ask for measurements, and a way to try a query before a policy has it. */
export function registerMetric(program: Command, cli: Cli): void {
  const metric = program.command("metric").description("Where gates ask for measurements");
  metric
    .command("list")
    .description("The sources, and whose certificates are believed for each")
    .action(async () => {
      const { items } = await ask(cli.client().GET("/api/v1/metric-sources"));
      const none = "No source of measurements yet. Name one: fettle metric set main --url ADDRESS";
      show(cli, items, () =>
        items.length === 0
          ? none
          : renderTable(items, [
              { head: "source", cell: (s) => s.name },
              { head: "address", cell: (s) => s.url },
              { head: "token", cell: (s) => (s.hasToken ? "yes" : "no") },
              { head: "changed", cell: (s) => whenText(s.changedAt, cli.clock()) },
            ]),
      );
    });
  metric
    .command("set <source>")
    .description("Say where a Prometheus is, as policies will name it")
    .requiredOption("--url <address>", "such as https://prometheus.example:9090")
    .option(
      "--secret-file <name>",
      "file in the folder secrets of the server's state that holds the bearer token",
    )
    .option("--ca <file>", "certificates (PEM) of the authority behind that address")
    .action(async (source: string, flags: { url: string; secretFile?: string; ca?: string }) => {
      const params = { path: { source } };
      const body = {
        url: flags.url,
        secretFile: flags.secretFile ?? null,
        authority: flags.ca === undefined ? null : readNamedText(flags.ca, "The authority"),
      };
      const path = "/api/v1/metric-sources/{source}" as const;
      const set = await ask(cli.client().PUT(path, { params, body }));
      show(cli, set, () => `${set.name} is asked at ${set.url}.`);
    });
  metric
    .command("remove <source>")
    .description("Forget a source; gates that name it have no data from then on")
    .action(async (source: string) => {
      const params = { path: { source } };
      await ask(cli.client().DELETE("/api/v1/metric-sources/{source}", { params }));
      show(cli, { source, removed: true }, () => `${source} is forgotten.`);
    });
  metric
    .command("query <source> <query>")
    .description("Ask a source now, as a gate would")
    .action(async (source: string, query: string) => {
      const params = { path: { source } };
      const path = "/api/v1/metric-sources/{source}/query" as const;
      const reply = await ask(cli.client().POST(path, { params, body: { query } }));
      if (reply.problem !== null) throw new Failure("unavailable", `No data: ${reply.problem}.`);
      show(cli, reply, () =>
        reply.count === 0
          ? "No data. A gate with this query would wait."
          : renderTable(reply.series, [
              { head: "value", cell: (s) => s.value, align: "right" },
              { head: "labels", cell: (s) => labelsText(s.labels) },
            ]),
      );
    });
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(", ");
}
