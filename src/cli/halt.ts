import type { Command } from "commander";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { haltTable } from "./view/halt.ts";

/** Halts that reach further than one rollout: everything, a ring, a service. */
export function registerHalt(program: Command, cli: Cli): void {
  const halt = program
    .command("halt")
    .description("Stop everything, a ring or a service at once; going on takes two people");
  halt
    .command("list")
    .description("What is halted beyond single rollouts, and who asked to lift it")
    .action(async () => {
      const reply = await ask(cli.client().GET("/api/v1/halts"));
      show(cli, reply, () => haltTable(reply.items, cli.clock()));
    });
  halt
    .command("set <scope>")
    .description("Nothing starts there any more after this answers: all, ring:NAME or service:NAME")
    .requiredOption("--reason <text>", "why")
    .option("--freeze", "no ordered rollback either")
    .action(async (scope: string, flags: { reason: string; freeze?: true }) => {
      const body = { scope, reason: flags.reason, freeze: flags.freeze === true };
      await ask(cli.client().POST("/api/v1/halts", { body }));
      const done = `${placeText(scope)} is halted: nothing starts there until the halt is lifted.`;
      show(cli, { scope, isHalted: true }, () => done);
    });
  halt
    .command("lift <scope>")
    .description("Ask to lift it; somebody else who may approve has to agree")
    .requiredOption("--reason <text>", "why")
    .action(async (scope: string, { reason }: { reason: string }) => {
      const body = { scope, reason };
      const reply = await ask(cli.client().POST("/api/v1/halts/lift", { body }));
      show(cli, { scope, ...reply }, () =>
        reply.isLifted
          ? `${placeText(scope)} is halted no more.`
          : `Asked. It stays halted until somebody else who may approve agrees: fettle halt agree ${scope} --reason "…"`,
      );
    });
  halt
    .command("agree <scope>")
    .description("Lift it, as another person asked")
    .requiredOption("--reason <text>", "why")
    .action(async (scope: string, { reason }: { reason: string }) => {
      await ask(cli.client().POST("/api/v1/halts/lift/agreement", { body: { scope, reason } }));
      show(cli, { scope, isLifted: true }, () => `${placeText(scope)} is halted no more.`);
    });
}

function placeText(scope: string): string {
  return scope === "all" ? "Everything" : scope.replace(":", " ");
}
