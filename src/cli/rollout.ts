import type { Command } from "commander";
import { counted } from "../base/counted.ts";
import { Failure } from "../base/failure.ts";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { allPages } from "./pages.ts";
import { registerRolloutGates } from "./rollout-gate.ts";
import { registerRolloutSign } from "./rollout-sign.ts";
import { rolloutTable, rolloutText, targetTable } from "./view/rollout.ts";
import { freshTimes } from "./view/sentence.ts";
import { clockText } from "./view/when.ts";
import { lookAtRollout, watchRollout } from "./watch-rollout.ts";
import { writeWhole } from "./write-whole.ts";

/** Rollouts: start, watch, halt, resume, and why something waits. */
export function registerRollout(program: Command, cli: Cli): void {
  const rollout = program
    .command("rollout")
    .description("Carry out an approved change, wave by wave");
  registerStart(rollout, cli);
  registerShow(rollout, cli);
  registerStops(rollout, cli);
  registerHosts(rollout, cli);
  registerRolloutGates(rollout, cli);
  registerRolloutSign(rollout, cli);
  program
    .command("explain")
    .description("What applies, what waits and why, for one host and one case")
    .argument("<words...>", "host <name> patch <case>")
    .usage("host <name> patch <case>")
    .action(async (words: string[]) => {
      const [host, patch] = hostAndPatch(words);
      const params = { query: { host, patch } };
      const reply = await ask(cli.client().GET("/api/v1/explain", { params }));
      show(cli, reply, () =>
        [
          freshTimes(reply.sentence, cli.clock()),
          ...reply.holds.map((hold) => `  ${hold.why}: ${freshTimes(hold.text, cli.clock())}`),
        ].join("\n"),
      );
    });
}

/** `host web-1 patch P-1`, in either order. */
export function hostAndPatch(words: readonly string[]): [string, string] {
  const after = (word: string): string => {
    const at = words.indexOf(word);
    const value = at < 0 ? undefined : words[at + 1];
    if (value !== undefined) return value;
    throw new Failure("invalid", "Write it like: fettle explain host web-1 patch P-1");
  };
  return [after("host"), after("patch")];
}

function registerStart(rollout: Command, cli: Cli): void {
  rollout
    .command("start <change>")
    .description("Start an approved change")
    .option("--watch", "stay and show how it goes")
    .action(async (change: string, flags: { watch?: true }) => {
      const client = cli.client();
      const started = await ask(client.POST("/api/v1/rollouts", { body: { change } }));
      if (flags.watch !== true) {
        return show(
          cli,
          started,
          () => `${started.ref} runs. Watch it: fettle rollout watch ${started.ref}`,
        );
      }
      await watchRollout(cli, client, started.ref);
    });
}

function registerShow(rollout: Command, cli: Cli): void {
  rollout
    .command("list")
    .description("Rollouts, newest first")
    .action(async () => {
      const client = cli.client();
      const items = await allPages((cursor) => {
        const query = { limit: 100, ...(cursor === undefined ? {} : { cursor: Number(cursor) }) };
        return ask(client.GET("/api/v1/rollouts", { params: { query } }));
      });
      show(cli, items, () => rolloutTable(items, cli.clock()));
    });
  rollout
    .command("show <rollout>")
    .description("The rollout in one picture, and every host with its reason")
    .action(async (ref: string) => {
      const client = cli.client();
      const { rollout: shown, targets } = await lookAtRollout(client, ref);
      show(cli, { ...shown, targets }, () =>
        [rolloutText(shown, targets, cli.clock()), "", targetTable(targets, cli.clock())].join(
          "\n",
        ),
      );
    });
  rollout
    .command("watch <rollout>")
    .description("Live in a terminal, lines elsewhere; ends when the rollout does")
    .action(async (ref: string) => watchRollout(cli, cli.client(), ref));
}

