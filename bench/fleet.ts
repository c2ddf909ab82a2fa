import { sql } from "kysely";
import { sha256 } from "../src/base/digest.ts";
import { type HostId, newId, type SubjectId } from "../src/base/ids.ts";
import { DAY_MS, HOUR_MS } from "../src/base/instant.ts";
import { inTransaction, sqlInstant, sqlJson } from "../src/db/database.ts";
import type { World } from "../src/db/world.ts";
import { rematch } from "../src/intel/rematch.ts";
import { loadStarter } from "../src/intel/starter.ts";
import { parseInspection } from "../src/inventory/inspection.ts";
import { recordInspection } from "../src/inventory/record-inspection.ts";
import { insertHosts } from "../src/inventory/store.ts";
import { EVERYWHERE } from "./cases.ts";

/**
 * A fleet of any size with real vulnerabilities: package names, fixed versions and findings come from
 * the starter snapshot that the repository carries. A few hundred hosts are inspected the real way,
 * each with a package set of its own; all others are copies of their rows, made set by set, as in a
 * real fleet machines of one role share their packages. The same seed makes
 * the same fleet.
 */
export interface FleetOptions {
  readonly hosts: number;
  readonly seed?: number;
  /** Distinct package sets; a real fleet of 10,000 has some hundreds. */
  readonly sets?: number;
  readonly packagesPerSet?: number;
}

const ACTOR = "00000000-0000-7000-8000-000000000001" as SubjectId;
const SETS_USUAL = 300;
const PACKAGES_USUAL = 180;
const ROLES = ["web", "db", "cache", "queue", "mail", "build", "proxy", "edge"] as const;
const RINGS = ["canary", "1", "2"] as const;
const ZONES = ["a", "b", "c"] as const;

interface Update {
  readonly source: string;
  readonly fixed: string;
  readonly before: string;
}

export async function generateFleet(world: World, options: FleetOptions): Promise<void> {
  const { hosts, seed = 1, packagesPerSet = PACKAGES_USUAL } = options;
  const sets = Math.min(hosts, options.sets ?? SETS_USUAL);
  await loadStarter(world);
  const random = randomFrom(seed);
  const updates = await updatesIn(world);
  for (let at = 0; at < sets; at += 1) {
    await inspectOne(world, { at, updates, random, packages: packagesPerSet });
  }
  await copyHosts(world, { sets, hosts });
  await spreadStates(world);
  await rematch(world);
  await sql`select gather_statistics()`.execute(world.db);
}

/** Mulberry32: a small generator of numbers in [0, 1) that a seed repeats. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Sources with a fix in Debian 12, and a version just below that fix. */
async function updatesIn(world: World): Promise<readonly Update[]> {
  const { rows } = await sql<{ source: string; fixed: string }>`
    select package_name as source, max(state->>'version') as fixed
      from statement
     where valid_to is null and ecosystem = 'Debian:12' and state ? 'version'
       and state->>'version' ~ '[+~]deb12u[1-9][0-9]*$'
     group by package_name order by package_name`.execute(world.db);
  return rows.map(({ source, fixed }) => ({ source, fixed, before: fixed.replace(/\d+$/, "0") }));
}

interface Draft {
  readonly at: number;
  readonly updates: readonly Update[];
  readonly random: () => number;
  readonly packages: number;
}

async function inspectOne(world: World, draft: Draft): Promise<void> {
  const now = world.clock();
  const id = newId<HostId>(now);
  const name = nameOf(draft.at);
  const parsed = parseInspection(linesOf(draft));
  if (parsed.kind !== "inspection") throw new Error(parsed.problem);
  const host = {
    id,
    name,
    protocolId: `h-${sha256(name).slice(0, 20)}`,
    labels: labelsOf(draft.at),
    mode: "managed" as const,
    way: wayOf(),
  };
  await inTransaction(world.db, async (tx) => {
    await insertHosts(tx, [host], now);
    await recordInspection(tx, host, {
      inspection: parsed.inspection,
      observedAt: now - HOUR_MS,
      recordedAt: now - HOUR_MS,
      actor: ACTOR,
    });
  });
}

