import { type Actor, scopesFor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { jsonFault } from "../base/json-doubles.ts";
import { inTransaction } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { foundService, lockedService } from "./actions-services.ts";
import { componentPlaces } from "./component-paths.ts";
import type { Sbom } from "./formats/inventory-format.ts";
import { readAnyList } from "./formats/package-list.ts";
import { ecosystemOfRelease } from "./release-name.ts";
import { sbomOf } from "./sbom-limits.ts";
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
  const { form, sbom } = readDocument(input);
  const places = componentPlaces(sbom);
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

const DEPTH_MAX = 200;

function readDocument(input: SbomInput): { readonly form: string; readonly sbom: Sbom } {
  const text = textOf(input.bytes);
  demandFewLines(text);
  demandOneMeaning(text);
  const release = input.release === null ? null : ecosystemOfRelease(input.release);
  const reading = readAnyList(text, release);
  return { form: reading.form, sbom: sbomOf(reading) };
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Failure(
      "invalid",
      "The document is not text in UTF-8. Hand in the bill itself, not an archive of it.",
      { cause },
    );
  }
}

/** No lock file and no bill has more; each line costs time whether or not it says something. */
const LINES_MAX = 1_000_000;

function demandFewLines(text: string): void {
  let lines = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines++;
  if (lines <= LINES_MAX) return;
  throw new Failure(
    "too-large",
    `The document has ${lines} lines; ${LINES_MAX} are the limit. Split it by what is deployed together.`,
  );
}

/** A document that two readers understand differently is refused (RFC 8259 §4). */
function demandOneMeaning(text: string): void {
  if (!/^\ufeff?\s*[[{]/.test(text)) return;
  const fault = jsonFault(text, DEPTH_MAX);
  if (fault === null) return;
  throw new Failure(
    "invalid",
    fault.kind === "deep"
      ? `The document is nested more than ${DEPTH_MAX} deep (line ${fault.line}). No bill of materials is.`
      : `The key ${JSON.stringify(fault.key.slice(0, 80))} stands twice in one object (line ${fault.line}), so it is not clear which value holds. Make the document anew.`,
  );
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
