import { sql } from "kysely";
import { z } from "zod";
import { type Digest, isDigest } from "../base/digest.ts";
import type { PlanDigest } from "../base/ids.ts";
import { type Reader, sqlJson, type Tx } from "../db/database.ts";
import type { ResolutionOutcome, ResolvedPair } from "./model.ts";

/** What package managers answered when a plan by rule was made: who joins later is judged by it. */

const digest = z.string().refine(isDigest);

const outcomeSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("not-affected") }),
  z.object({ kind: z.literal("fix-not-offered") }),
  z.object({ kind: z.literal("not-resolved"), problem: z.string() }),
  z.object({
    kind: z.literal("moves"),
    moves: z.array(
      z.object({
        verb: z.enum(["upgrade", "downgrade", "install", "remove"]),
        name: z.string(),
        arch: z.string(),
        from: z.string(),
        to: z.string(),
        sha256: z.string(),
        sizeBytes: z.number(),
        oldSha256: digest.nullable(),
      }),
    ),
    affectedServices: z.array(z.string()),
  }),
]);

export async function insertRuleSets(
  tx: Tx,
  plan: PlanDigest,
  resolutions: readonly ResolvedPair[],
): Promise<void> {
  for (const { packageSet, offerSet, outcome } of resolutions) {
    await sql`
      insert into plan_rule_set (plan, package_set, offer_set, resolution)
      values (${plan}, ${packageSet}, ${offerSet}, ${sqlJson(keptOf(outcome))})`.execute(tx);
  }
}

/** Without what was only asked for people to read. */
function keptOf(outcome: ResolutionOutcome): z.input<typeof outcomeSchema> {
  if (outcome.kind !== "moves") return outcome;
  const { moves, affectedServices } = outcome.resolution;
  return { kind: "moves", moves: [...moves], affectedServices: [...affectedServices] };
}

export async function loadRuleSets(
  reader: Reader,
  plan: PlanDigest,
): Promise<readonly ResolvedPair[]> {
  const { rows } = await sql<{ packageSet: Digest; offerSet: Digest; kept: unknown }>`
    select package_set as "packageSet", offer_set as "offerSet", resolution as kept
      from plan_rule_set where plan = ${plan} order by package_set, offer_set`.execute(reader);
  return rows.map(({ kept, ...pair }) => ({ ...pair, outcome: outcomeOf(pair, kept) }));
}

function outcomeOf(
  pair: { readonly packageSet: Digest; readonly offerSet: Digest },
  kept: unknown,
): ResolutionOutcome {
  const outcome = outcomeSchema.parse(kept);
  if (outcome.kind !== "moves") return outcome;
  const { moves, affectedServices } = outcome;
  return { kind: "moves", resolution: { ...pair, moves, affectedServices, around: null } };
}
