import { type RawBuilder, sql } from "kysely";
import type { Reader } from "../db/database.ts";

/** How each kind of thing that events are about is called by people: `C-12`, `web-3`, `alice`. */
const called: Readonly<Record<string, RawBuilder<unknown>>> = {
  host: sql`select id, name from host`,
  service: sql`select id, name from service`,
  subject: sql`select id, handle from subject`,
  token: sql`select id, title from api_token`,
  patch: sql`select id, 'P-' || number from patch`,
  change: sql`select id, 'C-' || number from change`,
  rollout: sql`select id, 'R-' || number from rollout`,
  elevation: sql`select id, 'J-' || number from elevation`,
  exception: sql`select id, 'X-' || number from exception`,
  deferral: sql`select id, 'D-' || number from deferral`,
  "known-issue": sql`select id, 'K-' || number from known_issue`,
  triage: sql`select id, 'T-' || number from triage_session`,
};

/** By object (`host:<id>`) today's name; without those that have none or are gone. */
export async function readNames(
  reader: Reader,
  objects: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const idsByKind = new Map<string, string[]>();
  for (const object of new Set(objects)) {
    const at = object.indexOf(":");
    const kind = object.slice(0, at);
    if (called[kind] === undefined) continue;
    idsByKind.set(kind, [...(idsByKind.get(kind) ?? []), object.slice(at + 1)]);
  }
  const looks = [...idsByKind].map(
    ([kind, ids]) => sql`
      select ${`${kind}:`} || id as object, name from (${called[kind]}) as known (id, name)
       where id = any(${ids}::text[])`,
  );
  if (looks.length === 0) return new Map();
  const { rows } = await sql<{ object: string; name: string }>`
    ${sql.join(looks, sql` union all `)}`.execute(reader);
  return new Map(rows.map(({ object, name }) => [object, name]));
}
