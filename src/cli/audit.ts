import { existsSync, statSync } from "node:fs";
import type { Command } from "commander";
import { counted } from "../base/counted.ts";
import { Failure } from "../base/failure.ts";
import { ask, type Client } from "../client/client.ts";
import { openHead, parseVerifierKey, type VerifierKey } from "../ledger/verify.ts";
import { type Cli, show } from "./cli.ts";
import { registerGather } from "./gather.ts";
import { namesOfObjects, people } from "./names.ts";
import { moreLines, type RowFlags, rowsOf, withRows } from "./pages.ts";
import { readNamedText } from "./read-file.ts";
import { registerRecords } from "./records.ts";
import { firstLine, type PathVerdict, verifyPath } from "./verify-path.ts";
import { eventText } from "./view/event.ts";
import { renderTable, safeText } from "./view/table.ts";
import { clockText } from "./view/when.ts";
import { writeWhole } from "./write-whole.ts";

/** The ledger: look at it, take it away, and check it without trusting the server. */
export function registerAudit(program: Command, cli: Cli): void {
  const audit = program.command("audit").description("The ledger: events, exports, offline proof");
  registerEvents(audit, cli);
  audit
    .command("key")
    .description("The log's public key; keep it somewhere that the server cannot write")
    .action(async () => {
      const key = await ask(cli.client().GET("/api/v1/audit/key", { parseAs: "text" }));
      const line = String(key).trim();
      show(cli, { key: line }, () => line);
    });
  audit
    .command("head")
    .description("The newest signed head; keep it to notice a shortened or forked log later")
    .action(async () => {
      const head = await ask(cli.client().GET("/api/v1/audit/checkpoint", { parseAs: "text" }));
      show(cli, { head: String(head) }, () => String(head).trimEnd());
    });
  audit
    .command("export <file>")
    .description("Write the whole ledger to a file that anyone can check")
    .action(async (file: string) => {
      const reply = await ask(cli.client().GET("/api/v1/audit/export", { parseAs: "arrayBuffer" }));
      const bytes = Buffer.from(reply as unknown as ArrayBuffer);
      writeWhole(file, bytes);
      show(
        cli,
        { file, bytes: bytes.length },
        () =>
          `${bytes.length.toLocaleString("en")} bytes in ${file}. Check it anywhere: fettle audit verify ${file}`,
      );
    });
  audit
    .command("evidence <change> <file>")
    .description("Write the log's entries about one change, each with its proof")
    .action(async (change: string, file: string) => {
      const found = await ask(
        cli.client().GET("/api/v1/changes/{change}", { params: { path: { change } } }),
      );
      const params = { path: { change: found.id } };
      const text = await ask(
        cli.client().GET("/api/v1/audit/changes/{change}/evidence", { params, parseAs: "text" }),
      );
      writeWhole(file, Buffer.from(String(text)));
      const lines = String(text).split("\n");
      const entries = lines.filter((line) => line.startsWith('{"index":')).length;
      const reports = lines.filter((line) => line.startsWith('{"results":')).length;
      show(
        cli,
        { file, entries, reports },
        () =>
          `${entries} entries in ${file}, with what hosts signed to ${reports} of them. Check it anywhere: fettle audit verify ${file}`,
      );
    });
  registerVerify(audit, cli);
  registerRecords(audit, cli);
  registerGather(audit, cli);
}

interface EventFlags extends RowFlags {
  readonly patch?: string;
  readonly change?: string;
  readonly host?: string;
  readonly by?: string;
  readonly type?: string;
  readonly oldest?: true;
}

const EVENTS_PAGE = 1_000;

function registerEvents(audit: Command, cli: Cli): void {
  withRows(audit.command("list").description("Events, the newest first"), 100)
    .option("--patch <case>", "of one case")
    .option("--change <change>", "of one change")
    .option("--host <host>", "about one host")
    .option("--by <user>", "what one person or service did")
    .option("--type <type>", "of one type, as in change.approved")
    .option("--oldest", "in the order in which they were written")
    .action(async (flags: EventFlags) => {
      const client = cli.client();
      const filter = await eventFilter(client, flags);
      const order = flags.oldest === true ? ("oldest" as const) : ("newest" as const);
      const list = await rowsOf(flags, EVENTS_PAGE, ({ limit, cursor }) => {
        const query = { limit, order, ...(cursor === undefined ? {} : { cursor }), ...filter };
        return ask(client.GET("/api/v1/audit/events", { params: { query } }));
      });
      const { items } = list;
      const names = await people(client);
      const things = await namesOfObjects(
        client,
        items.map((event) => event.object),
      );
      const table = () =>
        renderTable(items, [
          { head: "index", cell: (e) => e.index, align: "right" },
          { head: "at", cell: (e) => clockText(e.at) },
          { head: "who", cell: (e) => names.get(e.actor) ?? "fettle" },
          { head: "what", cell: (e) => eventText(e), widthMax: 120 },
          { head: "on", cell: (e) => nameOf(e.object, things) },
        ]);
      show(cli, items, () => [table(), ...moreLines(list)].join("\n"));
    });
}

