import type { Command } from "commander";
import { counted } from "../base/counted.ts";
import { Failure } from "../base/failure.ts";
import { ask } from "../client/client.ts";
import type { components } from "../client/schema.d.ts";
import { type Cli, say, show } from "./cli.ts";
import { readNamedText } from "./read-file.ts";
import { renderTable, safeText } from "./view/table.ts";
import { whenText } from "./view/when.ts";
import {
  addCheckpoint,
  makeWitness,
  openWitness,
  trustLog,
  witnessKeys,
  witnessServer,
} from "./witness-machine.ts";
import { writeWhole } from "./write-whole.ts";

/** Who signs the heads of the log beside the server; and being such a witness, on another machine. */
export function registerWitness(program: Command, cli: Cli): void {
  const witness = program
    .command("witness")
    .description("Who signs the heads of the log beside the server");
  registerList(witness, cli);
  registerAdd(witness, cli);
  registerMachine(witness, cli);
}

type Listed = components["schemas"]["Witness"];
type OfRing = components["schemas"]["WitnessesOfRing"];

function registerList(witness: Command, cli: Cli): void {
  witness
    .command("list")
    .description("How far each witness has come, and what is wrong with it")
    .option("--policy", "as lines of a host's policy")
    .option("--ring <ring>", "with --policy: only those that count for this ring")
    .action(async (flags: { policy?: boolean; ring?: string }) => {
      if (flags.ring !== undefined && flags.policy !== true) {
        throw new Failure("invalid", "Give --ring together with --policy.");
      }
      const reply = await ask(cli.client().GET("/api/v1/witnesses"));
      if (flags.policy === true) {
        const lines = countedFor(reply, flags.ring).map((one) => one.policyLine);
        return show(cli, lines, () => lines.join("\n"));
      }
      show(cli, reply, () => {
        const { need, size, cosigned, lagSeconds, rings } = reply;
        if (reply.items.length === 0)
          return `No witness signs heads of the log${need === 0 ? "" : `, and work needs ${need}`}. Have a host of the fleet do it: fettle witness add HOST`;
        const covered = `${cosigned} of ${counted(size, "entry", "entries")} are covered`;
        const late = lagSeconds === 0 ? "" : `; a head has waited for ${lagSeconds} s`;
        const first =
          need === 0
            ? `No quorum: work waits for none of them (fettle witness quorum N); ${covered}${late}.`
            : `Work starts once ${need} of them signed; ${covered}${late}.`;
        return [table(cli, reply.items), first, ...rings.map((ring) => ringText(ring, size))].join(
          "\n",
        );
      });
    });
}

function table(cli: Cli, items: readonly Listed[]): string {
  return renderTable(items, [
    { head: "witness", cell: (w) => w.name },
    { head: "where", cell: (w) => safeText(w.host ?? w.url) },
    { head: "ring", cell: (w) => safeText(w.ring ?? "") },
    { head: "operator", cell: (w) => safeText(w.operator ?? "") },
    { head: "signed", cell: (w) => w.signedSize, align: "right" },
    { head: "at", cell: (w) => whenText(w.signedAt, cli.clock()) },
    {
      head: "problem",
      cell: (w) => `${w.contradictsAt === null ? "" : "CONTRADICTS: "}${safeText(w.problem ?? "")}`,
      widthMax: 90,
    },
  ]);
}

function ringText({ ring, need, operator, able, counts, cosigned }: OfRing, size: number): string {
  const not = operator === null ? "" : ` that are not of ${operator}`;
  const few = able < need ? ", which are TOO FEW" : "";
  return `Ring ${ring} also needs ${need} of other rings${not}: ${able} can (${counts.join(", ") || "none"})${few}; ${cosigned} of ${counted(size, "entry", "entries")} are covered.`;
}

/** Of a ring with a quorum of its own those that count for it; without one all count. */
function countedFor(
  { items, rings }: { readonly items: readonly Listed[]; readonly rings: readonly OfRing[] },
  ring: string | undefined,
): readonly Listed[] {
  if (ring === undefined) return items;
  const rule = rings.find((one) => one.ring === ring);
  if (rule === undefined) {
    throw new Failure(
      "not-found",
      `Ring ${safeText(ring)} has no quorum of its own, so all witnesses count for it. Set one: fettle witness quorum 2 --ring ${safeText(ring)}`,
    );
  }
  return items.filter(({ name }) => rule.counts.includes(name));
}

function registerAdd(witness: Command, cli: Cli): void {
  witness
    .command("add [host]")
    .description("Have a host of the fleet sign heads, or with --keys a witness elsewhere")
    .option("--keys <file>", "what `fettle witness keys` printed on its machine")
    .option("--at <address>", "where it answers")
    .option("--operator <name>", "whose hands it is in; for a ring all that one has count once")
    .action(async (host: string | undefined, flags: Added) => {
      if (host !== undefined && (flags.keys !== undefined || flags.at !== undefined)) {
        throw new Failure("invalid", "Name a host, or give --keys and --at; not both.");
      }
      const given = host === undefined ? elsewhere(flags) : { host };
      const { operator } = flags;
      const body = { ...given, ...(operator === undefined ? {} : { operator }) };
      const added = await ask(cli.client().POST("/api/v1/witnesses", { body }));
      show(
        cli,
        added,
        () =>
          `${added.name} is asked from now on. Hosts count it once their policy holds this line:\n${added.policyLine}`,
      );
    });
  witness
    .command("remove <name>")
    .description("Ask a witness no more; what it signed counts no more")
    .action(async (name: string) => {
      const params = { path: { witness: name } };
      await ask(cli.client().DELETE("/api/v1/witnesses/{witness}", { params }));
      show(cli, { removed: name }, () => `${name} is asked no more.`);
    });
  witness
    .command("operator <name> [operator]")
    .description("Say whose hands a witness is in; without a word: nobody says")
    .action(async (name: string, operator: string | undefined) => {
      const params = { path: { witness: name } };
      const body = { operator: operator ?? null };
      const set = await ask(
        cli.client().PUT("/api/v1/witnesses/{witness}/operator", { params, body }),
      );
      show(cli, set, () =>
        set.operator === null
          ? `Nobody says whose ${set.name} is.`
          : `${set.name} is of ${set.operator}; for a ring all that ${set.operator} has count once.`,
      );
    });
  registerQuorum(witness, cli);
}

