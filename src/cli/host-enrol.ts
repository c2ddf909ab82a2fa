import type { Command } from "commander";
import { Failure } from "../base/failure.ts";
import { ask, type Client } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { readNamedText } from "./read-file.ts";
import { renderFacts, safeText } from "./view/table.ts";

/** What makes a host able to take jobs. */
interface EnrolFlags {
  readonly policy?: string;
  readonly fingerprint?: string;
  readonly ring?: string;
  readonly acceptNewKey?: true;
}

export function registerEnrol(host: Command, cli: Cli): void {
  host
    .command("program")
    .description("Print the program that runs on hosts, for installing it yourself (docs/hosts.md)")
    .action(async () => cli.terminal.out(await cli.hostProgram()));
  host
    .command("enrol <names...>")
    .description("Make a host able to take jobs: its identity, its policy, its own signing key")
    .option("--policy <file>", "rings policy; for hosts reached by the piped program")
    .option("--accept-new-key", "the host lost its key (reinstalled)")
    .option(
      "--fingerprint <SHA256:…>",
      "for an installed program: the key you compared on the host",
    )
    .option("--ring <ring>", "for an installed program: the ring its own identity names")
    .action(async (names: string[], flags: EnrolFlags) => {
      const client = cli.client();
      const enrolled: (Awaited<ReturnType<typeof enrol>> & { readonly name: string })[] = [];
      try {
        for (const name of names) enrolled.push({ name, ...(await enrol(client, name, flags)) });
      } finally {
        // Those before a refused one are enrolled, so they are told in any case, as one value.
        if (enrolled.length > 0) show(cli, enrolled, () => enrolled.map(enrolledText).join("\n"));
      }
    });
  host
    .command("status <name>")
    .description("What the host program itself says: policy, halt file, running job")
    .action(async (name: string) => {
      const params = { path: { host: name } };
      const status = await ask(cli.client().GET("/api/v1/hosts/{host}/status", { params }));
      show(cli, status, () =>
        renderFacts([
          ["host id", status.host],
          ["key", status.fingerprint],
          ["policy version", status.policyVersion],
          ["program", status.program?.slice(0, 16)],
          ["halt file", status.isHalted ? "present: the host refuses everything" : "none"],
          ["job", status.job ?? "none"],
        ]),
      );
    });
}

function enrolledText(host: Awaited<ReturnType<typeof enrol>> & { readonly name: string }): string {
  const { enrolment, fingerprint, name, weakens } = host;
  return [
    `${name} is enrolled in ring ${safeText(enrolment.ring)}, policy ${enrolment.policyVersion}, key ${fingerprint}`,
    ...weakens.map((text) => `  weaker: ${safeText(text)}`),
  ].join("\n");
}

async function enrol(client: Client, name: string, flags: EnrolFlags) {
  const params = { path: { host: name } };
  if (flags.fingerprint !== undefined && flags.ring !== undefined) {
    const body = { fingerprint: flags.fingerprint, ring: flags.ring };
    return ask(client.POST("/api/v1/hosts/{host}/enrolment/confirmation", { params, body }));
  }
  if (flags.policy === undefined) {
    throw new Failure(
      "invalid",
      "Give --policy for a host reached by the piped program, or --fingerprint and --ring for an installed one.",
    );
  }
  const rings = readNamedText(flags.policy, "The policy");
  const body = { rings, acceptsNewKey: flags.acceptNewKey === true };
  return ask(client.POST("/api/v1/hosts/{host}/enrolment", { params, body }));
}