/** `host web-3`, `change C-12`; what has no name is told by its kind and id. */
function nameOf(object: string, names: ReadonlyMap<string, string>): string {
  const at = object.indexOf(":");
  return `${object.slice(0, at)} ${names.get(object) ?? object.slice(at + 1)}`;
}

/** Events name things by their ids; people name them as everywhere else. */
async function eventFilter(client: Client, flags: EventFlags): Promise<Record<string, string>> {
  const { patch, change, host, by, type } = flags;
  const filter: Record<string, string> = {};
  if (patch !== undefined) {
    const params = { path: { patch } };
    filter["patch"] = (await ask(client.GET("/api/v1/patches/{patch}", { params }))).patch.id;
  }
  if (change !== undefined) {
    const params = { path: { change } };
    filter["change"] = (await ask(client.GET("/api/v1/changes/{change}", { params }))).id;
  }
  if (host !== undefined) {
    const params = { path: { host } };
    filter["host"] = (await ask(client.GET("/api/v1/hosts/{host}", { params }))).host.id;
  }
  if (by !== undefined) {
    const names = await people(client);
    const found = [...names].find(([id, handle]) => handle === by || id === by);
    if (found === undefined) throw new Failure("not-found", `There is no person or service ${by}.`);
    filter["actor"] = found[0];
  }
  return type === undefined ? filter : { ...filter, type };
}

function registerVerify(audit: Command, cli: Cli): void {
  audit
    .command("verify <file>")
    .description("Check an export, evidence or a folder of tiles offline: entries, heads, order")
    .option("--key <key or file>", "the log's public key from a place you trust")
    .option("--known-head <file>", "a head seen earlier; finds a shortened or forked log")
    .action(async (file: string, flags: { key?: string; knownHead?: string }) => {
      const key = verifierKey(flags.key ?? keyInside(file));
      const knownHead = flags.knownHead === undefined ? undefined : headFrom(key, flags.knownHead);
      const verdict = await verified(file, { key, knownHead });
      const trust =
        flags.key === undefined
          ? "The key came from the file itself: this proves that the file is whole, not whose it is. Give --key to prove that too."
          : "Checked with the key you gave.";
      show(cli, verdict, () => verdictLines(file, verdict, trust).join("\n"));
      if (!verdict.isGood) process.exitCode = 1;
    });
}

function verdictLines(file: string, verdict: PathVerdict, trust: string): readonly string[] {
  const { entries, findings, checkpoints, root, results } = verdict;
  if (verdict.isGood) {
    const heads = checkpoints === undefined ? "" : `, ${checkpoints} signed heads`;
    const signed = results === undefined ? "" : `, ${counted(results, "result")} signed by hosts`;
    return [
      `Good: ${entries} entries${heads}${signed}${root === null ? "" : `, root ${root}`}`,
      trust,
    ];
  }
  const lines = findings.map(({ line, index, problem }) => {
    const places = [
      line === null ? [] : `line ${line}`,
      index === null ? [] : `entry ${index}`,
    ].flat();
    return `${places.join(", ")}${places.length === 0 ? "" : ": "}${safeText(problem)}`;
  });
  return [`BAD: ${counted(findings.length, "problem")} in ${file}`, ...lines];
}

async function verified(
  file: string,
  options: Parameters<typeof verifyPath>[1],
): Promise<PathVerdict> {
  try {
    return await verifyPath(file, options);
  } catch (cause) {
    throw new Failure("not-found", `The export ${file} cannot be read.`, { cause });
  }
}

function verifierKey(text: string): VerifierKey {
  const content = existsSync(text) ? readNamedText(text, "The key").trim() : text;
  const key = parseVerifierKey(content);
  if (key !== null) return key;
  throw new Failure(
    "invalid",
    "That is not a log key of the form NAME+8 HEX DIGITS+BASE64. Get it with: fettle audit key",
  );
}

function headFrom(key: VerifierKey, file: string) {
  const head = openHead(key, readNamedText(file, "The head"));
  if (head !== null) return head;
  throw new Failure(
    "invalid",
    `${file} is not a head signed by this key. Get one with: fettle audit head`,
  );
}

/** The key that an export names in its first line. */
function keyInside(file: string): string {
  const first = existsSync(file) && statSync(file).isFile() ? firstLine(file) : "";
  try {
    const key = (JSON.parse(first) as { key?: unknown }).key;
    if (typeof key === "string") return key;
  } catch {
    // Told below, with what to do.
  }
  throw new Failure(
    "invalid",
    `${file} does not begin like a ledger export. Make one with: fettle audit export FILE`,
  );
}
