import { type Command, Option } from "commander";
import { Failure } from "../base/failure.ts";
import { parseLabels } from "../base/labels.ts";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { type RowFlags, rowsOf, withRows } from "./pages.ts";
import { registerSbom } from "./service-sbom.ts";
import {
  componentTable,
  hostActionTable,
  serviceActionsText,
  serviceTable,
  serviceText,
  setAsideText,
} from "./view/service.ts";

/** Services: who answers for what, what is in it, and what is wrong with it. */
export function registerService(program: Command, cli: Cli): void {
  const service = program
    .command("service")
    .description("What you build and run: owners, hosts, and what is in it");
  registerLook(service, cli);
  registerFindings(service, cli);
  registerWrite(service, cli);
  registerSbom(service, cli);
}

const PAGE = 1_000;

/** The API pages by number of rows; lists of commands go on from where they were. */
async function pages<P extends { readonly items: readonly unknown[]; readonly total: number }>(
  flags: RowFlags,
  load: (page: { readonly limit: number; readonly skip: number }) => Promise<P>,
) {
  return await rowsOf(flags, PAGE, async ({ limit, cursor }) => {
    const skip = Number(cursor ?? 0);
    const reply = await load({ limit, skip });
    const end = skip + reply.items.length;
    return { ...reply, next: end < reply.total ? String(end) : null };
  });
}

function registerLook(service: Command, cli: Cli): void {
  withPast(withRows(service.command("list").description("Services with what is wrong in them"), 50))
    .option("--selector <expression>", "label expression, as in env=prod,tier=0")
    .option("--search <text>", "part of a name, a title or a team")
    .addOption(new Option("--order <by>", "which come first").choices(["name", "urgency"]))
    .action(async (flags: ListFlags) => {
      const asked = {
        ...pastQuery(flags),
        label: flags.selector ?? "",
        q: flags.search ?? "",
        order: flags.order ?? ("name" as const),
      };
      const list = await pages(flags, ({ limit, skip }) => {
        const query = { ...asked, limit, skip };
        return ask(cli.client().GET("/api/v1/services", { params: { query } }));
      });
      show(cli, list.items, () => serviceTable(list, cli.clock()));
    });
  withPast(
    service
      .command("show <service>")
      .description("One service: owners, artifacts, hosts, and what mends most of it"),
  ).action(async (name: string, flags: PastFlags) => {
    const client = cli.client();
    const path = { service: name };
    const past = pastQuery(flags);
    const params = { path, query: past };
    const shown = await ask(client.GET("/api/v1/services/{service}", { params }));
    const findings =
      shown.judged.findings === null
        ? null
        : await ask(
            client.GET("/api/v1/services/{service}/findings", {
              params: { path, query: { limit: ACTIONS_SHOWN, ...past } },
            }),
          );
    const all = { ...shown, topFindings: findings?.items ?? null };
    show(cli, all, () => serviceText(all, cli.clock()));
  });
}

interface ListFlags extends RowFlags, PastFlags {
  readonly selector?: string;
  readonly search?: string;
  readonly order?: "urgency";
}

interface PastFlags {
  readonly asOf?: string;
}

function withPast(command: Command): Command {
  return command.option(
    "--as-of <day>",
    "what was known at the end of that day (UTC), or at an instant",
  );
}

function pastQuery({ asOf }: PastFlags): { readonly asOf?: string } {
  return asOf === undefined ? {} : { asOf };
}

const ACTIONS_SHOWN = 10;

function registerFindings(service: Command, cli: Cli): void {
  withPast(
    withRows(service.command("findings <service>").description("What mends it, worst first"), 50),
  )
    .option("--hosts", "the packages of the hosts that run it, instead of its own components")
    .option("--set-aside", "what VEX of trusted authors sets aside, instead of what is open")
    .action(async (name: string, flags: FindingFlags) => {
      const client = cli.client();
      const path = { service: name };
      const past = pastQuery(flags);
      if (flags.hosts === true) {
        const list = await pages(flags, (page) => {
          const params = { path, query: { ...page, ...past } };
          return ask(client.GET("/api/v1/services/{service}/host-findings", { params }));
        });
        return show(cli, list, () => hostActionTable(list));
      }
      const list = await pages(flags, (page) => {
        const params = { path, query: { ...page, ...past } };
        return ask(client.GET("/api/v1/services/{service}/findings", { params }));
      });
      if (flags.setAside === true) {
        return show(cli, { items: list.setAside }, () => setAsideText(list.setAside));
      }
      show(cli, list, () => serviceActionsText(list));
    });
  withPast(
    withRows(service.command("components <service>").description("Everything that is in it"), 100),
  )
    .addOption(
      new Option("--show <which>", "which of them")
        .choices(["all", "vulnerable", "unknown"])
        .default("all"),
    )
    .option("--search <text>", "part of a name, version or package URL")
    .option("--artifact <name>", "of this artifact only")
    .option("--environment <name>", "as it is deployed there")
    .action(async (name: string, flags: ComponentFlags) => {
      const path = { service: name };
      const asked = {
        show: flags.show,
        q: flags.search ?? "",
        ...pastQuery(flags),
        ...(flags.artifact === undefined ? {} : { artifact: flags.artifact }),
        ...(flags.environment === undefined ? {} : { environment: flags.environment }),
      };
      const list = await pages(flags, (page) => {
        const query = { ...asked, ...page };
        return ask(
          cli.client().GET("/api/v1/services/{service}/components", { params: { path, query } }),
        );
      });
      show(cli, list, () => componentTable(list));
    });
}

