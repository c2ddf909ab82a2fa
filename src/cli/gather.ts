import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { Command } from "commander";
import { Failure } from "../base/failure.ts";
import { verifySshSignature } from "../base/sshsig.ts";
import { GrowingTree } from "../ledger/verify-note.ts";
import { type Cli, show } from "./cli.ts";
import { type GatheredHead, judgeHead, readGathered, sizeAndRoot } from "./gathered.ts";
import { readNamedText } from "./read-file.ts";
import { renderTable, safeText } from "./view/table.ts";

/** Heads of hosts, got by a way that is not the server's, held against an export of its log. */

const STATUS_BYTES_MAX = 262_144;
const STATUS_MS = 20_000;
const WORDS_MAX = 2_000;

interface Flags {
  readonly export: string;
  readonly logKey?: string;
  readonly status?: string[];
}

export function registerGather(audit: Command, cli: Cli): void {
  audit
    .command("gather [login...]")
    .description("Ask hosts over your own SSH which head they hold, and check it against an export")
    .requiredOption("--export <file>", "from `fettle audit export`, on a machine of yours")
    .option(
      "--log-key <file>",
      "the line `log …` of the hosts' policy; proves forks that hosts kept",
    )
    .option("--status <file...>", "what `fettle-host status` printed, for hosts without SSH")
    .action(async (logins: readonly string[], flags: Flags) => {
      const files = flags.status ?? [];
      if (logins.length + files.length === 0) {
        throw new Failure("invalid", "Name logins such as root@web-1, or files with --status.");
      }
      const keyLine = flags.logKey === undefined ? null : keyLineOf(flags.logKey);
      const told = [
        ...files.map((file) => ({ from: file, text: readNamedText(file, "The status"), said: "" })),
        ...(await Promise.all(logins.map(async (from) => ({ from, ...(await statusOf(from)) })))),
      ];
      const heads = told.map(({ from, text, said }) => ({ from, ...readGathered(text), said }));
      const sizes = heads.flatMap(({ head, fork }) => [
        head?.size ?? 0,
        ...fork.flatMap(({ text }) => sizeAndRoot(text)?.size ?? []),
      ]);
      const roots = await rootsAt(flags.export, sizes);
      const judged = heads.map(({ said, ...one }) => {
        const signed = keyLine === null ? [] : one.fork.filter((h) => isOfLog(h, keyLine));
        const { verdict, why } = judgeHead(one, roots, signed);
        // Without a head the last words of ssh say more than that there is none.
        return { ...one, verdict, why: one.head === null && said !== "" ? said : why };
      });
      show(cli, judged, () =>
        renderTable(judged, [
          { head: "from", cell: (j) => safeText(j.from) },
          { head: "host", cell: (j) => safeText(j.host) },
          { head: "entries", cell: (j) => j.head?.size ?? "", align: "right" },
          { head: "verdict", cell: (j) => j.verdict },
          { head: "why", cell: (j) => j.why, widthMax: 90 },
        ]),
      );
      if (judged.some(({ verdict }) => verdict !== "agrees")) process.exitCode = 1;
    });
}

function keyLineOf(file: string): string {
  const [, line] =
    /^(?:log \S+ )?(ecdsa-sha2-nistp256 [A-Za-z0-9+/=]+)/.exec(readNamedText(file, "The key")) ??
    [];
  if (line !== undefined) return line;
  throw new Failure("invalid", `${file} holds no line \`log NAME ecdsa-sha2-nistp256 …\`.`);
}

function isOfLog({ text, signature }: GatheredHead, publicKeyLine: string): boolean {
  const claim = { namespace: "fettle-head-v1", bytes: text, armoured: signature } as const;
  return verifySshSignature({ ...claim, publicKeyLine }).ok;
}

interface Told {
  readonly text: string;
  /** The last line of what ssh said beside it. */
  readonly said: string;
}

/** The host's own program, over the auditor's own SSH; what cannot be reached says why. */
function statusOf(login: string): Promise<Told> {
  if (!/^[A-Za-z0-9_][A-Za-z0-9@._:-]{0,254}$/.test(login)) {
    throw new Failure("invalid", `${login} is no login such as root@web-1.`);
  }
  return new Promise((resolve) => {
    // Behind a forced command the words of the command line are passed over, and the verb is read.
    const args = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "--", login];
    const child = spawn("ssh", [...args, "/usr/sbin/fettle-host", "serve"], {
      stdio: ["pipe", "pipe", "pipe"],
      timeout: STATUS_MS,
    });
    let text = "";
    child.stdout.on("data", (part: Buffer) => {
      if (text.length < STATUS_BYTES_MAX) text += part.toString("latin1");
    });
    let words = "";
    child.stderr.on("data", (part: Buffer) => {
      words = `${words}${part.toString("latin1")}`.slice(-WORDS_MAX);
    });
    child.on("error", () => resolve({ text: "", said: "there is no ssh on this machine" }));
    child.on("close", () => {
      const said = safeText(words.trim().split("\n").at(-1)?.trim() ?? "");
      resolve({ text, said });
    });
    child.stdin.on("error", () => undefined);
    child.stdin.end("status\n");
  });
}

/** The root of the exported log over each of these many entries, in hex. */
async function rootsAt(
  file: string,
  sizes: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  const wanted = new Set(sizes);
  const tree = new GrowingTree();
  const roots = new Map<number, string>();
  const lines = createInterface({
    input: createReadStream(file),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  try {
    for await (const line of lines) {
      const leaf = /^\{"index":\d+,"leaf":"([0-9a-f]{64})"/.exec(line)?.[1];
      if (leaf === undefined) continue;
      tree.append(Buffer.from(leaf, "hex"));
      if (wanted.has(tree.size)) roots.set(tree.size, tree.root().toString("hex"));
    }
  } catch (cause) {
    throw new Failure("not-found", `The export ${file} cannot be read.`, { cause });
  }
  roots.set(-1, String(tree.size));
  return roots;
}
