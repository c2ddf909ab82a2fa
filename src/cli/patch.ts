import type { Command } from "commander";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { people } from "./names.ts";
import { caseTable, caseText, fixFirstTable } from "./view/patch.ts";

/** Cases: what to fix first, and the whole story of each. */
export function registerPatch(program: Command, cli: Cli): void {
  const patch = program
    .command("patch")
    .description("What to fix first, and the cases opened for it");
  patch
    .command("list")
    .description("Fix first: the updates that clear most risk")
    .option("--cases", "the cases that are open instead")
    .option("--limit <number>", "rows", "30")
    .action(async (flags: { cases?: true; limit: string }) => {
      const limit = Number(flags.limit);
      if (flags.cases === true) {
        const { items } = await ask(
          cli.client().GET("/api/v1/patches", { params: { query: { limit } } }),
        );
        return show(cli, items, () => caseTable(items, cli.clock()));
      }
      const reply = await ask(
        cli.client().GET("/api/v1/fix-first", { params: { query: { limit } } }),
      );
      show(cli, reply, () => fixFirstTable(reply.items, reply.total));
    });
  patch
    .command("open <source>")
    .description("Open the case for the newest offered update of a source package")
    .option("--ecosystem <name>", "where the package is affected in several, as in Debian:12")
    .option("--reason <text>", "justification; the findings it clears where you say nothing")
    .action(async (source: string, flags: { ecosystem?: string; reason?: string }) => {
      const body = {
        source,
        ...(flags.ecosystem === undefined ? {} : { ecosystem: flags.ecosystem }),
        ...(flags.reason === undefined ? {} : { justification: flags.reason }),
      };
      const reply = await ask(cli.client().POST("/api/v1/patches", { body }));
      show(cli, reply, () =>
        [
          reply.isNew ? `Opened ${reply.patch.ref}.` : `${reply.patch.ref} is open already.`,
          caseText(reply.patch, [], new Map(), cli.clock()),
        ].join("\n"),
      );
    });
  patch
    .command("show <case>")
    .description("The whole case on one timeline")
    .action(async (ref: string) => {
      const client = cli.client();
      const params = { path: { patch: ref } };
      const reply = await ask(client.GET("/api/v1/patches/{patch}", { params }));
      const names = await people(client);
      show(cli, reply, () => caseText(reply.patch, reply.timeline, names, cli.clock()));
    });
  for (const verb of ["drop", "close", "reopen"] as const) {
    patch
      .command(`${verb} <case>`)
      .description(
        {
          drop: "Do nothing about it, and say why",
          close: "Close it after the observation",
          reopen: "Open a dropped case again",
        }[verb],
      )
      .requiredOption("--reason <text>", "why")
      .action(async (ref: string, flags: { reason: string }) => {
        const params = { path: { patch: ref } };
        const path = `/api/v1/patches/{patch}/${verb}` as const;
        const reply = await ask(cli.client().POST(path, { params, body: flags }));
        show(cli, reply.patch, () => caseTable([reply.patch], cli.clock()));
      });
  }
}