function registerQuorum(witness: Command, cli: Cli): void {
  witness
    .command("quorum <n>")
    .description("How many must have signed before work starts; 0: none")
    .option("--ring <ring>", "for this ring, beside the quorum of all; its own hosts do not count")
    .option("--operator <name>", "with --ring: who runs its hosts; theirs do not count either")
    .action(async (text: string, flags: { ring?: string; operator?: string }) => {
      if (!/^[0-8]$/.test(text)) {
        throw new Failure("invalid", "Write the number of witnesses as 0 to 8.");
      }
      const { ring, operator } = flags;
      if (ring === undefined && operator !== undefined) {
        throw new Failure("invalid", "Give --operator together with --ring.");
      }
      const need = Number(text);
      const body = ring === undefined ? { need } : { need, ring, operator: operator ?? null };
      const reply = await ask(cli.client().PUT("/api/v1/witness-quorum", { body }));
      const rule = reply.rings.find((one) => one.ring === ring);
      show(cli, reply, () => {
        if (rule !== undefined) return ringText(rule, reply.size);
        if (ring !== undefined) return `Ring ${ring} has the quorum of all, ${reply.need}.`;
        return `${reply.need} of ${counted(reply.items.length, "witness", "witnesses")} must sign.`;
      });
    });
}

interface Added {
  readonly keys?: string;
  readonly at?: string;
  readonly operator?: string;
}

function elsewhere(flags: { keys?: string; at?: string }) {
  if (flags.keys === undefined || flags.at === undefined) {
    throw new Failure("invalid", "Name a host, or give both --keys FILE and --at ADDRESS.");
  }
  const [noteKey = "", keyLine = ""] = readNamedText(flags.keys, "The keys").trim().split("\n");
  const name = noteKey.split("+")[0] ?? "";
  return { name, url: flags.at, keyLine, noteKey };
}

const FOLDER = "--folder <folder>";
const FOLDER_HELP = "the witness's own folder, on a machine that the server cannot reach into";

function registerMachine(witness: Command, cli: Cli): void {
  witness
    .command("init <name>")
    .description("Make the keys of a witness, on its own machine; needs no server")
    .requiredOption(FOLDER, FOLDER_HELP)
    .action((name: string, flags: { folder: string }) => {
      const keys = witnessKeys(makeWitness(flags.folder, name));
      show(cli, keys, () => `${keys.noteKey}\n${keys.keyLine}`);
    });
  witness
    .command("keys")
    .description("The two public keys of the witness, for `fettle witness add --keys`")
    .requiredOption(FOLDER, FOLDER_HELP)
    .action((flags: { folder: string }) => {
      const keys = witnessKeys(openWitness(flags.folder));
      show(cli, keys, () => `${keys.noteKey}\n${keys.keyLine}`);
    });
  witness
    .command("trust <key>")
    .description("Sign checkpoints of the log with this key, from `fettle audit key`")
    .requiredOption(FOLDER, FOLDER_HELP)
    .action((file: string, flags: { folder: string }) => {
      const { origin } = trustLog(openWitness(flags.folder), readNamedText(file, "The log's key"));
      show(cli, { origin }, () => `Checkpoints of ${safeText(origin)} are signed from now on.`);
    });
  witness
    .command("serve")
    .description("Answer add-checkpoint (C2SP tlog-witness) over HTTP")
    .requiredOption(FOLDER, FOLDER_HELP)
    .option("--listen <host:port>", "put a proxy with TLS before it", "127.0.0.1:7790")
    .action(async (flags: { folder: string; listen: string }) => {
      const [, host, port] = /^(.+):(\d{1,5})$/.exec(flags.listen) ?? [];
      if (host === undefined) throw new Failure("invalid", "Write --listen as HOST:PORT.");
      const server = witnessServer(openWitness(flags.folder), cli.clock);
      await new Promise<void>((resolve, reject) => {
        server.once("error", (cause) => {
          const text = `${flags.listen} cannot be listened to: ${cause.message}`;
          reject(new Failure("blocked", text, { cause }));
        });
        server.listen(Number(port), host, () => {
          say(cli, `Answers at http://${flags.listen}/add-checkpoint`);
        });
        for (const signal of ["SIGINT", "SIGTERM"] as const) {
          process.once(signal, () => server.close(() => resolve()));
        }
      });
    });
  witness
    .command("sign <file>")
    .description("Answer one add-checkpoint that came as a file; not while `serve` runs")
    .requiredOption(FOLDER, FOLDER_HELP)
    .requiredOption("--out <file>", "where the answer goes")
    .action((file: string, flags: { folder: string; out: string }) => {
      const asked = readNamedText(file, "The checkpoint");
      const seconds = Math.floor(cli.clock() / 1000);
      const { status, body } = addCheckpoint(openWitness(flags.folder), asked, seconds);
      if (status !== 200) {
        throw new Failure("blocked", `Not signed (${status}): ${safeText(body.trim())}`);
      }
      writeWhole(flags.out, Buffer.from(body));
      show(cli, { file: flags.out }, () => `Signed; the answer is in ${flags.out}.`);
    });
}
