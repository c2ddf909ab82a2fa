import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { type Command, Option } from "commander";
import { Failure } from "../base/failure.ts";
import { parseLabels } from "../base/labels.ts";
import { ask, type Client } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { readNamedText } from "./read-file.ts";
import { renderTable, safeText } from "./view/table.ts";

/** Adding hosts, one or a whole list; each with a host key that somebody vouched for. */
function collect(value: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

interface AddFlags {
  readonly ssh?: string;
  readonly local?: true;
  readonly identity?: string;
  readonly certificate?: true;
  readonly label?: string[];
  readonly hostKey?: string[];
  readonly fingerprint?: string[];
  readonly installed?: true;
  readonly inspectOnly?: true;
}

export function registerAdd(host: Command, cli: Cli): void {
  host
    .command("add <name>")
    .description("Add a host that is reached over SSH; its host key must be pinned")
    .option("--ssh <user@address[:port]>", "how the server reaches it")
    .option("--local", "the machine that the server runs on; inspected only, never changed")
    .option("--identity <file>", "private key file on the server")
    .option("--certificate", "no key of ours there: a certificate for each connection")
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
      show(cli, added, () => {
        const next = `Next: fettle host scan ${added.name} --watch`;
        if (flags.certificate !== true) return `${added.name} is added. ${next}`;
        return `${added.name} is added. Put the lines of \`fettle host authority ${added.name}\` there first. ${next}`;
      });
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
    byCertificate: flags.certificate === true,
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

export function registerImport(host: Command, cli: Cli): void {
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
