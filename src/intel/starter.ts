import { z } from "zod";
import { systemActor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { instantFromText } from "../base/instant.ts";
import type { World } from "../db/world.ts";
import { type LoadOutcome, loadFeed } from "./load-feed.ts";
import { rematch } from "./rematch.ts";
import { loadFeeds } from "./store-feed.ts";
import { readManifestText, readPart, shippedFolder } from "./store-starter.ts";

/**
 * The dated snapshot that comes with the program, so that a first start without network knows
 * something, and says how old it is. Its parts are in the wire formats of their publishers and are
 * read by the same readers. It never replaces anything newer, nor anything that was fetched.
 */
export const manifestSchema = z.strictObject({
  format: z.literal("fettle starter 1"),
  parts: z.array(
    z.strictObject({
      feed: z.string(),
      file: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      asOf: z.string(),
      source: z.string(),
      licence: z.string(),
      label: z.string(),
    }),
  ),
});

export type StarterManifest = z.output<typeof manifestSchema>;

/** Loads the parts that are newer than what is there; the others are left out of the answer. */
export async function loadStarter(
  world: World,
  folder: string = shippedFolder,
): Promise<readonly LoadOutcome[]> {
  const manifest = manifestSchema.parse(JSON.parse(await readManifestText(folder)));
  const known = new Map((await loadFeeds(world.db)).map((feed) => [feed.name, feed]));
  const outcomes: LoadOutcome[] = [];
  for (const part of manifest.parts) {
    const asOf = instantFromText(part.asOf);
    const last = known.get(part.feed);
    const isOurs = last === undefined || last.origin === null || last.origin === "starter";
    const isNewer = last?.asOf == null || (asOf !== null && asOf > last.asOf);
    if (asOf === null || !isOurs || !isNewer) continue;
    const bytes = await readPart(folder, part.file);
    if (sha256(bytes) !== part.sha256) throw damagedPart(part.file);
    outcomes.push(
      ...(await loadFeed(world, systemActor, {
        bytes,
        origin: "starter",
        asOf,
        confirmedAt: null,
        acceptShrink: true,
        licence: part.licence,
        label: "starter snapshot",
        expectFeed: part.feed,
      })),
    );
  }
  if (outcomes.length > 0) await rematch(world);
  return outcomes;
}

function damagedPart(file: string): Failure {
  return new Failure(
    "invalid",
    `The starter snapshot is damaged: ${file} is not what its manifest says. Restore the folder starter from the repository.`,
  );
}