function registerStops(rollout: Command, cli: Cli): void {
  rollout
    .command("halt <rollout>")
    .description("Stop at once: nothing starts after this answers")
    .requiredOption("--reason <text>", "why")
    .option("--freeze", "no ordered rollback either")
    .action(async (ref: string, flags: { reason: string; freeze?: true }) => {
      const params = { path: { rollout: ref } };
      const body = { reason: flags.reason, freeze: flags.freeze === true };
      const reply = await ask(
        cli.client().POST("/api/v1/rollouts/{rollout}/halt", { params, body }),
      );
      const { hosts, until } = reply.mayStillStart;
      show(cli, reply, () =>
        hosts === 0
          ? `${reply.rollout.ref} is halted. No host can start any more.`
          : `${reply.rollout.ref} is halted. ${counted(hosts, "host")} may still start until ${clockText(until ?? "")}.`,
      );
    });
  const goOn = [
    ["resume", "resume", "Ask to go on; somebody else who may approve has to agree"],
    [
      "agree",
      "resume/agreement",
      "Go on, as another person asked; acknowledges only the failures seen so far",
    ],
    ["stop", "stop", "End it for good; hosts that have not begun stay as they are"],
  ] as const;
  for (const [verb, part, description] of goOn) {
    rollout
      .command(`${verb} <rollout>`)
      .description(description)
      .requiredOption("--reason <text>", "why")
      .action(async (ref: string, flags: { reason: string }) => {
        const path = `/api/v1/rollouts/{rollout}/${part}` as const;
        const params = { path: { rollout: ref } };
        const reply = await ask(cli.client().POST(path, { params, body: flags }));
        show(cli, reply, () =>
          reply.state === "halted"
            ? `Asked. ${reply.ref} stays halted until somebody else who may approve ${reply.change} agrees: fettle rollout agree ${reply.ref} --reason "…"`
            : `${reply.ref} is ${reply.state}.`,
        );
      });
  }
}

interface RetryFlags {
  readonly reason: string;
  readonly failedOnly?: true;
  readonly skip?: string[];
}

function registerHosts(rollout: Command, cli: Cli): void {
  rollout
    .command("skip <rollout> <host>")
    .description("Leave one host out")
    .requiredOption("--reason <text>", "why")
    .action(async (ref: string, host: string, flags: { reason: string }) => {
      const params = { path: { rollout: ref } };
      const body = { host, reason: flags.reason };
      await ask(cli.client().POST("/api/v1/rollouts/{rollout}/skip", { params, body }));
      show(cli, { host, skipped: true }, () => `${host} is skipped.`);
    });
  rollout
    .command("retry <rollout> [hosts...]")
    .description("A new attempt for the hosts that failed, within what was approved")
    .requiredOption("--reason <text>", "why")
    .option("--failed-only", "every host that failed; so it is, too, where no host is named")
    .option("--skip <host...>", "leave these as they are")
    .action(async (ref: string, named: string[], flags: RetryFlags) => {
      if (flags.failedOnly === true && named.length > 0) {
        throw new Failure(
          "invalid",
          "Either name hosts, or say --failed-only for all that failed.",
        );
      }
      const params = { path: { rollout: ref } };
      const hosts = named.length === 0 ? {} : { hosts: named };
      const body = { ...hosts, except: flags.skip ?? [], reason: flags.reason };
      const reply = await ask(
        cli.client().POST("/api/v1/rollouts/{rollout}/retry", { params, body }),
      );
      show(cli, reply, () => `Another attempt for ${counted(reply.hosts.length, "host")}.`);
    });
  rollout
    .command("bundle <rollout> <host>")
    .description("Take a host's job along, for its root to run by hand when the server is gone")
    .requiredOption("--offline <file>", "where to write it")
    .action(async (ref: string, host: string, flags: { offline: string }) => {
      const params = { path: { rollout: ref } };
      const path = "/api/v1/rollouts/{rollout}/offline-bundle" as const;
      const given = { params, body: { host }, parseAs: "text" } as const;
      const text = String(await ask(cli.client().POST(path, given)));
      writeWhole(flags.offline, Buffer.from(text));
      const bytes = Buffer.byteLength(text);
      show(
        cli,
        { host, file: flags.offline, bytes },
        () =>
          `${bytes.toLocaleString("en")} bytes in ${flags.offline}. Root of ${host} runs it there: fettle-host local ${flags.offline}`,
      );
    });
  rollout
    .command("lost <rollout> <host>")
    .description("Declare a silent host lost (two people)")
    .requiredOption("--reason <text>", "why")
    .action(async (ref: string, host: string, flags: { reason: string }) => {
      const params = { path: { rollout: ref } };
      const body = { host, reason: flags.reason };
      const reply = await ask(
        cli.client().POST("/api/v1/rollouts/{rollout}/lost", { params, body }),
      );
      show(cli, reply, () =>
        reply.isLost ? `${host} is declared lost.` : `Noted; a second person must say the same.`,
      );
    });
}
