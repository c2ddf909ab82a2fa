import { type Actor, scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { selects } from "../base/labels.ts";
import type { World } from "../db/world.ts";
import { insertWithEvents, newHost, wayRefusals } from "./actions.ts";
import { readAnsibleIni, readAnsibleYaml } from "./ansible-inventory.ts";
import {
  checkedList,
  HOSTS_LISTED_MAX,
  type ListDefaults,
  type ListedHost,
  type ListProblem,
  readCsv,
} from "./host-list.ts";
import { everywhere, loadHostRefs } from "./store.ts";

export const listFormats = ["csv", "ansible-ini", "ansible-yaml"] as const;
export type ListFormat = (typeof listFormats)[number];

export interface ImportReport {
  readonly hosts: readonly (ListedHost & { readonly isNew: boolean })[];
  readonly problems: readonly ListProblem[];
  /** Hosts added now; 0 for a preview, and whenever there is a problem. */
  readonly added: number;
}

/**
 * Reads a list of hosts. Hosts that are there already (by name) are left as they are. With any
 * problem nothing is added; a preview never adds.
 */
export async function importHosts(
  world: World,
  actor: Actor,
  request: {
    readonly format: ListFormat;
    readonly text: string;
    readonly defaults: ListDefaults;
    readonly purpose: "preview" | "apply";
  },
): Promise<ImportReport> {
  const read = readers[request.format](request.text);
  if (read.rows.length > HOSTS_LISTED_MAX) {
    throw new Failure("too-large", `A list may have at most ${HOSTS_LISTED_MAX} hosts. Split it.`);
  }
  const list = checkedList(read.rows, request.defaults);
  const scopes = scopesFor(actor, "host.manage");
  const lines = new Map(read.rows.map((row) => [row.name, row.line]));
  const refusals = await wayRefusals(
    world,
    actor,
    list.hosts.map((host) => host.way),
  );
  const problems = [
    ...read.problems,
    ...list.problems,
    ...list.hosts.flatMap(({ name, labels }, i) => {
      const isOutside = !scopes.some((scope) => selects(scope, labels));
      const message = isOutside ? "You may not manage hosts with these labels." : refusals[i];
      return message == null ? [] : [{ line: lines.get(name) ?? null, host: name, message }];
    }),
    ...(read.rows.length === 0 && read.problems.length === 0
      ? [{ line: null, host: null, message: "The list names no host." }]
      : []),
  ];
  const names = list.hosts.map((host) => host.name);
  const known = new Set(
    (await loadHostRefs(world.db, { scopes: everywhere, names })).map((host) => host.name),
  );
  const hosts = list.hosts.map((host) => ({ ...host, isNew: !known.has(host.name) }));
  if (request.purpose === "preview" || problems.length > 0) return { hosts, problems, added: 0 };
  const fresh = list.hosts.filter((host) => !known.has(host.name));
  await insertWithEvents(
    world,
    actor,
    fresh.map((host) => newHost(world, host)),
  );
  return { hosts, problems, added: fresh.length };
}

const readers = {
  csv: readCsv,
  "ansible-ini": readAnsibleIni,
  "ansible-yaml": readAnsibleYaml,
} as const;
