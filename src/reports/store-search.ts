import { type RawBuilder, sql } from "kysely";
import { numberFromRef } from "../base/ids.ts";
import type { Selector } from "../base/labels.ts";
import type { Reader } from "../db/database.ts";
import { scopeSql } from "../inventory/scope.ts";
import { planInScope } from "../plan/store-hosts.ts";
import { patchInScope } from "../triage/scope.ts";

/** Looks for things by part of a name, or by their number; the text comes in small letters. */
interface Asked {
  readonly text: string;
  readonly limit: number;
}

interface Scoped extends Asked {
  readonly scopes: readonly Selector[];
}

export async function findHosts(reader: Reader, { text, limit, scopes }: Scoped) {
  const { rows } = await sql<{
    id: string;
    name: string;
    labels: Readonly<Record<string, string>>;
  }>`
    select h.id, h.name, h.labels from host h
     where h.removed_at is null and ${scopeSql(scopes, "h.labels")}
       and (strpos(lower(h.name), ${text}) > 0
            or strpos(lower(h.way ->> 'address'), ${text}) > 0)
     order by strpos(lower(h.name), ${text}) <> 1, h.name limit ${limit}`.execute(reader);
  return rows;
}

interface Numbered {
  readonly number: number;
  readonly title: string;
  readonly state: string;
}

export async function findPatches(reader: Reader, { text, limit, scopes }: Scoped) {
  const { rows } = await sql<Numbered>`
    select number, title, state from patch
     where ${patchInScope(scopes)}
       and (${isNumber("P", "number", text)} or strpos(lower(title), ${text}) > 0
            or exists (select from unnest(vulnerabilities) as v where lower(v) = ${text}))
     order by number desc limit ${limit}`.execute(reader);
  return rows;
}

export async function findChanges(reader: Reader, { text, limit, scopes }: Scoped) {
  const { rows } = await sql<Numbered>`
    select c.number, c.title, c.state from change c
     where (${isNumber("C", "c.number", text)} or strpos(lower(c.title), ${text}) > 0)
       and ${planInScope("c.plan", scopes)}
     order by c.number desc limit ${limit}`.execute(reader);
  return rows;
}

export async function findRollouts(reader: Reader, { text, limit, scopes }: Scoped) {
  const { rows } = await sql<Numbered>`
    select r.number, r.title, r.state from rollout r
     where (${isNumber("R", "r.number", text)} or strpos(lower(r.title), ${text}) > 0)
       and ${planInScope("r.plan", scopes)}
     order by r.number desc limit ${limit}`.execute(reader);
  return rows;
}

/** Plans by the first digits of their digest, at least six of them. */
export async function findPlans(reader: Reader, { text, limit, scopes }: Scoped) {
  if (!/^[0-9a-f]{6,64}$/.test(text)) return [];
  const { rows } = await sql<{ digest: string; title: string }>`
    select p.digest, t.title from plan p join patch t on t.id = p.patch
     where starts_with(p.digest, ${text}) and ${planInScope("p.digest", scopes)}
     order by p.digest limit ${limit}`.execute(reader);
  return rows;
}

function isNumber(prefix: "P" | "C" | "R", column: string, text: string): RawBuilder<boolean> {
  const number = numberFromRef(prefix, text);
  return sql<boolean>`${sql.ref(column)} = ${number}::integer`;
}