interface FindingFlags extends RowFlags, PastFlags {
  readonly hosts?: true;
  readonly setAside?: true;
}

interface ComponentFlags extends RowFlags, PastFlags {
  readonly show: "all" | "vulnerable" | "unknown";
  readonly search?: string;
  readonly artifact?: string;
  readonly environment?: string;
}

interface WriteFlags {
  readonly title?: string;
  readonly team?: string;
  readonly owner?: string[];
  readonly label?: string[];
  readonly repository?: string;
  readonly hosts?: string;
  readonly host?: string[];
  readonly needs?: string[];
}

function collect(value: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

function withFields(command: Command): Command {
  return command
    .option("--title <text>", "what people call it")
    .option("--team <name>", "who answers for it")
    .option("--owner <who>", "a person or address to turn to; may be given several times", collect)
    .option(
      "--label <key=value>",
      "tier, data class, exposure, …; several times; key- removes",
      collect,
    )
    .option("--repository <url>", "where it is developed")
    .option("--hosts <expression>", "label expression of the hosts that run it; '' for none")
    .option("--host <name>", "a host that runs it, beside those; several times", collect)
    .option("--needs <service>", "a service it cannot do without; several times", collect);
}

function registerWrite(service: Command, cli: Cli): void {
  withFields(service.command("add <name>").description("Add a service")).action(
    async (name: string, flags: WriteFlags) => {
      const labels = { ...parseLabels(flags.label ?? []) };
      const body = { name, ...fieldsOf(flags), labels };
      const added = await ask(cli.client().POST("/api/v1/services", { body }));
      show(
        cli,
        added,
        () => `${added.name} is added. Next: fettle service sbom put ${added.name} bom.json`,
      );
    },
  );
  withFields(
    service.command("edit <service>").description("Change what is said of a service"),
  ).action(async (name: string, flags: WriteFlags) => {
    const params = { path: { service: name } };
    const body = { ...fieldsOf(flags), ...labelChange(flags.label) };
    if (Object.keys(body).length === 0) {
      throw new Failure("invalid", "Say what to change, as in --team payments.");
    }
    const edited = await ask(cli.client().PATCH("/api/v1/services/{service}", { params, body }));
    show(cli, edited, () => `${edited.name} is changed.`);
  });
  service
    .command("remove <service>")
    .description("Remove a service; its history stays")
    .action(async (name: string) => {
      const params = { path: { service: name } };
      await ask(cli.client().DELETE("/api/v1/services/{service}", { params }));
      show(cli, { name, removed: true }, () => `${name} is removed; its history stays.`);
    });
}

function fieldsOf(flags: WriteFlags) {
  return {
    ...(flags.title === undefined ? {} : { title: flags.title }),
    ...(flags.team === undefined ? {} : { team: flags.team }),
    ...(flags.owner === undefined ? {} : { owners: flags.owner }),
    ...(flags.repository === undefined ? {} : { repository: flags.repository }),
    ...(flags.hosts === undefined ? {} : { hostSelector: flags.hosts === "" ? null : flags.hosts }),
    ...(flags.host === undefined ? {} : { hosts: flags.host }),
    ...(flags.needs === undefined ? {} : { needs: flags.needs }),
  };
}

/** `key=value` sets, `key-` takes away. */
function labelChange(texts: readonly string[] | undefined) {
  if (texts === undefined) return {};
  const removed = texts.filter((text) => text.endsWith("-")).map((text) => text.slice(0, -1));
  const labels = {
    ...parseLabels(texts.filter((text) => !text.endsWith("-"))),
    ...Object.fromEntries(removed.map((key) => [key, null])),
  };
  return { labels };
}
