import type { Command } from "commander";
import { counted } from "../base/counted.ts";
import { Failure } from "../base/failure.ts";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { namesOfObjects, people } from "./names.ts";
import { renderList, renderTable } from "./view/table.ts";
import { clockText, whenText } from "./view/when.ts";
import { writeWhole } from "./write-whole.ts";

/** How long the log keeps words, and what keeps them longer: `audit retention`, `prune`, `hold`. */
export function registerRecords(audit: Command, cli: Cli): void {
  registerRetention(audit, cli);
  registerPrune(audit, cli);
  registerHold(audit, cli);
}

const classes = { changes: "changes", access: "access", rest: "rest" } as const;

function registerRetention(audit: Command, cli: Cli): void {
  audit
    .command("retention")
    .description("How long the words of entries are kept; for less, two people ask for the same")
    .option("--class <class>", `one of ${Object.keys(classes).join(", ")}; with --days, sets it`)
    .option("--days <number>", "at least 400")
    .action(async (flags: { class?: string; days?: string }) => {
      if ((flags.class === undefined) !== (flags.days === undefined)) {
        throw new Failure("invalid", "--class and --days go together.");
      }
      if (flags.class !== undefined) {
        const chosen = classes[flags.class as keyof typeof classes];
        if (chosen === undefined) {
          throw new Failure("invalid", `--class is one of ${Object.keys(classes).join(", ")}.`);
        }
        const path = { class: chosen };
        const body = { days: Number(flags.days) };
        const put = "/api/v1/audit/retention/{class}" as const;
        const now = await ask(cli.client().PUT(put, { params: { path }, body }));
        return show(cli, now, () => retentionLine(now, body.days));
      }
      const standing = await ask(cli.client().GET("/api/v1/audit/retention"));
      const names = standing.classes.some(({ asked }) => asked !== null)
        ? await people(cli.client())
        : new Map<string, string>();
      const name = (id: string) => names.get(id) ?? id;
      show(cli, standing, () =>
        [
          renderTable(standing.classes, [
            { head: "class", cell: (one) => one.class },
            { head: "days", cell: (one) => one.days, align: "right" },
            { head: "asked for", cell: ({ asked }) => (asked === null ? null : asked.days) },
            { head: "by", cell: ({ asked }) => (asked === null ? null : name(asked.by)) },
          ]),
          ...standingLines(standing),
        ].join("\n"),
      );
    });
}

function retentionLine(
  now: { readonly class: string; readonly days: number; readonly asked: unknown },
  wanted: number,
): string {
  return now.days === wanted
    ? `The words of ${now.class} are kept for ${wanted} days.`
    : `Asked. The words of ${now.class} are kept for ${now.days} days until another person asks for the same: fettle audit retention --class ${now.class} --days ${wanted}`;
}

interface Standing {
  readonly minimum: number;
  readonly size: number;
  readonly prunable: number;
  readonly first: { readonly index: number; readonly why: string } | null;
}

function standingLines(standing: Standing): readonly string[] {
  const { minimum, size, prunable, first } = standing;
  const gone = minimum === 0 ? "none was pruned" : `those below ${minimum} were pruned`;
  const stays = first === null ? "" : ` From entry ${first.index} on they stay: ${first.why}.`;
  return [
    `${counted(size, "entry", "entries")}; ${gone}.${stays}`,
    prunable > minimum
      ? `${prunable - minimum} could go now: fettle audit prune --below ${prunable}`
      : "None can go now.",
  ];
}

function registerPrune(audit: Command, cli: Cli): void {
  audit
    .command("prune")
    .description("Say which old entries could go; with --below, take their words away for good")
    .option("--below <index>", "the index that a look without this flag named")
    .action(async (flags: { below?: string }) => {
      const client = cli.client();
      if (flags.below === undefined) {
        const standing = await ask(client.GET("/api/v1/audit/retention"));
        show(cli, standing, () => standingLines(standing).join("\n"));
        return;
      }
      const body = { minimum: Number(flags.below) };
      const done = await ask(client.POST("/api/v1/audit/prunings", { body }));
      show(
        cli,
        done,
        () =>
          `${done.entries} entries are gone. Their hashes stay, and exports say by which statement.`,
      );
    });
}

interface PlaceFlags {
  readonly case?: string;
  readonly change?: string;
  readonly host?: string;
  readonly person?: string;
  readonly from?: string;
  readonly until?: string;
  readonly reason: string;
}

