import { sql } from "kysely";
import { z } from "zod";
import type { Digest } from "../base/digest.ts";
import type { HostId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { type Db, type Reader, sqlInstant, sqlJson } from "../db/database.ts";
import { aroundSchema } from "./around.ts";
import type { Host } from "./model.ts";
import type { HostResolution, Want } from "./resolution.ts";
import { everywhere, loadHosts } from "./store.ts";

/** Resolutions, one for each (package set, offer set, wanted versions). */
interface Pair {
  readonly packageSet: Digest;
  readonly offerSet: Digest;
}

const answerSchema = z.object({
  moves: z.array(
    z.object({
      verb: z.enum(["upgrade", "downgrade", "install", "remove"]),
      name: z.string(),
      arch: z.string(),
      from: z.string(),
      to: z.string(),
      sha256: z.string(),
      sizeBytes: z.number(),
      oldSha256: z.string().nullable(),
    }),
  ),
  affectedServices: z.array(z.string()),
  // Answers that were kept before hosts told it say nothing of it.
  around: aroundSchema.nullable().default(null),
});

export async function loadResolution(
  reader: Reader,
  pair: Pair,
  target: Digest,
): Promise<HostResolution | null> {
  const { rows } = await sql<{ answer: unknown }>`
    select r.answer from resolution r
      join package_set p on p.id = r.package_set_id
      join offer_set o on o.id = r.offer_set_id
     where p.digest = ${pair.packageSet} and o.digest = ${pair.offerSet}
       and r.target = ${target}`.execute(reader);
  return rows[0] === undefined ? null : { ...pair, ...answerSchema.parse(rows[0].answer) };
}

export async function saveResolution(
  db: Db,
  kept: {
    readonly resolution: HostResolution;
    readonly target: Digest;
    readonly wants: readonly Want[];
    readonly askedHost: HostId;
    readonly at: Instant;
  },
): Promise<void> {
  const { packageSet, offerSet, ...answer } = kept.resolution;
  await sql`
    insert into resolution
      (package_set_id, offer_set_id, target, wants, answer, asked_host, asked_at)
    select p.id, o.id, ${kept.target}, ${sqlJson(kept.wants)},
           ${sqlJson(answer)}, ${kept.askedHost}, ${sqlInstant(kept.at)}
      from package_set p, offer_set o
     where p.digest = ${packageSet} and o.digest = ${offerSet}
    on conflict do nothing`.execute(db);
}

/** Managed hosts with this pair of sets, those that answered last first. */
export async function hostsToAsk(
  reader: Reader,
  pair: Pair,
  limit: number,
): Promise<readonly Host[]> {
  const { rows } = await sql<{ id: HostId }>`
    select id from host_now
     where package_set = ${pair.packageSet} and offer_set = ${pair.offerSet}
       and mode = 'managed' and contact_state = 'reachable'
     order by inspected_at desc, id limit ${limit}`.execute(reader);
  const ids = rows.map((row) => row.id);
  const hosts = await loadHosts(reader, { scopes: everywhere, ids });
  return [...hosts].sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id));
}
