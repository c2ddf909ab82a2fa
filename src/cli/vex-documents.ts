import type { Command } from "commander";
import { present } from "../base/failure.ts";
import { ask } from "../client/client.ts";
import { type Cli, say, show } from "./cli.ts";
import { readNamedFile } from "./read-file.ts";
import { publisherTable, vexTable, vexText } from "./view/vex.ts";

/** VEX documents on the server: what is not exploitable, by whose word, and for which hosts. */
export function registerVexDocuments(program: Command, cli: Cli): void {
  // `fettle vex apply` needs no server and is registered by another file.
  const vex = present(
    program.commands.find((command) => command.name() === "vex"),
    "the noun vex",
  );
  vex
    .command("load <file>")
    .description("Load a VEX document (OpenVEX, CycloneDX, CSAF) and join it with findings")
    .option("--scope <labels>", "only for hosts with these labels, as env=prod,!canary")
    .option("--product <purl>", "what these hosts are as a whole, for statements about its parts")
    .option("--signature <file>", "made by ssh-keygen -Y sign -n fettle-vex-v1 over the file")
    .option("--responsible <reason>", "answer for it yourself, by name, with this reason")
    .option("--until <time>", "when it no longer counts, as 2027-01-31")
    .option("--title <text>", "what people call it; default: the file's name")
    .action((file: string, flags: LoadFlags) => load(cli, file, flags));
  vex
    .command("list")
    .description("Documents, the newest first, with how many statements fit a finding")
    .option("--ended", "those that have ended too")
    .action(async (flags: { readonly ended?: true }) => {
      const query = { ended: flags.ended === true ? ("true" as const) : ("false" as const) };
      const list = await ask(cli.client().GET("/api/v1/vex", { params: { query } }));
      show(cli, list, () => vexTable(list.items));
    });
  vex
    .command("show <document>")
    .description("One document (V-3) with its statements; what fits nothing says why")
    .action(async (document: string) => {
      const params = { path: { vex: document } };
      const shown = await ask(cli.client().GET("/api/v1/vex/{vex}", { params }));
      show(cli, shown, () => vexText(shown));
    });
  vex
    .command("remove <document>")
    .description("End a document: what it set aside counts again")
    .requiredOption("--reason <text>", "why, for the record")
    .action(async (document: string, { reason }: { readonly reason: string }) => {
      const params = { path: { vex: document } };
      const body = { reason };
      const ended = await ask(cli.client().POST("/api/v1/vex/{vex}/remove", { params, body }));
      show(cli, ended, () => `${ended.vex} has ended; what it set aside counts again.`);
    });
  vex
    .command("answer <document>")
    .description(
      "Answer by name for a document that nobody verified, so that it sets findings aside",
    )
    .requiredOption("--reason <text>", "why you answer for it")
    .action(async (document: string, { reason }: { readonly reason: string }) => {
      const params = { path: { vex: document } };
      const body = { reason };
      const made = await ask(cli.client().POST("/api/v1/vex/{vex}/answer", { params, body }));
      show(cli, made, () => `${made.vex} counts in place of ${document}. ${made.trustText}`);
    });
  registerPublisher(vex, cli);
}

interface LoadFlags {
  readonly scope?: string;
  readonly product?: string;
  readonly signature?: string;
  readonly responsible?: string;
  readonly until?: string;
  readonly title?: string;
}

async function load(cli: Cli, file: string, flags: LoadFlags): Promise<void> {
  const content = readNamedFile(file, "The VEX document").toString("utf8");
  const { signature, title, ...rest } = flags;
  const body = {
    content,
    title: title ?? file.split("/").at(-1) ?? file,
    scope: "",
    product: "",
    ...rest,
    ...(signature === undefined
      ? {}
      : { signature: readNamedFile(signature, "The signature").toString("utf8") }),
  };
  const loaded = await ask(cli.client().POST("/api/v1/vex", { body }));
  const { document, unmatchedCount, unmatched } = loaded;
  show(cli, loaded, () =>
    vexText({ document, statements: unmatched, unmatchedCount, hasMore: false }),
  );
  if (document.trust !== "none") return;
  say(
    cli,
    "Nobody verified its author, so it sets nothing aside: load it again with --signature, or answer for it with --responsible.",
  );
}

function registerPublisher(vex: Command, cli: Cli): void {
  const publisher = vex
    .command("publisher")
    .description("Publishers whose signature under a document counts");
  const list = publisher.command("list").description("Publishers with the authors they speak for");
  list.action(async () => {
    const { items } = await ask(cli.client().GET("/api/v1/vex-publishers"));
    show(cli, items, () => publisherTable(items));
  });
  publisher
    .command("add <name> <key-file>")
    .description("Register a publisher's public key and the authors it speaks for")
    .requiredOption("--author <name...>", "authors of documents, as the documents write them")
    .action(async (name: string, file: string, flags: { readonly author: string[] }) => {
      const keyLine = readNamedFile(file, "The public key").toString("utf8").trim();
      const body = { name, keyLine, authors: flags.author };
      const added = await ask(cli.client().POST("/api/v1/vex-publishers", { body }));
      show(cli, added, () => publisherTable([added]));
    });
  publisher
    .command("remove <id>")
    .description("Take a publisher's key away; what it signed before stays")
    .action(async (id: string) => {
      const params = { path: { publisher: id } };
      await ask(cli.client().DELETE("/api/v1/vex-publishers/{publisher}", { params }));
      say(cli, "The key no longer counts.");
    });
}