function registerHold(audit: Command, cli: Cli): void {
  const hold = audit
    .command("hold")
    .description("Legal holds: what may be neither pruned nor erased");
  hold
    .command("list")
    .description("Legal holds, newest first")
    .option("--open", "only those in force")
    .action(async (flags: { open?: true }) => {
      const client = cli.client();
      const query = { open: flags.open === true ? ("true" as const) : ("false" as const) };
      const { items } = await ask(client.GET("/api/v1/audit/holds", { params: { query } }));
      const names = await people(client);
      const name = (id: string | null) => (id === null ? "" : (names.get(id) ?? id));
      const held = await namesOfObjects(client, items.flatMap(heldObject));
      show(cli, items, () =>
        renderList(items, {
          none:
            flags.open === true ? "No legal hold is in force." : "No legal hold was ever placed.",
          columns: [
            { head: "hold", cell: (one) => one.name },
            { head: "over", cell: (one) => overText(one, held) },
            { head: "placed", cell: (one) => whenText(one.placedAt, cli.clock()) },
            { head: "by", cell: (one) => name(one.placedBy) },
            { head: "lifting asked by", cell: (one) => name(one.liftAskedBy) },
            { head: "lifted by", cell: (one) => name(one.liftedBy) },
            { head: "reason", cell: (one) => one.reason, widthMax: 60 },
          ],
        }),
      );
    });
  hold
    .command("place")
    .description("Place a hold over one thing or a span of time; it counts at once")
    .option("--case <case>", "as in P-12")
    .option("--change <change>", "as in C-7")
    .option("--host <host>", "by name")
    .option("--person <handle>", "what they did, and what is held on them")
    .option("--from <time>", "with --until: all that happened in between")
    .option("--until <time>", "not itself in the span")
    .requiredOption("--reason <text>", "why; ten characters at least")
    .action(async (flags: PlaceFlags) => {
      const body = { ...whatHeld(flags), reason: flags.reason };
      const placed = await ask(cli.client().POST("/api/v1/audit/holds", { body }));
      show(cli, placed, () => `${placed.name} holds from now on. Two people lift it.`);
    });
  hold
    .command("lift <hold>")
    .description("Ask to lift a hold; another person who does the same lifts it")
    .option("--reason <text>", "why; who asks first gives it")
    .action(async (ref: string, body: { reason?: string }) => {
      const params = { path: { hold: ref } };
      const path = "/api/v1/audit/holds/{hold}/lift" as const;
      const now = await ask(cli.client().POST(path, { params, body }));
      show(cli, now, () =>
        now.liftedAt === null
          ? `Asked. ${now.name} counts until another person does the same: fettle audit hold lift ${now.name}`
          : `${now.name} is lifted.`,
      );
    });
}

function whatHeld(flags: PlaceFlags) {
  const named = (["case", "change", "host", "person"] as const).filter(
    (kind) => flags[kind] !== undefined,
  );
  const [kind] = named;
  const { from, until } = flags;
  if (kind !== undefined && named.length === 1 && from === undefined && until === undefined) {
    return { kind, about: flags[kind] ?? "" };
  }
  if (kind === undefined && from !== undefined && until !== undefined) {
    return { kind: "time" as const, from: instantOf(from), until: instantOf(until) };
  }
  throw new Failure(
    "invalid",
    "Name one of --case, --change, --host and --person, or both --from and --until.",
  );
}

function instantOf(text: string): string {
  const at = Date.parse(text);
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && Number.isFinite(at)) return new Date(at).toISOString();
  throw new Failure("invalid", `${text} is not a time such as 2026-01-31 or 2026-01-31T12:00:00Z.`);
}

interface ShownHold {
  readonly kind: string;
  readonly about: string | null;
  readonly from: string | null;
  readonly until: string | null;
}

function overText(hold: ShownHold, names: ReadonlyMap<string, string>): string {
  const { kind, about, from, until } = hold;
  if (from !== null && until !== null) return `${clockText(from)} – ${clockText(until)}`;
  return `${kind} ${heldObject(hold)
    .map((object) => names.get(object) ?? about)
    .join("")}`;
}

/** What is held as the log names it: `host:<id>`; nothing for a span of time. */
function heldObject({ kind, about }: ShownHold): readonly string[] {
  if (about === null) return [];
  return [`${{ person: "subject", case: "patch" }[kind] ?? kind}:${about}`];
}

/** What is held on a person: to give it to them, and to erase it. */
export function registerErasure(user: Command, cli: Cli): void {
  user
    .command("records <handle> <file>")
    .description("Write all that is held on a person to a file, for their request")
    .action(async (handle: string, file: string) => {
      const params = { path: { user: handle } };
      const held = await ask(cli.client().GET("/api/v1/users/{user}/records", { params }));
      writeWhole(file, Buffer.from(`${JSON.stringify(held, null, 2)}\n`));
      show(cli, { file }, () => `All that is held on ${handle} is in ${file}.`);
    });
  user
    .command("erase <handle>")
    .description("Ask to erase a person for good; another person who does the same erases them")
    .option("--reason <text>", "why; who asks first gives it")
    .action(async (handle: string, body: { reason?: string }) => {
      const params = { path: { user: handle } };
      const path = "/api/v1/users/{user}/erasure" as const;
      const now = await ask(cli.client().POST(path, { params, body }));
      show(cli, now, () =>
        now.doneAt === null
          ? `Asked. Nothing is erased until another administrator does the same: fettle user erase ${handle}`
          : "Erased. What was sealed about them can be read by nobody any more.",
      );
    });
  user
    .command("erasures")
    .description("Who is to be erased, as one person asked and nobody else agreed yet")
    .action(async () => {
      const client = cli.client();
      const { items } = await ask(client.GET("/api/v1/erasures"));
      const names = items.length === 0 ? new Map<string, string>() : await people(client);
      show(cli, items, () =>
        renderList(items, {
          none: "Nobody is to be erased.",
          columns: [
            { head: "handle", cell: (one) => one.handle },
            { head: "asked", cell: (one) => whenText(one.askedAt, cli.clock()) },
            { head: "by", cell: (one) => names.get(one.askedBy) ?? one.askedBy },
            { head: "kept by", cell: (one) => one.hold },
            { head: "reason", cell: (one) => one.reason, widthMax: 60 },
          ],
        }),
      );
    });
  user
    .command("keep <handle>")
    .description("Take back that a person is to be erased, before another person agrees")
    .action(async (handle: string) => {
      const params = { path: { user: handle } };
      await ask(cli.client().DELETE("/api/v1/users/{user}/erasure", { params }));
      show(cli, { user: handle }, () => `${handle} is not to be erased.`);
    });
}
