import type { Command } from "commander";
import { counted } from "../base/counted.ts";
import { Failure } from "../base/failure.ts";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { readingTable } from "./view/gate.ts";

/** What people say about the gates of a rollout, what was measured for them, and the way back. */
export function registerRolloutGates(rollout: Command, cli: Cli): void {
  for (const verdict of ["accept", "refuse"] as const) {
    rollout
      .command(`${verdict} <rollout> <gate>`)
      .description(
        verdict === "accept"
          ? "Sign a gate off, or let an unclear one pass"
          : "Make a gate fail by your word",
      )
      .option("--wave <number>", "the wave; without it the time after the last one")
      .requiredOption("--reason <text>", "why")
      .action(async (ref: string, gate: string, flags: { wave?: string; reason: string }) => {
        const params = { path: { rollout: ref, wave: waveFrom(flags.wave), gate } };
        const body = { verdict, reason: flags.reason };
        await ask(
          cli
            .client()
            .POST("/api/v1/rollouts/{rollout}/waves/{wave}/gates/{gate}/word", { params, body }),
        );
        const said = { rollout: ref, gate, verdict };
        show(cli, said, () => `${gate} is ${verdict === "accept" ? "accepted" : "refused"}.`);
      });
  }
  rollout
    .command("readings <rollout> <gate>")
    .description("What was measured for a gate, newest first, with its evidence")
    .option("--wave <number>", "the wave; without it the time after the last one")
    .option("--limit <count>", "how many", "20")
    .action(async (ref: string, gate: string, flags: { wave?: string; limit: string }) => {
      const params = {
        path: { rollout: ref, wave: waveFrom(flags.wave), gate },
        query: { limit: wholeFrom(flags.limit, "--limit") },
      };
      const path = "/api/v1/rollouts/{rollout}/waves/{wave}/gates/{gate}/readings" as const;
      const reply = await ask(cli.client().GET(path, { params }));
      show(cli, reply.items, () => readingTable(reply.items, cli.clock()));
    });
  rollout
    .command("revert <rollout>")
    .description("Take back one host, one wave, or everything; waves halt the rollout first")
    .option("--host <name>", "only this host")
    .option("--wave <number>", "only this wave")
    .option("--all", "every wave")
    .requiredOption("--reason <text>", "why")
    .action(async (ref: string, flags: RevertFlags) => {
      const named = [flags.host, flags.wave, flags.all].filter((one) => one !== undefined);
      if (named.length !== 1) {
        throw new Failure("invalid", "Say what to take back: --host NAME, --wave NUMBER or --all.");
      }
      const params = { path: { rollout: ref } };
      const body = {
        reason: flags.reason,
        ...(flags.host === undefined ? {} : { host: flags.host }),
        ...(flags.wave === undefined ? {} : { wave: wholeFrom(flags.wave, "--wave") }),
      };
      const path = "/api/v1/rollouts/{rollout}/revert" as const;
      const reply = await ask(cli.client().POST(path, { params, body }));
      show(
        cli,
        reply,
        () =>
          `${counted(reply.hosts, "host")} of ${reply.rollout.ref} will be taken back; it is ${reply.rollout.state}.`,
      );
    });
}

interface RevertFlags {
  readonly host?: string;
  readonly wave?: string;
  readonly all?: true;
  readonly reason: string;
}

function waveFrom(text: string | undefined): number {
  return text === undefined ? 0 : wholeFrom(text, "--wave");
}

function wholeFrom(text: string, flag: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Failure("invalid", `${flag} wants a whole number, not ${text.slice(0, 32)}.`);
}
