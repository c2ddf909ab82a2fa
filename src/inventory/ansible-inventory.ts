import { type Document, parseDocument } from "yaml";
import type { ListProblem, RawHost } from "./host-list.ts";
import { HOSTS_LISTED_MAX } from "./host-list.ts";

/**
 * Ansible inventories (docs.ansible.com, "How to build your inventory"), INI and YAML: hosts, groups
 * and the four variables that say how to reach a host. Groups, with the groups they belong to, become
 * labels `group/NAME=yes`. Passwords and all other variables are never read.
 */
export interface AnsibleRead {
  readonly rows: readonly RawHost[];
  readonly problems: readonly ListProblem[];
}

interface Group {
  readonly hosts: Set<string>;
  readonly children: Set<string>;
  vars: Record<string, string>;
}

interface Inventory {
  readonly groups: Map<string, Group>;
  readonly hosts: Map<string, { line: number | null; vars: Record<string, string> }>;
  readonly problems: ListProblem[];
}

function emptyInventory(): Inventory {
  return { groups: new Map(), hosts: new Map(), problems: [] };
}

function groupOf(inventory: Inventory, name: string): Group {
  const known = inventory.groups.get(name);
  if (known !== undefined) return known;
  const made: Group = { hosts: new Set(), children: new Set(), vars: {} };
  inventory.groups.set(name, made);
  return made;
}

function addHost(
  inventory: Inventory,
  group: string,
  host: { readonly name: string; readonly line: number | null; vars: Record<string, string> },
): void {
  groupOf(inventory, group).hosts.add(host.name);
  const known = inventory.hosts.get(host.name);
  const vars = { ...known?.vars, ...host.vars };
  inventory.hosts.set(host.name, { line: known?.line ?? host.line, vars });
}

// --- INI --------------------------------------------------------------------------------------

export function readAnsibleIni(text: string): AnsibleRead {
  const inventory = emptyInventory();
  let section = "ungrouped";
  let kind = "hosts";
  for (const [at, raw] of text.split("\n").entries()) {
    const line = withoutComment(raw).trim();
    if (line === "") continue;
    const header = /^\[([^\]:]+)(?::(children|vars))?\]$/.exec(line);
    if (header?.[1] !== undefined) {
      section = header[1].trim();
      kind = header[2] ?? "hosts";
      groupOf(inventory, section);
    } else iniLine(inventory, { section, kind, text: line, line: at + 1 });
  }
  return rowsOf(inventory);
}

function withoutComment(line: string): string {
  return /^\s*[#;]/.test(line) ? "" : line.replace(/\s#.*$/, "");
}

function iniLine(
  inventory: Inventory,
  given: { section: string; kind: string; text: string; line: number },
): void {
  const { section, kind, text, line } = given;
  const group = groupOf(inventory, section);
  if (kind === "children") {
    group.children.add(text);
    groupOf(inventory, text);
    return;
  }
  if (kind === "vars") {
    const pair = /^([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/.exec(text);
    if (pair?.[1] !== undefined) group.vars[pair[1]] = unquoted(pair[2] ?? "");
    else problem(inventory, line, null, "Not a variable of the form name=value.");
    return;
  }
  const [pattern = "", ...rest] = text.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  const vars: Record<string, string> = {};
  for (const word of rest) {
    const pair = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(word);
    if (pair?.[1] === undefined)
      problem(inventory, line, pattern, `Not readable: ${word.slice(0, 40)}`);
    else vars[pair[1]] = unquoted(pair[2] ?? "");
  }
  addPattern(inventory, section, { pattern, line, vars });
}

function unquoted(text: string): string {
  return /^(".*"|'.*')$/.test(text) ? text.slice(1, -1) : text;
}

function addPattern(
  inventory: Inventory,
  group: string,
  given: { pattern: string; line: number | null; vars: Record<string, string> },
): void {
  const names = expanded(given.pattern);
  if (names === null || inventory.hosts.size + names.length > HOSTS_LISTED_MAX) {
    const message = `The range names more than ${HOSTS_LISTED_MAX} hosts, or cannot be read.`;
    problem(inventory, given.line, given.pattern, message);
    return;
  }
  // `name:port` is the short form; an IPv6 address has more colons than one.
  for (const name of names) {
    const port = /^([^:]+):(\d+)$/.exec(name);
    const vars = port?.[2] === undefined ? given.vars : { ansible_port: port[2], ...given.vars };
    addHost(inventory, group, { name: port?.[1] ?? name, line: given.line, vars });
  }
}

/** `web[01:10].example` and `db-[a:c]`, with an optional step; null when it cannot be read. */
function expanded(pattern: string): readonly string[] | null {
  const match = /^([^[]*)\[([^\]:]+):([^\]:]+)(?::(\d+))?\](.*)$/.exec(pattern);
  if (match === null) return pattern.includes("[") ? null : [pattern];
  const [, before = "", from = "", to = "", stepText = "1", after = ""] = match;
  const rest = expanded(after);
  const items = rangeItems(from, to, Number(stepText));
  if (rest === null || items === null || items.length * rest.length > HOSTS_LISTED_MAX) return null;
  return items.flatMap((item) => rest.map((tail) => `${before}${item}${tail}`));
}

function rangeItems(from: string, to: string, step: number): readonly string[] | null {
  const isNumber = /^\d{1,9}$/.test(from) && /^\d{1,9}$/.test(to);
  const isLetter = /^[a-z]$/.test(from) && /^[a-z]$/.test(to);
  if ((!isNumber && !isLetter) || step < 1) return null;
  const [first, last] = isNumber
    ? [Number(from), Number(to)]
    : [from.charCodeAt(0), to.charCodeAt(0)];
  const count = Math.floor((last - first) / step) + 1;
  if (count < 1 || count > HOSTS_LISTED_MAX) return null;
  return [...Array(count).keys()].map((n) => {
    const value = first + n * step;
    return isNumber ? String(value).padStart(from.length, "0") : String.fromCharCode(value);
  });
}

// --- YAML -------------------------------------------------------------------------------------

export function readAnsibleYaml(text: string): AnsibleRead {
  const inventory = emptyInventory();
  const document = parseDocument(text, { logLevel: "silent" });
  const error = document.errors[0];
  if (error !== undefined) {
    problem(inventory, error.linePos?.[0].line ?? null, null, "This is not readable YAML.");
    return rowsOf(inventory);
  }
  for (const [name, group] of entries(plainValue(document, inventory))) {
    yamlGroup(inventory, name, group, 0);
  }
  return rowsOf(inventory);
}

/** A bound on aliases keeps a small file from growing into a huge one; the parser throws beyond it. */
function plainValue(document: Document.Parsed, inventory: Inventory): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    if (!(cause instanceof ReferenceError)) throw cause;
    problem(inventory, null, null, "The file uses too many aliases, or one that is not defined.");
    return null;
  }
}

