import type { Command } from "commander";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { ask } from "../client/client.ts";
import { parseGate } from "../fleet/gate-text.ts";
import { type Cli, show } from "./cli.ts";
import { signWithSshKey } from "./ssh-sign.ts";
import { renderFacts, safeText } from "./view/table.ts";

/** Letting a wave open by one's own signature, where its ring demands that (docs/signing.md). */
export function registerRolloutSign(rollout: Command, cli: Cli): void {
  rollout
    .command("sign-wave <rollout>")
    .description("Sign that a wave may open, after a look at the waves before it")
    .requiredOption("--wave <number>", "the wave")
    .option("--key <file>", "your private key, or the public key of one in your agent")
    .action(async (ref: string, flags: { wave: string; key?: string }) => {
      if (!/^[1-9]\d{0,8}$/.test(flags.wave)) {
        throw new Failure("invalid", `--wave wants a number, not ${flags.wave.slice(0, 32)}.`);
      }
      const client = cli.client();
      const params = { path: { rollout: ref, wave: Number(flags.wave) } };
      const path = "/api/v1/rollouts/{rollout}/waves/{wave}/opening" as const;
      const opening = await ask(client.GET(path, { params }));
      const { document, evidence } = opening;
      demandFitting(opening);
      const facts = renderFacts([
        ["rollout", opening.rollout],
        ["wave", `${opening.wave} (${opening.ring})`],
        ["signatures", `${opening.given.length} of ${opening.need}`],
      ]);
      const lines = evidence.trimEnd().split("\n").map(safeText);
      const shown = [facts, "Where the waves before stand", ...lines].join("\n");
      // Without a key it only shows, for people who sign elsewhere.
      if (flags.key === undefined) return show(cli, opening, () => `${shown}\n\n${document}`);
      cli.terminal.err(`${shown}\n`);
      const signature = await signWithSshKey({
        key: flags.key,
        namespace: "fettle-gate-v1",
        text: document,
      });
      const signed = await ask(client.POST(path, { params, body: { document, signature } }));
      show(cli, signed, () => `Wave ${opening.wave} is signed with ${signed.keyFingerprint}.`);
    });
}

/** What is signed must speak of what was shown, whatever the server says. */
function demandFitting(of: { wave: number; document: string; evidence: string }): void {
  const gate = parseGate(of.document);
  const isFitting =
    gate.ok && gate.value.wave === of.wave && gate.value.evidence === sha256(of.evidence);
  if (isFitting) return;
  throw new Failure(
    "blocked",
    "The server's text to sign is not of the evidence it shows. Do not sign; tell whoever runs it.",
  );
}
