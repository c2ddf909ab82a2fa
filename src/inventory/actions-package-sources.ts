import { type Actor, scopesFor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import type { PackageSource, SourceKind, SourceTrust } from "./package-source.ts";
import { loadPackageSources, saveAssessment } from "./store-package-sources.ts";

export interface AskedAssessment {
  readonly uri: string;
  readonly suite: string;
  readonly trust: SourceTrust;
  readonly kind: SourceKind;
  readonly reason: string;
}

/** Decides about a source that a host has; from then on plans go by it. */
export async function assessSource(
  world: World,
  actor: Actor,
  asked: AskedAssessment,
): Promise<PackageSource> {
  demandUnscoped(actor, "policy.apply", "Deciding which sources are trusted");
  const { uri, suite } = asked;
  const isAsked = (source: PackageSource): boolean => source.uri === uri && source.suite === suite;
  const scopes = scopesFor(actor, "host.read");
  const known = (await loadPackageSources(world.db, scopes)).find(isAsked);
  if (known === undefined) {
    throw new Failure(
      "not-found",
      `No host has the source ${uri} ${suite}. See: fettle source list`,
    );
  }
  const assessment = { ...asked, assessedBy: actor.subject, assessedAt: world.clock() };
  await inTransaction(world.db, async (tx) => {
    await saveAssessment(tx, assessment);
    await recordEvent(tx, {
      type: "source.assessed",
      actor: actor.subject,
      // Addresses are longer than names of objects may be.
      object: `package-source:${sha256(`${uri} ${suite}`).slice(0, 16)}`,
      facts: {
        ...{ uri, suite, trust: asked.trust, kind: asked.kind, reason: asked.reason },
        ...{ before: known.assessment?.trust ?? null, hosts: known.hosts },
      },
    });
  });
  return { ...known, assessment };
}
