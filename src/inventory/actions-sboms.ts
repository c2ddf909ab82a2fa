import { type Actor, scopesFor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { inTransaction } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { readBillBeside } from "./actions-read-bill.ts";
import { foundService, lockedService } from "./actions-services.ts";
import type { Artifact, Service } from "./service.ts";
import { loadArtifacts, pointArtifactTo } from "./store-artifacts.ts";
import { storeLink, storeSbom } from "./store-sboms.ts";

/** Handing in what is in an artifact. */
export interface SbomInput {
  readonly service: string;
  readonly artifact: string;
  readonly environment: string;
  readonly version: string;
  /** Distribution release of packages that do not say it themselves. */
  readonly release: string | null;
  readonly bytes: Uint8Array;
  readonly documentName: string;
}

export interface TakenSbom {
  readonly service: Service;
  readonly artifact: Artifact;
  /** What was deployed before; null at first. */
  readonly before: Artifact | null;
  readonly isChanged: boolean;
}

export async function putSbom(world: World, actor: Actor, input: SbomInput): Promise<TakenSbom> {
  const scopes = scopesFor(actor, "service.publish");
  const { id } = await foundService(world, input.service, scopes);
  const { form, sbom, places } = await readBillBeside(input);
  const at = world.clock();
  return await inTransaction(world.db, async (tx) => {
    const { service, num } = await lockedService(tx, id, scopes);
    const slot = { serviceNum: num, artifact: input.artifact, environment: input.environment };
    const isSlot = (a: Artifact): boolean =>
      a.artifact === input.artifact && a.environment === input.environment;
    const before = (await loadArtifacts(tx, [num])).find(isSlot) ?? null;
    const stored = await storeSbom(tx, { form, sbom, places, at });
    const document = sha256(input.bytes);
    await storeLink(tx, { document, sbomId: stored.id, sbom });
    const isChanged = await pointArtifactTo(tx, slot, {
      at,
      content: {
        version: input.version,
        sbomId: stored.id,
        setId: stored.setId,
        document,
        documentName: input.documentName,
        putBy: actor.subject,
      },
    });
    const artifact = (await loadArtifacts(tx, [num])).find(isSlot);
    if (artifact === undefined) throw new Failure("internal", "The bill was not taken over.");
    if (isChanged) {
      await recordEvent(tx, {
        type: "service.published",
        actor: actor.subject,
        object: `service:${id}`,
        facts: {
          artifact: input.artifact,
          environment: input.environment,
          version: input.version,
          sbom: stored.digest,
          document: artifact.document,
        },
      });
      await notify(tx, "scan");
    }
    return { service, artifact, before, isChanged };
  });
}

/** Says that an artifact is deployed no more; its history stays. */
export async function removeArtifact(
  world: World,
  actor: Actor,
  of: { readonly service: string; readonly artifact: string; readonly environment: string },
): Promise<void> {
  const scopes = scopesFor(actor, "service.publish");
  const { id } = await foundService(world, of.service, scopes);
  const { artifact, environment } = of;
  await inTransaction(world.db, async (tx) => {
    const { num: serviceNum } = await lockedService(tx, id, scopes);
    const slot = { serviceNum, artifact, environment };
    const isChanged = await pointArtifactTo(tx, slot, { content: null, at: world.clock() });
    if (!isChanged) {
      const where = environment === "" ? "" : ` in ${environment}`;
      throw new Failure("not-found", `No artifact ${artifact}${where} is deployed of it.`);
    }
    const facts = { artifact, environment };
    const object = `service:${id}`;
    await recordEvent(tx, { type: "service.withdrawn", actor: actor.subject, object, facts });
  });
}
