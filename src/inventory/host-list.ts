import { parse } from "csv-parse/sync";
import { z } from "zod";
import { Failure } from "../base/failure.ts";
import { issueText } from "../base/issue-text.ts";
import type { Labels } from "../base/labels.ts";
import { hostName, identityFile, labelsInput, sshInput, sshWay } from "./host-input.ts";
import type { Host, HostWay } from "./model.ts";

/**
 * Lists of hosts that people bring along. Every reader turns a file into the same rows; every row is
 * checked like a host that is added by hand, and each problem names its line. A list with a problem
 * adds nothing.
 */
export interface ListedHost {
  readonly name: string;
  readonly labels: Labels;
  readonly way: HostWay;
  readonly mode: Host["mode"];
}

export interface ListProblem {
  /** Line in the file, or null where the format does not tell. */
  readonly line: number | null;
  readonly host: string | null;
  readonly message: string;
}

export interface HostList {
  readonly hosts: readonly ListedHost[];
  readonly problems: readonly ListProblem[];
}

/** One row before it is checked; what a file does not say is undefined. */
export interface RawHost {
  readonly line: number | null;
  readonly name: string;
  readonly address?: string | undefined;
  readonly port?: string | undefined;
  readonly user?: string | undefined;
  readonly identityFile?: string | undefined;
  readonly hostKey?: string | undefined;
  readonly program?: string | undefined;
  readonly mode?: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly isLocal?: boolean;
}

/** What holds for every row that does not say otherwise. */
export interface ListDefaults {
  readonly user: string;
  readonly identityFile: string | null;
  readonly program: "piped" | "installed";
  readonly mode: Host["mode"];
  readonly labels: Labels;
  /** A known_hosts file, because inventories hold no host keys. */
  readonly knownHosts: string;
}

export const HOSTS_LISTED_MAX = 10_000;

const modes = ["managed", "inspect-only"] as const;
const programs = ["piped", "installed"] as const;

/** Checks rows as hosts; names that come twice are a problem of the later row. */
export function checkedList(rows: readonly RawHost[], defaults: ListDefaults): HostList {
  const hosts: ListedHost[] = [];
  const problems: ListProblem[] = [];
  const seen = new Set<string>();
  for (const row of rows) {
    const host = checkedHost(row, defaults);
    const { line } = row;
    const shown = row.name.slice(0, 80);
    if ("message" in host) problems.push({ line, host: shown, message: host.message });
    else if (seen.has(host.name)) {
      problems.push({ line, host: shown, message: "This name stands in the list already." });
    } else {
      seen.add(host.name);
      hosts.push(host);
    }
  }
  return { hosts, problems };
}

function checkedHost(row: RawHost, defaults: ListDefaults): ListedHost | { message: string } {
  const schema = z.object({
    name: hostName,
    labels: labelsInput,
    mode: z.enum(modes),
    program: z.enum(programs),
    port: z.coerce.number("not a port number").int().min(1).max(65535),
    user: sshInput.shape.user,
    address: sshInput.shape.address,
    identityFile,
  });
  const parsed = schema.safeParse({
    name: row.name,
    labels: { ...defaults.labels, ...row.labels },
    mode: row.mode ?? defaults.mode,
    program: row.program ?? defaults.program,
    port: row.port ?? 22,
    user: row.user ?? defaults.user,
    address: row.address ?? row.name,
    identityFile: row.identityFile ?? defaults.identityFile,
  });
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return {
      message: `${issue?.path.join(".") ?? "row"}: ${issue === undefined ? "not readable" : issueText(issue)}`,
    };
  }
  const { name, labels, mode, ...way } = parsed.data;
  if (row.isLocal === true) return { message: "A local connection is not a host of its own." };
  const hostKeys = row.hostKey === undefined ? [] : [row.hostKey];
  try {
    const { knownHosts } = defaults;
    return { name, labels, mode, way: sshWay({ kind: "ssh", ...way, hostKeys, knownHosts }) };
  } catch (cause) {
    if (cause instanceof Failure) return { message: cause.message };
    throw cause;
  }
}

const COLUMNS = [
  "name",
  "address",
  "port",
  "user",
  "identity_file",
  "host_key",
  "program",
  "mode",
  "labels",
];

/**
 * CSV with a header. Columns: name (needed), address, port, user, identity_file, host_key, program,
 * mode, labels (`env=prod;ring=canary`). An unknown column is a problem: a misspelt one would
 * silently leave its values out.
 */
export function readCsv(text: string): {
  readonly rows: readonly RawHost[];
  readonly problems: readonly ListProblem[];
} {
  const problem = (line: number | null, message: string) => ({
    rows: [],
    problems: [{ line, host: null, message }],
  });
  let records: readonly { record: Record<string, string>; info: { lines: number } }[];
  try {
    records = parse(text, {
      columns: true,
      info: true,
      bom: true,
      trim: true,
      skip_empty_lines: true,
      max_record_size: 64 * 1024,
      to: HOSTS_LISTED_MAX + 1,
    });
  } catch (cause) {
    const line = (cause as { lines?: unknown }).lines;
    return problem(
      typeof line === "number" ? line : null,
      "This line has another number of columns than the header, or an open quote.",
    );
  }
  const unknown = Object.keys(records[0]?.record ?? {}).find((key) => !COLUMNS.includes(key));
  if (unknown !== undefined) {
    const shown = JSON.stringify(unknown.slice(0, 40));
    return problem(1, `The column ${shown} is not known. Known are: ${COLUMNS.join(", ")}.`);
  }
  return { rows: records.map(({ record, info }) => csvRow(record, info.lines)), problems: [] };
}

function csvRow(record: Readonly<Record<string, string>>, line: number): RawHost {
  const value = (name: string): string | undefined => {
    const text = record[name] ?? "";
    return text === "" ? undefined : text;
  };
  const pairs = (record["labels"] ?? "").split(/[;\s]+/).filter((text) => text !== "");
  return {
    line,
    name: record["name"] ?? "",
    address: value("address"),
    port: value("port"),
    user: value("user"),
    identityFile: value("identity_file"),
    hostKey: value("host_key"),
    program: value("program"),
    mode: value("mode"),
    labels: Object.fromEntries(
      pairs.map((pair) => {
        const at = pair.indexOf("=");
        return at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
      }),
    ),
  };
}