const GROUP_DEPTH_MAX = 20;

function yamlGroup(inventory: Inventory, name: string, given: unknown, depth: number): void {
  const group = groupOf(inventory, name);
  if (depth > GROUP_DEPTH_MAX) {
    problem(inventory, null, null, `Groups are nested deeper than ${GROUP_DEPTH_MAX}.`);
    return;
  }
  const parts = new Map(entries(given));
  for (const key of parts.keys()) {
    if (!["hosts", "children", "vars"].includes(key)) {
      problem(inventory, null, null, `The group ${name} holds ${key}, which is not a part of one.`);
    }
  }
  group.vars = { ...group.vars, ...scalars(parts.get("vars")) };
  for (const [pattern, vars] of entries(parts.get("hosts"))) {
    addPattern(inventory, name, { pattern, line: null, vars: scalars(vars) });
  }
  for (const [child, inner] of entries(parts.get("children"))) {
    group.children.add(child);
    yamlGroup(inventory, child, inner, depth + 1);
  }
}

function entries(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.entries(value)
    : [];
}

function scalars(value: unknown): Record<string, string> {
  const kept = entries(value).filter(([, v]) => ["string", "number"].includes(typeof v));
  return Object.fromEntries(kept.map(([key, v]) => [key, String(v)]));
}

// --- Both -------------------------------------------------------------------------------------

function problem(
  inventory: Inventory,
  line: number | null,
  host: string | null,
  message: string,
): void {
  inventory.problems.push({ line, host: host?.slice(0, 80) ?? null, message });
}

const READ = [
  "ansible_host",
  "ansible_port",
  "ansible_user",
  "ansible_ssh_private_key_file",
  "ansible_connection",
];

function rowsOf(inventory: Inventory): AnsibleRead {
  const parents = parentsOf(inventory);
  const rows = [...inventory.hosts].map(([name, host]): RawHost => {
    const groups = groupsOf(inventory, parents, name);
    const inherited = groups.map((group) => inventory.groups.get(group)?.vars ?? {});
    const all = inventory.groups.get("all")?.vars ?? {};
    const vars = Object.assign({}, all, ...inherited, host.vars) as Record<string, string>;
    for (const key of READ) {
      if (vars[key]?.includes("{{") === true) {
        problem(inventory, host.line, name, `${key} is a template; write its value instead.`);
        delete vars[key];
      }
    }
    const named = groups.filter((group) => group !== "all" && group !== "ungrouped");
    return {
      line: host.line,
      name: name.toLowerCase(),
      address: vars["ansible_host"] ?? name,
      port: vars["ansible_port"],
      user: vars["ansible_user"],
      identityFile: vars["ansible_ssh_private_key_file"],
      isLocal: vars["ansible_connection"] === "local",
      labels: Object.fromEntries(named.map((group) => [`group/${group.toLowerCase()}`, "yes"])),
    };
  });
  return { rows, problems: inventory.problems };
}

function parentsOf(inventory: Inventory): ReadonlyMap<string, readonly string[]> {
  const parents = new Map<string, string[]>();
  for (const [name, group] of inventory.groups) {
    for (const child of group.children) parents.set(child, [...(parents.get(child) ?? []), name]);
  }
  return parents;
}

/** A host's groups, outermost first, so that what is nearer wins; loops end at the first repeat. */
function groupsOf(
  inventory: Inventory,
  parents: ReadonlyMap<string, readonly string[]>,
  host: string,
): readonly string[] {
  const found: string[] = [];
  let level = [...inventory.groups].filter(([, g]) => g.hosts.has(host)).map(([name]) => name);
  while (level.length > 0) {
    const fresh = [...new Set(level)].filter((name) => !found.includes(name)).sort();
    found.unshift(...fresh);
    level = fresh.flatMap((name) => parents.get(name) ?? []);
  }
  return found;
}
