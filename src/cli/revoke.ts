import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { lineOfBareKey } from "../base/bare-key.ts";
import { counted } from "../base/counted.ts";
import { Failure } from "../base/failure.ts";
import { fingerprint, parsePublicKeyLine } from "../base/ssh-key.ts";
import { ask, type Client } from "../client/client.ts";
import { parseRevocation } from "../fleet/trust-frame.ts";
import { type Cli, say, show } from "./cli.ts";
import { readNamedText } from "./read-file.ts";
import { signWithSshKey } from "./ssh-sign.ts";
import { revocationLine, revocationTable, toldText } from "./view/revocation.ts";

/** Taking plans and keys back by one's own signature, which hosts judge by themselves. */
interface RevokeFlags {
  readonly reason?: string;
  readonly key?: string;
  readonly root?: string;
  readonly to?: string;
  readonly text?: string;
  readonly signature?: string;
}

export function registerRevoke(program: Command, cli: Cli): void {
  const revoke = program.command("revoke").description("Plans and keys that count no more");
  signing(revoke.command("plan <change>"))
    .description("End a change for ever, on hosts too: signed by an approver, or by a root")
    .action((change: string, flags: RevokeFlags) => revokeOne(cli, { change }, flags));
  signing(revoke.command("key <fingerprint>"))
    .description("Take a person's key back for ever, on hosts too: signed by a root")
    .action((key: string, flags: RevokeFlags) => revokeOne(cli, { key }, flags));
  revoke
    .command("list")
    .description("What was revoked, and how many hosts have heard of it")
    .action(async () => {
      const { items } = await ask(cli.client().GET("/api/v1/revocations"));
      show(cli, items, () => revocationTable(items, cli.clock()));
    });
  revoke
    .command("show <revocation>")
    .description("Which hosts took it, which refused it and why, and which were not reached yet")
    .action(async (id: string) => {
      const params = { path: { revocation: id } };
      const path = "/api/v1/revocations/{revocation}" as const;
      const shown = await ask(cli.client().GET(path, { params }));
      show(cli, shown, () => toldText(shown, cli.clock()));
    });
  revoke
    .command("retell <revocation>")
    .description("Tell all hosts again that have not taken it, those that refused it too")
    .action(async (id: string) => {
      const params = { path: { revocation: id } };
      const path = "/api/v1/revocations/{revocation}/retelling" as const;
      const again = await ask(cli.client().POST(path, { params }));
      show(
        cli,
        again,
        () => `Told again to ${counted(again.hosts, "host")}: fettle revoke show ${id}`,
      );
    });
}

function signing(command: Command): Command {
  return command
    .option("--reason <text>", "why; it stands in the ledger by its digest")
    .option("--key <file>", "your private key, or the public key of one in your agent")
    .option("--root <name>", "sign as this root of the hosts' policies, not as yourself")
    .option("--to <file>", "only write the text to sign, for a key on another machine")
    .option("--text <file>", "the text that was signed elsewhere, with --signature")
    .option("--signature <file>", "its signature by ssh-keygen -Y sign -n fettle-revoke-v1");
}

type Target = { readonly change: string } | { readonly key: string };

async function revokeOne(cli: Cli, target: Target, flags: RevokeFlags): Promise<void> {
  const client = cli.client();
  const { to, reason, root } = flags;
  if (to !== undefined) {
    const document = await textFor(client, target);
    writeFileSync(to, document, { flag: "wx" });
    const sign = `ssh-keygen -Y sign -n fettle-revoke-v1 -f KEY ${to}`;
    return show(cli, { file: to, document }, () => `${to} holds the text. Sign it: ${sign}`);
  }
  if (reason === undefined) throw new Failure("invalid", "Give --reason, for whoever asks later.");
  const signed = await signedText(client, target, flags);
  const body = { ...signed, reason, ...(root === undefined ? {} : { root }) };
  const made = await ask(client.POST("/api/v1/revocations", { body }));
  show(cli, made, () => revocationLine(made));
  say(cli, `Which hosts have heard of it: fettle revoke show ${made.id}`);
}

async function signedText(client: Client, target: Target, flags: RevokeFlags) {
  const { key, text, signature } = flags;
  if (key !== undefined && text === undefined && signature === undefined) {
    const document = await textFor(client, target);
    const namespace = "fettle-revoke-v1";
    return { document, signature: await signWithSshKey({ key, namespace, text: document }) };
  }
  if (key === undefined && text !== undefined && signature !== undefined) {
    const document = readNamedText(text, "The text");
    await demandFitting(client, target, document);
    return { document, signature: readNamedText(signature, "The signature") };
  }
  throw new Failure("invalid", "Give --key to sign here, or --text and --signature together.");
}

async function textFor(client: Client, target: Target): Promise<string> {
  const params = { query: target };
  const { document } = await ask(client.GET("/api/v1/revocation-draft", { params }));
  await demandFitting(client, target, document);
  return document;
}

/** What is signed must be of what was named here, whatever the server says. */
async function demandFitting(client: Client, target: Target, document: string): Promise<void> {
  const parsed = parseRevocation(document);
  if (parsed.ok && parsed.value.what === ("key" in target ? "key" : "plan")) {
    const { id } = parsed.value;
    if ("key" in target) {
      const key = parsePublicKeyLine(lineOfBareKey(id));
      if (key !== null && fingerprint(key) === target.key) return;
    } else {
      const params = { path: { change: target.change } };
      const { plan } = await ask(client.GET("/api/v1/changes/{change}", { params }));
      if (plan === id) return;
    }
  }
  const name = "key" in target ? target.key : target.change;
  throw new Failure(
    "blocked",
    `The text does not revoke ${name}. Nothing was signed or handed in.`,
  );
}
