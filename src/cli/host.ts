import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { type Command, Option } from "commander";
import { Failure } from "../base/failure.ts";
import { parseLabels } from "../base/labels.ts";
import { ask, type Client } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { allPages } from "./pages.ts";
import { readNamedText } from "./read-file.ts";
import { hostTable, hostText } from "./view/host.ts";
import { scanText } from "./view/scan.ts";
import { renderFacts, renderTable, safeText } from "./view/table.ts";
import { watchScan } from "./watch-scan.ts";

/** Hosts: add, import, look at, scan. */
/** The newest things that happened on a host, or did not. */
const TIMELINE_SHOWN = 12;

export function registerHost(program: Command, cli: Cli): void {
  const host = program.command("host").description("Hosts and what is on them");
  registerAdd(host, cli);
  registerImport(host, cli);
  registerLook(host, cli);
  registerEdit(host, cli);
  registerScan(host, cli);
  registerEnrol(host, cli);
}

function collect(value: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

interface AddFlags {
  readonly ssh?: string;
  readonly local?: true;
  readonly identity?: string;
  readonly label?: string[];
  readonly hostKey?: string[];
  readonly fingerprint?: string[];
  readonly installed?: true;
  readonly inspectOnly?: true;
}

function registerAdd(host: Command, cli: Cli): void {
  host
    .command("add <name>")
    .description("Add a host that is reached over SSH; its host key must be pinned")
    .option("--ssh <user@address[:port]>", "how the server reaches it")
    .option("--local", "the machine that the server runs on; inspected only, never changed")
    .option("--identity <file>", "private key file on the server")
    .option("--label <key=value>", "may be given several times", collect)
    .option("--host-key <line>", "pin this key: '<type> <base64>'", collect)
    .option("--fingerprint <SHA256:…>", "pin the key that has this fingerprint", collect)
    .option("--installed", "the host program is installed there behind a forced command")
    .option("--inspect-only", "never change this host")
    .action(async (name: string, flags: AddFlags) => {
      const client = cli.client();
      const way = await wayFrom(cli, client, flags);
      const isInspected = flags.inspectOnly === true || way.kind === "local";
      const body = {
        name,
        labels: { ...parseLabels(flags.label ?? []) },
        mode: isInspected ? ("inspect-only" as const) : ("managed" as const),
        way,
      };
      const added = await ask(client.POST("/api/v1/hosts", { body }));
      show(
        cli,
        added,
        () => `${added.name} is added. Next: fettle host scan ${added.name} --watch`,
      );
    });
}

async function wayFrom(cli: Cli, client: Client, flags: AddFlags) {
  if (flags.local === true && flags.ssh === undefined) return { kind: "local" as const };
  if (flags.ssh === undefined || flags.local === true) {
    throw new Failure("invalid", "Give --ssh user@address, or --local, one of the two.");
  }
  const target = parseSsh(flags.ssh);
  return {
    kind: "ssh" as const,
    ...target,
    identityFile: flags.identity === undefined ? null : absolute(flags.identity),
    hostKeys: await pinnedKeys(cli, client, target, flags),
    program: flags.installed === true ? ("installed" as const) : ("piped" as const),
  };
}

/** `user@address:port`; an IPv6 address with a port stands in brackets. */
export function parseSsh(text: string): { user: string; address: string; port: number } {
  const match = /^(?:([^@\s]+)@)?(\[[0-9a-f:]+\]|[^:@\s]+)(?::(\d{1,5}))?$/i.exec(text);
  if (match?.[2] === undefined) {
    throw new Failure("invalid", `${text} is not of the form user@address or user@address:port.`);
  }
  const address = match[2].replace(/^\[|\]$/g, "");
  return { user: match[1] ?? "root", address, port: Number(match[3] ?? 22) };
}

function absolute(path: string): string {
  if (path.startsWith("~/")) return join(homedir(), path.slice(2));
  return isAbsolute(path) ? path : resolve(path);
}

/** Keys to pin: given lines, or those with a confirmed fingerprint; never simply what answers. */
async function pinnedKeys(
  cli: Cli,
  client: Client,
  target: { readonly address: string; readonly port: number },
  flags: AddFlags,
): Promise<string[]> {
  if (flags.hostKey !== undefined) return flags.hostKey;
  const { address, port } = target;
  const { items } = await ask(client.POST("/api/v1/host-keys", { body: { address, port } }));
  const wanted = flags.fingerprint ?? [];
  const chosen = items.filter((key) => wanted.includes(key.fingerprint));
  if (wanted.length > 0 && chosen.length === 0) {
    throw new Failure(
      "blocked",
      `${address} port ${port} offers no key with that fingerprint. It offers ${items.map((key) => key.fingerprint).join(", ") || "none"}.`,
    );
  }
  if (chosen.length > 0) return chosen.map((key) => key.line);
  const table = renderTable(items, [
    { head: "type", cell: (key) => key.type },
    { head: "fingerprint", cell: (key) => key.fingerprint },
  ]);
  cli.terminal.err(`${address} port ${port} offers these host keys:\n${table}\n`);
  throw new Failure(
    "blocked",
    "A host is added only with a key that somebody has compared. Look at the host's own console (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub) and add --fingerprint SHA256:… of the one that is right.",
  );
}

interface ImportFlags {
  readonly format?: "csv" | "ansible-ini" | "ansible-yaml";
  readonly apply?: true;
  readonly user: string;
  readonly identity?: string;
  readonly label?: string[];
  readonly knownHosts?: string;
}

function registerImport(host: Command, cli: Cli): void {
  host
    .command("import <file>")
    .description(
      "Add hosts from a CSV file or an Ansible inventory; shows first what would be added",
    )
    .addOption(
      new Option("--format <format>", "guessed from the name where you say nothing").choices([
        "csv",
        "ansible-ini",
        "ansible-yaml",
      ]),
    )
    .option("--apply", "really add them")
    .option("--user <user>", "user where the file says none", "root")
    .option("--identity <file>", "private key where the file says none")
    .option("--label <key=value>", "label for all of them", collect)
    .option("--known-hosts <file>", "known_hosts file with their keys", "~/.ssh/known_hosts")
    .action(async (file: string, flags: ImportFlags) => {
      const report = await ask(
        cli.client().POST("/api/v1/hosts/import", {
          body: {
            format: flags.format ?? formatOf(file),
            text: readNamedText(file, "The list of hosts"),
            purpose: flags.apply === true ? "apply" : "preview",
            user: flags.user,
            identityFile: flags.identity === undefined ? null : absolute(flags.identity),
            labels: { ...parseLabels(flags.label ?? []) },
            knownHosts: readIfThere(absolute(flags.knownHosts ?? "~/.ssh/known_hosts")),
            mode: "managed",
            program: "piped",
          },
        }),
      );
      show(cli, report, () =>
        [
          renderTable(report.hosts, [
            { head: "host", cell: (h) => h.name },
            { head: "new", cell: (h) => (h.isNew ? "yes" : "no, there already") },
            {
              head: "labels",
              cell: (h) =>
                Object.entries(h.labels)
                  .map((l) => l.join("="))
                  .join(","),
            },
          ]),
          ...report.problems.map(
            (p) => `problem${p.line === null ? "" : `, line ${p.line}`}: ${safeText(p.message)}`,
          ),
          importEnd(report, flags),
        ].join("\n"),
      );
      if (report.problems.length > 0) process.exitCode = 1;
    });
}

function importEnd(
  report: { readonly added: number; readonly problems: readonly unknown[] },
  flags: ImportFlags,
): string {
  if (flags.apply !== true) return "Nothing is added yet; add --apply to do it.";
  return report.problems.length > 0
    ? "Nothing was added: mend the problems first, then all are added at once."
    : `${report.added} added.`;
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function formatOf(file: string): "csv" | "ansible-ini" | "ansible-yaml" {
  if (file.endsWith(".csv")) return "csv";
  return /\.ya?ml$/.test(file) ? "ansible-yaml" : "ansible-ini";
}

function registerLook(host: Command, cli: Cli): void {
  host
    .command("list")
    .description("Hosts with their four states")
    .option("--selector <expression>", "label expression, as in env=prod,ring!=canary")
    .action(async (flags: { selector?: string }) => {
      const client = cli.client();
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
      "One host: its four states, facts and updates, and what happened there or why nothing did",
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
      const all = {
        ...shown,
        packages: packages.items,
        offers: offers.items,
        timeline: timeline.items,
      };
      show(cli, all, () => hostText(all, cli.clock()));
    });
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
          ? `Scan ${scan.id} of ${scan.hosts} host(s) runs. Watch it: fettle host scan --id ${scan.id} --watch`
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

interface EnrolFlags {
  readonly policy?: string;
  readonly fingerprint?: string;
  readonly ring?: string;
  readonly acceptNewKey?: true;
}

function registerEnrol(host: Command, cli: Cli): void {
  host
    .command("program")
    .description("Print the program that runs on hosts, for installing it yourself (docs/hosts.md)")
    .action(async () => cli.terminal.out(await cli.hostProgram()));
  host
    .command("enrol <names...>")
    .description("Make a host able to take jobs: its identity, its policy, its own signing key")
    .option("--policy <file>", "rings policy; for hosts reached by the piped program")
    .option("--accept-new-key", "the host lost its key (reinstalled)")
    .option(
      "--fingerprint <SHA256:…>",
      "for an installed program: the key you compared on the host",
    )
    .option("--ring <ring>", "for an installed program: the ring its own identity names")
    .action(async (names: string[], flags: EnrolFlags) => {
      const client = cli.client();
      const enrolled: (Awaited<ReturnType<typeof enrol>> & { readonly name: string })[] = [];
      try {
        for (const name of names) enrolled.push({ name, ...(await enrol(client, name, flags)) });
      } finally {
        // Those before a refused one are enrolled, so they are told in any case, as one value.
        if (enrolled.length > 0) show(cli, enrolled, () => enrolled.map(enrolledText).join("\n"));
      }
    });
  host
    .command("status <name>")
    .description("What the host program itself says: policy, halt file, running job")
    .action(async (name: string) => {
      const params = { path: { host: name } };
      const status = await ask(cli.client().GET("/api/v1/hosts/{host}/status", { params }));
      show(cli, status, () =>
        renderFacts([
          ["host id", status.host],
          ["key", status.fingerprint],
          ["policy version", status.policyVersion],
          ["program", status.program?.slice(0, 16)],
          ["halt file", status.isHalted ? "present: the host refuses everything" : "none"],
          ["job", status.job ?? "none"],
        ]),
      );
    });
}

function enrolledText(host: Awaited<ReturnType<typeof enrol>> & { readonly name: string }): string {
  const { enrolment, fingerprint, name, weakens } = host;
  return [
    `${name} is enrolled in ring ${safeText(enrolment.ring)}, policy ${enrolment.policyVersion}, key ${fingerprint}`,
    ...weakens.map((text) => `  weaker: ${safeText(text)}`),
  ].join("\n");
}

async function enrol(client: Client, name: string, flags: EnrolFlags) {
  const params = { path: { host: name } };
  if (flags.fingerprint !== undefined && flags.ring !== undefined) {
    const body = { fingerprint: flags.fingerprint, ring: flags.ring };
    return ask(client.POST("/api/v1/hosts/{host}/enrolment/confirmation", { params, body }));
  }
  if (flags.policy === undefined) {
    throw new Failure(
      "invalid",
      "Give --policy for a host reached by the piped program, or --fingerprint and --ring for an installed one.",
    );
  }
  const rings = readNamedText(flags.policy, "The policy");
  const body = { rings, acceptsNewKey: flags.acceptNewKey === true };
  return ask(client.POST("/api/v1/hosts/{host}/enrolment", { params, body }));
}
