import type { Command } from "commander";
import { Failure } from "../base/failure.ts";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { sinkTable } from "./view/sink.ts";

/** Receivers of events. They stand in the server's configuration; here is how far each is. */
export function registerSink(program: Command, cli: Cli): void {
  const sink = program
    .command("sink")
    .description("Receivers of events beside the ledger: syslog, OpenTelemetry, webhooks");
  sink
    .command("list")
    .description("How far each receiver is, and what the last try met")
    .action(async () => {
      const reply = await ask(cli.client().GET("/api/v1/event-sinks"));
      show(cli, reply, () => sinkTable(reply.items, cli.clock()));
    });
  sink
    .command("test <name>")
    .description("Record an event and hand it to this receiver at once")
    .action(async (name: string) => {
      const params = { path: { sink: name } };
      const reply = await ask(cli.client().POST("/api/v1/event-sinks/{sink}/test", { params }));
      show(cli, reply, () => `${name} took the event; it is entry ${reply.index} of the ledger.`);
    });
  sink
    .command("rewind <name>")
    .description("Send from an entry of the ledger on again")
    .requiredOption("--from <index>", "index of the entry; 0 is the first")
    .action(async (name: string, flags: { from: string }) => {
      if (!/^\d{1,15}$/.test(flags.from)) {
        throw new Failure("invalid", "Write --from as the index of an entry, such as --from 0.");
      }
      const body = { from: Number(flags.from) };
      const params = { path: { sink: name } };
      await ask(cli.client().POST("/api/v1/event-sinks/{sink}/rewind", { params, body }));
      const done = { name, ...body };
      show(cli, done, () => `${name} is sent everything from entry ${body.from} on again.`);
    });
}
