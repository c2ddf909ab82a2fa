import type { Command } from "commander";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { parseLabels } from "../base/labels.ts";
import { ask } from "../client/client.ts";
import { installLine, lineFault } from "../fleet/agent-install-line.ts";
import { type Cli, say, show } from "./cli.ts";
import { allPages } from "./pages.ts";
import { readNamedText } from "./read-file.ts";
import { agentStory, agentTable, agentText } from "./view/agent.ts";

/** Hosts that call in by themselves: setting them up, and what to do about them. */
export function registerAgent(program: Command, cli: Cli): void {
  const agent = program.command("agent").description("Hosts that call in by themselves");
  registerInstall(agent, cli);
  agent
    .command("list")
    .description("When each called, when it will, until when its certificate holds")
    .option("--state <state>", "live, quarantined or buried")
    .action(async (flags: { state?: "live" | "quarantined" | "buried" }) => {
      const client = cli.client();
      const items = await allPages((cursor) => {
        const query = { limit: 1000, ...flags, ...(cursor === undefined ? {} : { cursor }) };
        return ask(client.GET("/api/v1/agents", { params: { query } }));
      });
      show(cli, items, () => agentTable(items, cli.clock()));
    });
  agent
    .command("show <host>")
    .description("One host: what stands in its way, and the way out")
    .action(async (host: string) => {
      const params = { path: { agent: host } };
      const shown = await ask(cli.client().GET("/api/v1/agents/{agent}", { params }));
      show(cli, shown, () => agentStory(shown, cli.clock()));
    });
  for (const [verb, description] of [
    ["quarantine", "Take nothing from a host and give it nothing until it is released"],
    ["release", "Take a host out of quarantine: one machine alone goes on under this id"],
    ["bury", "Never admit this host's id again, nor give it to another"],
  ] as const) {
    agent
      .command(`${verb} <host>`)
      .description(description)
      .requiredOption("--reason <text>", "why; it stands in the ledger and beside the host")
      .action(async (host: string, flags: { reason: string }) => {
        const params = { path: { agent: host, verb } };
        const path = "/api/v1/agents/{agent}/{verb}" as const;
        const moved = await ask(cli.client().POST(path, { params, body: flags }));
        show(cli, moved, () => agentText(moved, cli.clock()));
      });
  }
  agent
    .command("renew <host>")
    .description("Have its next call bring a new certificate")
    .action(async (host: string) => {
      const params = { path: { agent: host } };
      const path = "/api/v1/agents/{agent}/renewal" as const;
      const asked = await ask(cli.client().POST(path, { params }));
      show(cli, asked, () => agentText(asked, cli.clock()));
    });
}

const trustSchema = z.strictObject({
  tenant: z.string(),
  url: z.string(),
  also: z.array(z.string()).optional(),
  authority: z.string(),
  program: z.string(),
});

interface LineFlags {
  readonly trust: string;
  readonly policy: string;
  readonly ring: string;
  readonly label?: string[];
  readonly minutes?: string;
}

function registerInstall(agent: Command, cli: Cli): void {
  agent
    .command("trust")
    .description(
      "Print what a trust file says; compare it on the server itself, then keep it in Git",
    )
    .option(
      "--also <url>",
      "a further address of the server, may be given several times",
      (value, before?: string[]) => [...(before ?? []), value],
    )
    .action(async (flags: { also?: string[] }) => {
      const trust = await ask(cli.client().GET("/api/v1/agent-trust"));
      // The digest of the program is this machine's own, which the server cannot choose.
      const program = sha256(await cli.hostProgram());
      const { tenant, url, authority } = trust;
      const own = { tenant, url, ...flags, authority, program };
      if (own.program !== trust.program) {
        say(cli, "The server has another host program than this machine. Update one of the two.");
      }
      show(cli, own, () => stringify(own).trimEnd());
    });
  agent
    .command("install-line")
    .description("Print the line that root runs on one new host; it works once")
    .requiredOption("--trust <file>", "the trust file, from Git")
    .requiredOption("--policy <file>", "the host's policy file, from Git")
    .requiredOption("--ring <ring>", "the ring that the host belongs to")
    .option("--label <key=value>", "may be given several times", (value, before?: string[]) => [
      ...(before ?? []),
      value,
    ])
    .option("--minutes <number>", "how long the line works; 15, at most 1440")
    .action(async (flags: LineFlags) => {
      const trust = trustSchema.safeParse(parse(readNamedText(flags.trust, "The trust file")));
      if (!trust.success) {
        throw new Failure(
          "invalid",
          `The trust file ${flags.trust} cannot be used: ${z.prettifyError(trust.error)}. "fettle agent trust" prints one.`,
        );
      }
      const policy = readNamedText(flags.policy, "The host policy");
      const labels = Object.entries(parseLabels(flags.label ?? [])).map((label) => label.join("="));
      const life = flags.minutes === undefined ? {} : { lifeSeconds: Number(flags.minutes) * 60 };
      const draft = {
        trust: trust.data,
        token: "0".repeat(32),
        policy: sha256(policy),
        ring: flags.ring,
        labels: labels.sort(),
      };
      const fault = lineFault(draft);
      if (fault !== null) throw new Failure("invalid", `No line can be made: ${fault}.`);
      const body = { ring: flags.ring, labels: { ...parseLabels(labels) }, policy, ...life };
      const made = await ask(cli.client().POST("/api/v1/agent-tokens", { body }));
      if (!/^[0-9a-f]{32}$/.test(made.token)) {
        throw new Failure("invalid", "The server's token is not 32 hex digits; no line is made.");
      }
      const line = installLine({ ...draft, token: made.token });
      show(cli, { ...made, line }, () => line);
    });
}
