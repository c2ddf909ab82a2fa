import { type Command, Option } from "commander";
import { Failure } from "../base/failure.ts";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { asCsv, type CsvFlag, demandWholeList, withCsv, writeCsv } from "./csv-list.ts";
import { people } from "./names.ts";
import { moreLines, type RowFlags, rowsOf, withRows } from "./pages.ts";
import { fixFirstTable, previewText } from "./view/fix-first.ts";
import { paceText } from "./view/pace.ts";
import { caseTable, caseText } from "./view/patch.ts";

const UPDATES_USUAL = 30;

type ListFlags = RowFlags & HostFlags & CsvFlag & { readonly cases?: true };

/** Cases: what to fix first, and the whole story of each. */
export function registerPatch(program: Command, cli: Cli): void {
  const patch = program
    .command("patch")
    .description("What to fix first, and the cases opened for it");
  const list = withRows(
    patch.command("list").description("Fix first: the updates that clear most risk"),
    UPDATES_USUAL,
  ).option("--cases", "the cases that are open instead");
  withHostChoice(withCsv(list)).action(async (flags: ListFlags) => {
    if (flags.csv === true) return writeUpdates(cli, flags);
    return flags.cases === true ? listCases(cli, flags) : listUpdates(cli, flags);
  });
  registerPreview(patch, cli);
  patch
    .command("open <source>")
    .description("Open the case for the newest offered update of a source package")
    .option("--ecosystem <name>", "where the package is affected in several, as in Debian:12")
    .option("--reason <text>", "justification; the findings it clears where you say nothing")
    .action(async (source: string, flags: { ecosystem?: string; reason?: string }) => {
      const body = {
        source,
        ...(flags.ecosystem === undefined ? {} : { ecosystem: flags.ecosystem }),
        ...(flags.reason === undefined ? {} : { justification: flags.reason }),
      };
      const reply = await ask(cli.client().POST("/api/v1/patches", { body }));
      show(cli, reply, () =>
        [
          reply.isNew ? `Opened ${reply.patch.ref}.` : `${reply.patch.ref} is open already.`,
          caseText(reply.patch, {}, cli.clock()),
        ].join("\n"),
      );
    });
  patch
    .command("show <case>")
    .description("The whole case on one timeline")
    .action(async (ref: string) => {
      const client = cli.client();
      const reply = await wholeCase(cli, ref);
      const names = await people(client);
      show(cli, reply, () => caseText(reply.patch, { ...reply, names }, cli.clock()));
    });
  registerEdit(patch, cli);
  registerPace(patch, cli);
  for (const verb of ["drop", "close", "reopen"] as const) {
    patch
      .command(`${verb} <case>`)
      .description(
        {
          drop: "Do nothing about it, and say why",
          close: "Close it after the observation",
          reopen: "Open a dropped case again",
        }[verb],
      )
      .requiredOption("--reason <text>", "why")
      .action(async (ref: string, flags: { reason: string }) => {
        const params = { path: { patch: ref } };
        const path = `/api/v1/patches/{patch}/${verb}` as const;
        const reply = await ask(cli.client().POST(path, { params, body: flags }));
        show(cli, reply.patch, () => caseTable([reply.patch], cli.clock()));
      });
  }
}

interface HostFlags {
  readonly hosts?: string;
  readonly label?: string;
  readonly service?: string;
  readonly team?: string;
}

function withHostChoice(command: Command): Command {
  return command
    .option("--hosts <names>", "only these hosts, with commas between them")
    .option("--label <expression>", "only hosts of this label expression, as env=prod")
    .option("--service <name>", "only hosts that run this service")
    .option("--team <name>", "only hosts of this team (label team, or owner)");
}

function hostQuery({ hosts, label, service, team }: HostFlags) {
  return {
    ...(hosts === undefined ? {} : { hosts }),
    ...(label === undefined ? {} : { label }),
    ...(service === undefined ? {} : { runs: service }),
    ...(team === undefined ? {} : { team }),
  };
}

function registerPreview(patch: Command, cli: Cli): void {
  const preview = patch
    .command("preview <source>")
    .description("What one update would do: exact versions, hosts, restarts, and what stays open")
    .option("--ecosystem <name>", "where the package is affected in several, as in Debian:12");
  withHostChoice(preview).action(
    async (source: string, flags: HostFlags & { ecosystem?: string }) => {
      const { ecosystem } = flags;
      const query = { source, ...(ecosystem === undefined ? {} : { ecosystem }) };
      const params = { query: { ...query, ...hostQuery(flags) } };
      const reply = await ask(cli.client().GET("/api/v1/fix-first/preview", { params }));
      show(cli, reply, () => previewText(reply));
    },
  );
}