/** About a third of the known sources is installed on each kind of host, most of them up to date. */
function linesOf({ at, updates, random, packages }: Draft): readonly string[] {
  const lines = [
    "os debian 12 bookworm",
    "arch amd64",
    "kernel 6.1.0-40-amd64",
    `boot ${sha256(`boot ${at}`).slice(0, 32)}`,
    "lists ok 1763700000 -",
    at % 7 === 0
      ? "reboot yes kernel 6.1.0-41-amd64 is installed, 6.1.0-40-amd64 runs"
      : "reboot no",
    `service ${ROLES[at % ROLES.length]}.service active 100`,
  ];
  const chosen = updates.filter(({ source }) => random() < 0.35 || source === EVERYWHERE);
  for (const update of chosen) {
    const isOld = random() < 0.3 || update.source === EVERYWHERE;
    const version = isOld ? update.before : update.fixed;
    lines.push(packageLine(update.source, version));
    if (isOld) lines.push(offerLine(update.source, update.fixed));
  }
  for (let filler = chosen.length; filler < packages; filler += 1) {
    lines.push(packageLine(`site-part-${filler}`, `1.${at % 5}-1`));
  }
  return lines;
}

function packageLine(name: string, version: string): string {
  return `pkg ${[name, "amd64", version, name, version, "installed", "auto"].join("\t")}`;
}

function offerLine(name: string, version: string): string {
  const facts = [name, "amd64", version, sha256(`${name} ${version}`), "48000"];
  return `offer ${[...facts, "Debian", "stable-security", "main", name, version].join("\t")}`;
}

function nameOf(at: number): string {
  return `${ROLES[at % ROLES.length]}-${String(at).padStart(6, "0")}.example.org`;
}

function labelsOf(at: number): Record<string, string> {
  return {
    service: ROLES[at % ROLES.length] ?? "web",
    ring: RINGS[at % 40 === 0 ? 0 : at % 10 === 0 ? 1 : 2] ?? "2",
    zone: ZONES[at % ZONES.length] ?? "a",
    env: at % 10 < 8 ? "production" : "staging",
  };
}

/** From the block that RFC 5737 keeps for documentation: nobody is ever reached there. */
function wayOf() {
  return {
    kind: "ssh" as const,
    user: "fettle",
    address: "192.0.2.1",
    port: 22,
    identityFile: null,
    hostKeys: [],
    program: "installed" as const,
  };
}

const COPY_ROWS = 5_000;

/** Every further host is a copy of the inspected one of its kind, under a name of its own. */
async function copyHosts(
  world: World,
  of: { readonly sets: number; readonly hosts: number },
): Promise<void> {
  for (let from = of.sets; from < of.hosts; from += COPY_ROWS) {
    const until = Math.min(of.hosts, from + COPY_ROWS);
    const rows = Array.from({ length: until - from }, (_, step) => {
      const at = from + step;
      const name = nameOf(at);
      return {
        id: newId<HostId>(world.clock()),
        name,
        protocol: `h-${sha256(name).slice(0, 20)}`,
        labels: labelsOf(at),
        model: nameOf(at % of.sets),
      };
    });
    await sql`
      with given as (
        select * from jsonb_to_recordset(${sqlJson(rows)})
          as g (id text, name text, protocol text, labels jsonb, model text)),
      made as (
        insert into host (id, name, protocol_id, labels, way, mode, contact_state, inspected_at,
                          tried_at, facts, created_at)
        select g.id, g.name, g.protocol, g.labels, m.way, m.mode, m.contact_state, m.inspected_at,
               m.tried_at, m.facts, m.created_at
          from given g join host m on m.name = g.model
        returning num, name),
      pairs as (
        select made.num, m.num as model
          from made join given g on g.name = made.name join host m on m.name = g.model),
      packages as (
        insert into host_set
          (host_num, set_id, observed_from, observed_to, recorded_from, recorded_to)
        select p.num, s.set_id, s.observed_from, s.observed_to, s.recorded_from, s.recorded_to
          from pairs p join host_set s on s.host_num = p.model),
      kernels as (
        insert into host_kernel (host_num, kernel_running, recorded_from, recorded_to)
        select p.num, k.kernel_running, k.recorded_from, k.recorded_to
          from pairs p join host_kernel k on k.host_num = p.model)
      insert into host_offer
        (host_num, set_id, observed_from, observed_to, recorded_from, recorded_to)
      select p.num, s.set_id, s.observed_from, s.observed_to, s.recorded_from, s.recorded_to
        from pairs p join host_offer s on s.host_num = p.model`.execute(world.db);
  }
}

/** What every real fleet has: hosts that nobody reaches, and some that were last seen days ago. */
async function spreadStates(world: World): Promise<void> {
  const now = world.clock();
  await sql`
    update host set contact_state = 'unreachable', tried_at = ${sqlInstant(now - HOUR_MS)},
           problem = 'Nobody answered at 192.0.2.1 port 22 within 10 s.'
     where num % 37 = 5`.execute(world.db);
  await sql`
    update host set inspected_at = ${sqlInstant(now - 9 * DAY_MS)}
     where num % 41 = 7`.execute(world.db);
}
