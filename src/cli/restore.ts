import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { Failure } from "../base/failure.ts";
import { ask, type Client } from "../client/client.ts";
import { KNOWN_HEADS } from "../ledger/known-heads.ts";
import { parseRestore } from "../restore/statement.ts";
import { type Cli, say, show } from "./cli.ts";
import { readNamedText } from "./read-file.ts";
import { signWithSshKey } from "./ssh-sign.ts";
import { leftText, restoreText, statementText } from "./view/restore.ts";
import { writeWhole } from "./write-whole.ts";

/** After an older database was put back: what was lost, and two signatures before anything goes on. */
export function registerRestore(program: Command, cli: Cli): void {
  const restore = program
    .command("restore")
    .description("After an older database was put back: what is held, and going on");
  restore
    .command("status")
    .description("Which head is the newest, what was done again, what is held, and what to do next")
    .action(async () => {
      const { open } = await ask(cli.client().GET("/api/v1/restore"));
      show(cli, { open }, () => restoreText(open, cli.clock()));
    });
  restore
    .command("left")
    .description("What happened after the copy and was not done again by itself: look at each")
    .action(async () => {
      const left = await ask(cli.client().GET("/api/v1/restore/left"));
      show(cli, left, () => leftText(left, cli.clock()));
    });
  restore
    .command("statement")
    .description("The text that two approvers sign, from where the log goes on")
    .option("--to <file>", "write it there, for a key on another machine")
    .action(async (flags: { to?: string }) => {
      const document = await statement(cli.client());
      const { to } = flags;
      if (to !== undefined) {
        writeFileSync(to, document, { flag: "wx" });
        const sign = `ssh-keygen -Y sign -n fettle-restore-v1 -f KEY ${to}`;
        return show(cli, { file: to, document }, () => `${to} holds the text. Sign it: ${sign}`);
      }
      show(cli, { document }, () => statementText(document));
    });
  registerHead(restore, cli);
  registerSign(restore, cli);
  restore
    .command("finish")
    .description("Go on, once two people have signed; rollouts stay halted until resumed")
    .action(async () => {
      const done = await ask(cli.client().POST("/api/v1/restore/finish", { body: {} }));
      show(cli, done, () => "The server works again. Rollouts stay halted: fettle rollout list");
    });
}

/** On the server's machine, before the server is started on a copy; it is judged at the start. */
function registerHead(restore: Command, cli: Cli): void {
  restore
    .command("head <file...>")
    .description(
      "Hand in signed heads that others kept, before you start the server on a copy; needs no server",
    )
    .action((files: readonly string[]) => {
      const heads = files.map((file) => ({ file, ...noteIn(file) }));
      const folder = join(cli.state(), KNOWN_HEADS);
      mkdirSync(folder, { recursive: true, mode: 0o755 });
      const written = heads.map(({ note, size, root }) => {
        const to = join(folder, `${size}-${root.replace(/[^A-Za-z0-9]/g, "").slice(0, 8)}`);
        writeWhole(to, Buffer.from(note));
        chmodSync(to, 0o644);
        return { file: to, size };
      });
      show(cli, { heads: written }, () =>
        [
          ...written.map(({ file, size }) => `A head over ${size} entries: ${file}`),
          "Start the server: where its database has fewer entries, it changes nothing until they are back.",
        ].join("\n"),
      );
    });
}

/** C2SP tlog-checkpoint: origin, size, root, an empty line, signatures. Who signed is judged at the start. */
function noteIn(file: string): {
  readonly note: string;
  readonly size: number;
  readonly root: string;
} {
  const note = readNamedText(file, "The head");
  const [, size = "", root = ""] =
    /^[^\n]+\n([1-9]\d{0,14})\n([A-Za-z0-9+/]{43}=)\n\n— /.exec(note) ?? [];
  if (size !== "" && Buffer.byteLength(note) <= NOTE_BYTES_MAX) {
    return { note, size: Number(size), root };
  }
  throw new Failure(
    "invalid",
    `${file} is no signed head. Take one that was kept: fettle audit head, a witness's checkpoint, or the last line of an export.`,
  );
}

const NOTE_BYTES_MAX = 65_536;

interface SignFlags {
  readonly key?: string;
  readonly text?: string;
  readonly signature?: string;
}

function registerSign(restore: Command, cli: Cli): void {
  restore
    .command("sign")
    .description("Sign as yourself from where the log goes on; it takes two people")
    .option("--key <file>", "your private key, or the public key of one in your agent")
    .option("--text <file>", "the text that was signed elsewhere, with --signature")
    .option("--signature <file>", "its signature by ssh-keygen -Y sign -n fettle-restore-v1")
    .action(async (flags: SignFlags) => {
      const client = cli.client();
      const body = await signed(cli, client, flags);
      const now = await ask(client.POST("/api/v1/restore/signatures", { body }));
      show(cli, now, () => restoreText(now, cli.clock()));
    });
}

async function signed(cli: Cli, client: Client, { key, text, signature }: SignFlags) {
  if (key !== undefined && text === undefined && signature === undefined) {
    const document = await statement(client);
    await demandTrue(client, document);
    say(cli, statementText(document));
    const namespace = "fettle-restore-v1";
    return { document, signature: await signWithSshKey({ key, namespace, text: document }) };
  }
  if (key === undefined && text !== undefined && signature !== undefined) {
    const document = readNamedText(text, "The text");
    return { document, signature: readNamedText(signature, "The signature") };
  }
  throw new Failure("invalid", "Give --key to sign here, or --text and --signature together.");
}

async function statement(client: Client): Promise<string> {
  return (await ask(client.POST("/api/v1/restore/statement", { body: {} }))).document;
}

/** What is signed must be what `restore status` shows. */
async function demandTrue(client: Client, document: string): Promise<void> {
  const { open } = await ask(client.GET("/api/v1/restore"));
  const parsed = parseRestore(document);
  if (open !== null && parsed.ok) {
    const { head, old, new: next } = parsed.value;
    const pairs = [
      [head, open.newest],
      [old, open.old],
      [next, open.now],
    ] as const;
    if (pairs.every(([said, shown]) => said.size === shown.size && said.root === shown.root)) {
      return;
    }
  }
  throw new Failure("blocked", "The text is not about the heads shown. Nothing was signed.");
}