async function listUpdates(cli: Cli, flags: ListFlags): Promise<void> {
  const list = await rowsOf(flags, FIX_FIRST_PAGE, async ({ limit, cursor }) => {
    const skip = Number(cursor ?? 0);
    const query = { limit, skip, ...hostQuery(flags) };
    const reply = await ask(cli.client().GET("/api/v1/fix-first", { params: { query } }));
    const end = skip + reply.items.length;
    return { ...reply, next: end < reply.total ? String(end) : null };
  });
  const { next, ...reply } = list;
  show(cli, reply, () => [fixFirstTable(reply), ...moreLines(list)].join("\n"));
}

async function writeUpdates(cli: Cli, flags: ListFlags): Promise<void> {
  if (flags.cases === true) {
    throw new Failure("invalid", "--csv tells the updates to fix first. Leave --cases away.");
  }
  demandWholeList(flags, UPDATES_USUAL);
  const { format, parseAs } = asCsv;
  const params = { query: { ...hostQuery(flags), format } };
  await writeCsv(cli, await ask(cli.client().GET("/api/v1/fix-first", { params, parseAs })));
}

function registerEdit(patch: Command, cli: Cli): void {
  patch
    .command("edit <case>")
    .description("Write why, what is affected and how risky it is, while it is in triage")
    .option("--justification <text>", "why it is done, and for one out of band why it cannot wait")
    .option("--affected <version...>", "source versions that are affected")
    .addOption(
      new Option("--regression <level>", "how likely it is to break something").choices([
        ...["low", "medium", "high"],
      ]),
    )
    .option("--because <text>", "why that likely")
    .action(async (ref: string, flags: EditFlags) => {
      const params = { path: { patch: ref } };
      const body = editOf(flags);
      const client = cli.client();
      const reply = await ask(client.POST("/api/v1/patches/{patch}/edit", { params, body }));
      show(cli, reply.patch, () => caseText(reply.patch, {}, cli.clock()));
    });
}

function registerPace(patch: Command, cli: Cli): void {
  patch
    .command("pace <case>")
    .description("What waiting exposes beside what the change may break, and the decision")
    .addOption(
      new Option("--decide <choice>", "record the decision").choices([
        ...["now", "next-release", "wait"],
      ]),
    )
    .option("--because <text>", "why; kept with both sides as they are")
    .action(async (ref: string, flags: PaceFlags) => {
      const params = { path: { patch: ref } };
      const { decide: choice, because: words } = flags;
      if ((choice === undefined) !== (words === undefined)) {
        throw new Failure("invalid", "Give --decide and --because together.");
      }
      const path = "/api/v1/patches/{patch}/pace" as const;
      const client = cli.client();
      const reply =
        choice === undefined || words === undefined
          ? await ask(client.GET(path, { params }))
          : await ask(client.POST(path, { params, body: { choice, words } }));
      const names = await people(client);
      show(cli, reply, () => paceText(reply, names));
    });
}

interface PaceFlags {
  readonly decide?: "now" | "next-release" | "wait";
  readonly because?: string;
}

interface EditFlags {
  readonly justification?: string;
  readonly affected?: string[];
  readonly regression?: "low" | "medium" | "high";
  readonly because?: string;
}

function editOf(flags: EditFlags) {
  const { justification, affected, regression: level, because } = flags;
  if ((level === undefined) !== (because === undefined)) {
    throw new Failure("invalid", "Give --regression and --because together.");
  }
  return {
    ...(justification === undefined ? {} : { justification }),
    ...(affected === undefined ? {} : { affectedVersions: affected }),
    ...(level === undefined || because === undefined ? {} : { regression: { level, because } }),
  };
}

const CASES_PAGE = 200;
const EVENTS_PAGE = 1_000;
const FIX_FIRST_PAGE = 1_000;

async function listCases(cli: Cli, flags: RowFlags): Promise<void> {
  const list = await rowsOf(flags, CASES_PAGE, ({ limit, cursor }) => {
    const query = { limit, ...(cursor === undefined ? {} : { cursor }) };
    return ask(cli.client().GET("/api/v1/patches", { params: { query } }));
  });
  const { items } = list;
  show(cli, items, () => [caseTable(items, cli.clock()), ...moreLines(list)].join("\n"));
}

/** A case with its events from the first to the last, however many pages those take. */
async function wholeCase(cli: Cli, ref: string) {
  const page = (before: string | null) => {
    const query = { limit: EVENTS_PAGE, ...(before === null ? {} : { before }) };
    const params = { path: { patch: ref }, query };
    return ask(cli.client().GET("/api/v1/patches/{patch}", { params }));
  };
  const { earlier, ...reply } = await page(null);
  const pages = [reply.timeline];
  for (let before = earlier; before !== null; ) {
    const next = await page(before);
    pages.unshift(next.timeline);
    before = next.earlier;
  }
  return { ...reply, timeline: pages.flat() };
}
