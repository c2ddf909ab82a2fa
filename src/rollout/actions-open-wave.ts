import { type Actor, scopesFor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { instantToSeconds, MINUTE_MS } from "../base/instant.ts";
import { loadChange } from "../change/store.ts";
import { inTransaction, type Reader, type Tx } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { parseGate } from "../fleet/gate-text.ts";
import { demandOwnSignature } from "../identity/actions-sign.ts";
import type { GivenSignature } from "../identity/given-signature.ts";
import type { Subject } from "../identity/model.ts";
import { loadSubject } from "../identity/store.ts";
import { demandRollout } from "./actions.ts";
import { recordRolloutEvent } from "./actions-results.ts";
import { loadFacts, type RolloutRow } from "./store.ts";
import { countTargets } from "./store-view.ts";
import {
  insertWaveSignature,
  loadWaveSignatures,
  type WaveSignature,
  wakeRollout,
} from "./store-wave-signatures.ts";
import { openingText, waveEvidence } from "./wave-evidence.ts";

/** Letting a wave open by one's own signature, where its ring demands some (`gate n`). */

export interface WaveRef {
  readonly rollout: string;
  readonly wave: number;
}

export interface Opening {
  readonly number: number;
  readonly wave: number;
  readonly ring: string;
  readonly need: number;
  readonly given: readonly WaveSignature[];
  /** Where the waves before stand, as text; its SHA-256 is in the document. */
  readonly evidence: string;
  /** What is to be signed. */
  readonly document: string;
}

/** A text older than this speaks of what may have changed since; it is shown anew. */
const TEXT_LIFE_MS = 60 * MINUTE_MS;

export async function showOpening(world: World, actor: Actor, ref: WaveRef): Promise<Opening> {
  const scopes = scopesFor(actor, "rollout.read");
  const row = await demandRollout(world.db, { ref: ref.rollout, scopes });
  return openingOf(world, world.db, row, ref.wave);
}

export async function signOpening(
  world: World,
  actor: Actor,
  given: WaveRef & GivenSignature & { readonly document: string },
): Promise<WaveSignature> {
  return inTransaction(world.db, async (tx) => {
    const scopes = scopesFor(actor, "change.approve");
    const row = await demandRollout(tx, { ref: given.rollout, scopes });
    const subject = await demandSigner(tx, actor, row);
    const opening = await openingOf(world, tx, row, given.wave);
    demandPresent(world, row, opening, given.document);
    const toSign = {
      namespace: "fettle-gate-v1",
      bytes: given.document,
      deed: `open wave ${given.wave}`,
    } as const;
    const signed = await demandOwnSignature(tx, subject, toSign, given);
    const signature: WaveSignature = {
      rollout: row.id,
      plan: row.plan,
      wave: given.wave,
      person: subject.id,
      handle: subject.handle,
      keyClass: signed.key.class,
      keyLine: signed.keyLine,
      document: given.document,
      signature: signed.armoured,
      at: world.clock(),
    };
    if (!(await insertWaveSignature(tx, signature))) {
      throw new Failure(
        "conflict",
        `You have signed wave ${given.wave} of R-${row.number} already.`,
      );
    }
    const facts = {
      wave: given.wave,
      key: signed.key.fingerprint,
      class: signed.key.class,
      evidence: sha256(opening.evidence),
      given: opening.given.length + 1,
      need: opening.need,
    };
    await recordRolloutEvent(tx, row.id, "wave.signed", facts, subject.id);
    await wakeRollout(tx, row.id);
    await notify(tx, "rollout");
    return signature;
  });
}

async function openingOf(
  world: World,
  reader: Reader,
  row: RolloutRow,
  number: number,
): Promise<Opening> {
  const loaded = await loadFacts(reader, row.id);
  const { waves = [] } = loaded?.facts ?? {};
  const wave = waves.find((one) => one.number === number);
  if (wave === undefined) {
    throw new Failure("not-found", `R-${row.number} has no wave ${number}.`);
  }
  const given = (await loadWaveSignatures(reader, row.id)).filter((one) => one.wave === number);
  const evidence = waveEvidence(waves, number);
  const document = openingText({
    tenant: world.config.deployment,
    plan: row.plan,
    wave: number,
    evidence,
    issued: instantToSeconds(world.clock()),
  });
  const need = wave.gate.signatures ?? 0;
  return { number: row.number, wave: number, ring: wave.ring, need, given, evidence, document };
}

/** An approver of every host, and never who asked for the change: hosts judge the same (E_GATE). */
async function demandSigner(tx: Tx, actor: Actor, row: RolloutRow): Promise<Subject> {
  const subject = await loadSubject(tx, actor.subject);
  if (subject?.kind !== "person" || actor.kind !== "person" || subject.disabledAt !== null) {
    throw new Failure("forbidden", "Only a person opens a wave. Sign in as yourself.");
  }
  const { inScope, all } = await countTargets(tx, row.id, scopesFor(actor, "change.approve"));
  if (inScope < all) {
    throw new Failure(
      "forbidden",
      "Your right to approve does not cover every host of the rollout.",
    );
  }
  const change = await loadChange(tx, row.change);
  if (change?.requesterPerson === subject.id) {
    throw new Failure(
      "forbidden",
      "Who asked for the change does not open its waves; somebody else has to.",
    );
  }
  if (row.state === "running" || row.state === "halted") return subject;
  throw new Failure("blocked", `R-${row.number} is ${row.state}.`);
}

/** The text must speak of this wave as it stands now, so that nobody signs what they did not see. */
function demandPresent(world: World, row: RolloutRow, opening: Opening, document: string): void {
  if (opening.need === 0) {
    throw new Failure(
      "blocked",
      `The ring ${opening.ring} asks for no signatures before a wave opens.`,
    );
  }
  const gate = parseGate(document);
  if (!gate.ok) {
    throw new Failure("invalid", `The text is no gate text: line ${gate.line}: ${gate.why}.`);
  }
  const { tenant, plan, wave, evidence, issued } = gate.value;
  if (tenant !== world.config.deployment || plan !== row.plan || wave !== opening.wave) {
    throw new Failure("invalid", "The text is of another plan or wave. Fetch it again.");
  }
  const age = world.clock() - issued * 1000;
  const isOld = age > TEXT_LIFE_MS || age < -MINUTE_MS;
  if (evidence === sha256(opening.evidence) && !isOld) return;
  throw new Failure(
    "conflict",
    "The waves before stand otherwise than in this text, or it is too old. Look again before you sign.",
  );
}
