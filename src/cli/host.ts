import type { Command } from "commander";
import { counted } from "../base/counted.ts";
import { Failure } from "../base/failure.ts";
import { parseLabels } from "../base/labels.ts";
import { ask, type Client } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { asCsv, type CsvFlag, withCsv, writeCsv } from "./csv-list.ts";
import { registerAdd, registerImport } from "./host-add.ts";
import { registerAuthority } from "./host-authority.ts";
import { registerEnrol } from "./host-enrol.ts";
import { registerTrust } from "./host-trust.ts";
import { allPages } from "./pages.ts";
import { hostTable, hostText } from "./view/host.ts";
import { restartsText, runtimeText } from "./view/runtime.ts";
import { scanText } from "./view/scan.ts";
import { watchScan } from "./watch-scan.ts";

/** Hosts: look at, edit, scan; adding and enrolling have files of their own. */

/** The newest things that happened on a host, or did not. */
const TIMELINE_SHOWN = 12;
/** The newest rollouts that went on or ended without it. */
const MISSED_SHOWN = 20;

export function registerHost(program: Command, cli: Cli): void {
  const host = program.command("host").description("Hosts and what is on them");
  registerAdd(host, cli);
  registerAuthority(host, cli);
  registerImport(host, cli);
  registerLook(host, cli);
  registerEdit(host, cli);
  registerScan(host, cli);
  registerEnrol(host, cli);
  registerTrust(host, cli);
}

function registerLook(host: Command, cli: Cli): void {
  withCsv(host.command("list"))
    .description("Hosts with their four states")
    .option("--selector <expression>", "label expression, as in env=prod,ring!=canary")
    .action(async (flags: CsvFlag & { selector?: string }) => {
      const client = cli.client();
      if (flags.csv === true) {
        const { format, parseAs } = asCsv;
        const { selector = "" } = flags;
        const params = { query: { selector, format } };
        return writeCsv(cli, await ask(client.GET("/api/v1/hosts", { params, parseAs })));
      }
      const items = await allPages((cursor) => {
        const query = {
          limit: 1000,
          ...(flags.selector === undefined ? {} : { selector: flags.selector }),
          ...(cursor === undefined ? {} : { cursor }),
        };
        return ask(client.GET("/api/v1/hosts", { params: { query } }));
      });
      show(cli, items, () => hostTable(items, cli.clock()));
    });
  host
    .command("show <name>")
    .description(
      "One host: its four states, facts and updates, rollouts that went past it, and what happened there or why nothing did",
    )
    .action(async (name: string) => {
      const client = cli.client();
      const params = { path: { host: name } };
      const shown = await ask(client.GET("/api/v1/hosts/{host}", { params }));
      const packages = await ask(client.GET("/api/v1/hosts/{host}/packages", { params }));
      const offers = await ask(client.GET("/api/v1/hosts/{host}/offers", { params }));
      const timeline = await ask(
        client.GET("/api/v1/hosts/{host}/timeline", {
          params: { ...params, query: { limit: TIMELINE_SHOWN } },
        }),
      );
      const runtime = await runtimeOf(client, name);
      const missed = await missedBy(client, name);
      const all = {
        ...shown,
        restarts: runtime?.restarts ?? null,
        packages: packages.items,
        offers: offers.items,
        missed: missed?.items ?? null,
        timeline: timeline.items,
      };
      show(cli, all, () => {
        const waiting = runtime === null ? null : restartsText(runtime);
        const text = hostText(all, cli.clock());
        return waiting === null ? text : `${text}\n\n${waiting}`;
      });
    });
  host
    .command("runtime <name>")
    .description("What runs on a host: packages in memory, fixes that wait for a restart, ports")
    .action(async (name: string) => {
      const params = { path: { host: name } };
      const runtime = await ask(cli.client().GET("/api/v1/hosts/{host}/runtime", { params }));
      show(cli, runtime, () => runtimeText(runtime, cli.clock()));
    });
}

/** What runs there needs the right to read findings; who lacks it sees the rest. */
async function runtimeOf(client: Client, host: string) {
  const params = { path: { host } };
  const { data = null } = await client.GET("/api/v1/hosts/{host}/runtime", { params });
  return data;
}

/** What went past it needs the right to read rollouts. */
async function missedBy(client: Client, host: string) {
  const params = { path: { host }, query: { limit: MISSED_SHOWN } };
  const { data = null } = await client.GET("/api/v1/hosts/{host}/missed", { params });
  return data;
}

function registerEdit(host: Command, cli: Cli): void {
  host
    .command("label <name> <labels...>")
    .description("Set labels (key=value) or take them away (key-)")
    .action(async (name: string, texts: string[]) => {
      const removed = texts.filter((text) => text.endsWith("-")).map((text) => text.slice(0, -1));
      const labels = {
        ...parseLabels(texts.filter((text) => !text.endsWith("-"))),
        ...Object.fromEntries(removed.map((key) => [key, null])),
      };
      const params = { path: { host: name } };
      const client = cli.client();
      await ask(client.PATCH("/api/v1/hosts/{host}", { params, body: { labels } }));
      const { host: edited } = await ask(client.GET("/api/v1/hosts/{host}", { params }));
      show(cli, edited, () => hostTable([edited], cli.clock()));
    });
  host
    .command("remove <name>")
    .description("Remove a host; its history stays")
    .action(async (name: string) => {
      await ask(cli.client().DELETE("/api/v1/hosts/{host}", { params: { path: { host: name } } }));
      show(cli, { name, removed: true }, () => `${name} is removed; its history stays.`);
    });
}

interface ScanFlags {
  readonly all?: true;
  readonly selector?: string;
  readonly refresh: boolean;
  readonly watch?: true;
  readonly id?: string;
}

function registerScan(host: Command, cli: Cli): void {
  host
    .command("scan [names...]")
    .description("Inspect hosts; waits and shows how it goes with --watch")
    .option("--all", "every host you may scan")
    .option("--selector <expression>", "label expression")
    .option("--no-refresh", "do not read the package lists anew (into private folders)")
    .option("--watch", "show progress until the last host answered")
    .option("--id <scan>", "look at a scan that runs already, instead of starting one")
    .action(async (names: string[], flags: ScanFlags) => {
      const client = cli.client();
      const scan = await startedScan(client, names, flags);
      if (flags.watch === true) return watchScan(cli, client, scan.id);
      show(cli, scan, () =>
        flags.id === undefined
          ? `Scan ${scan.id} of ${counted(scan.hosts, "host")} runs. Watch it: fettle host scan --id ${scan.id} --watch`
          : scanText(scan),
      );
    });
}

async function startedScan(client: Client, names: readonly string[], flags: ScanFlags) {
  const isNew = names.length > 0 || flags.all === true || flags.selector !== undefined;
  if (isNew === (flags.id !== undefined)) {
    throw new Failure("invalid", "Name hosts, or use --all or --selector; or --id of a scan.");
  }
  if (flags.id !== undefined) {
    const params = { path: { scan: flags.id } };
    return ask(client.GET("/api/v1/scans/{scan}", { params }));
  }
  const body = {
    refreshLists: flags.refresh,
    ...(names.length === 0 ? {} : { hosts: [...names] }),
    ...(flags.selector === undefined ? {} : { selector: flags.selector }),
  };
  return ask(client.POST("/api/v1/scans", { body }));
}
