import type { Command } from "commander";
import { ask } from "../client/client.ts";
import { requireKind } from "../triage/policy-kinds.ts";
import { type Cli, say, show } from "./cli.ts";
import { registerHostPolicy } from "./host-policy.ts";
import { readNamedText } from "./read-file.ts";
import { effectsText, policyTable } from "./view/policy.ts";

/** The files that decide: what is in force, what another would change, and putting it in force. */
export function registerPolicy(program: Command, cli: Cli): void {
  const policy = program.command("policy").description("The files that decide, and their versions");
  policy
    .command("list")
    .description("What is in force, since when and by whom")
    .action(async () => {
      const { items } = await ask(cli.client().GET("/api/v1/policy"));
      show(cli, items, () => policyTable(items));
    });
  policy
    .command("show <kind>")
    .description("The exact text that is in force")
    .action(async (kind: string) => {
      const { items } = await ask(cli.client().GET("/api/v1/policy"));
      const found = items.filter((item) => item.kind === kind && item.origin !== "used");
      show(cli, found, () =>
        found.length === 0
          ? `No policy is of the kind ${kind}. See: fettle policy list`
          : found.map(({ text }) => text.trimEnd()).join("\n"),
      );
    });
  policy
    .command("check <file>")
    .description("Whether a file can be used, with each fault and its line; needs no server")
    .action(async (file: string) => {
      const text = readNamedText(file, "The policy");
      const kind = requireKind(text);
      kind.parse(text, file);
      show(
        cli,
        { kind: kind.kind, file },
        () => `${file} is a ${kind.kind} policy: ${kind.decides}`,
      );
    });
  for (const [verb, cases, says] of [
    ["plan", "open", "What a file would change on open cases, before it is applied"],
    ["test", "all", "What a file would have decided otherwise on every recorded case"],
  ] as const) {
    policy
      .command(`${verb} <file>`)
      .description(says)
      .action(async (file: string) => {
        const body = { text: readNamedText(file, "The policy"), file, cases };
        const reply = await ask(cli.client().POST("/api/v1/policy/plan", { body }));
        show(cli, reply, () => effectsText(reply));
      });
  }
  registerHostPolicy(policy, cli);
  policy
    .command("apply <file>")
    .description("Put a file in force for everybody, and say why")
    .requiredOption("--reason <text>", "why; kept with the version")
    .action(async (file: string, flags: { reason: string }) => {
      const text = readNamedText(file, "The policy");
      const client = cli.client();
      const seen = await ask(client.POST("/api/v1/policy/plan", { body: { text, file } }));
      if (cli.output() === "table") say(cli, effectsText(seen));
      const body = { text, file, reason: flags.reason, expected: seen.inForce };
      const reply = await ask(client.POST("/api/v1/policy/apply", { body }));
      show(cli, reply, () =>
        reply.isNew
          ? `In force: ${reply.kind} ${reply.digest.slice(0, 12)}.`
          : `This ${reply.kind} policy is in force already.`,
      );
    });
}
