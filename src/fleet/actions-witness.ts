import { systemActor } from "../base/actor.ts";
import { verifySshSignature } from "../base/sshsig.ts";
import { inTransaction } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { everywhere, loadHost } from "../inventory/store.ts";
import { rootOf } from "../ledger/loops-sequencer.ts";
import { proveConsistency } from "../ledger/proof.ts";
import { recordEvent } from "../ledger/record.ts";
import { loadHead } from "../ledger/store-tree.ts";
import { askHost, isReachProblem } from "../reach/host-session.ts";
import { reachHost } from "../reach/reach-host.ts";
import { askElsewhere } from "./actions-witness-elsewhere.ts";
import { growthOf } from "./log-proof.ts";
import type { Head } from "./order.ts";
import { signedHead } from "./store-signed-head.ts";
import {
  claimWitnesses,
  hasWitness,
  insertCosignature,
  loadProposal,
  proposeHead,
  type Witness,
  writeContradiction,
  writeHeard,
} from "./store-witness.ts";
import { type Heard, parseWitnessAnswer, writeWitnessAsk } from "./witness-frame.ts";
import { askAgainSeconds, judgeWitness, type WitnessVerdict } from "./witness-verdict.ts";

/** Asking witnesses about heads, and keeping what they sign. */

/** Without an approval that waits for it, a head is put before them this often. */
const EVERY_SECONDS = 600;
/** Longer than an agent takes until it calls in and answers. */
const LEASE_SECONDS = 300;

/** Puts the next head before the witnesses where it is time; false while there are none to ask. */
export async function proposeNext(world: World): Promise<boolean> {
  if (!(await hasWitness(world.db))) return false;
  await proposeHead(world.db, EVERY_SECONDS);
  return true;
}

export function takeWitnesses(world: World, countMax: number): Promise<readonly Witness[]> {
  const claim = { countMax, leaseSeconds: LEASE_SECONDS };
  return claimWitnesses(world.db, claim);
}

/** Asks one about the newest proposal. What it says is kept as it is judged, and a fork is an event. */
export async function askWitness(
  world: World,
  witness: Witness,
  signal: AbortSignal,
): Promise<void> {
  const head = await loadProposal(world.db);
  if (head === null) return;
  const heard = await hear(world, { witness, head, signal });
  if (typeof heard === "string") return keepProblem(world, witness, heard);
  const { answer, noteLine } = heard;
  const ownRoot = await rootAt(world, answer.head?.size ?? 0);
  const verdict = judgeWitness({ answer, thought: witness, ownRoot });
  switch (verdict.kind) {
    case "signed":
      return keepSigned(world, { witness, head, noteLine, signature: verdict.signature });
    case "elsewhere":
      // It is asked at once from where it is.
      return inTransaction(world.db, (tx) =>
        writeHeard(tx, {
          ...{ witness: witness.name, head: verdict.head, problem: null },
          againSeconds: 0,
        }),
      );
    case "contradicts":
      return keepContradiction(world, witness, verdict);
    case "refused":
      return keepProblem(world, witness, verdict.why);
  }
}

function hear(
  world: World,
  of: { readonly witness: Witness; readonly head: Head; readonly signal: AbortSignal },
): Promise<Heard | string> {
  return of.witness.host === null ? askElsewhere(world, of) : askOfHost(world, of);
}

async function askOfHost(
  world: World,
  of: { readonly witness: Witness; readonly head: Head; readonly signal: AbortSignal },
): Promise<Heard | string> {
  const { witness, head, signal } = of;
  const host = witness.host === null ? null : await loadHost(world.db, witness.host, everywhere);
  if (host === null) return "the host was removed";
  const { text, signature } = signedHead(world, head);
  const from = Math.min(witness.size, head.size);
  const consistency = await proveConsistency(world.db, { from, to: head.size });
  const fromRoot = from === witness.size ? witness.root : head.root;
  const growth = growthOf({ size: head.size, from, fromRoot, consistency });
  const input = writeWitnessAsk({ head: text, headSignature: signature, from, growth });
  const request = { verb: "witness", input, answer: "witness", signal } as const;
  const said = await askHost(reachHost(world.paths, host.way), request);
  if (isReachProblem(said)) return said.message;
  return { answer: parseWitnessAnswer(said), noteLine: null };
}

/** The root of this log over its first entries, in hex; null beyond its end. */
export async function rootAt(world: World, size: number): Promise<string | null> {
  const head = await loadHead(world.db);
  if (head === null || size > head.size) return null;
  return (await rootOf(world.db, size)).toString("hex");
}

async function keepSigned(
  world: World,
  of: {
    readonly witness: Witness;
    readonly head: Head;
    readonly signature: string;
    readonly noteLine: string | null;
  },
): Promise<void> {
  const { witness, head, signature, noteLine } = of;
  const claim = {
    namespace: "fettle-cosign-v1",
    bytes: signedHead(world, head).text,
    armoured: signature,
    publicKeyLine: witness.keyLine,
  } as const;
  if (!verifySshSignature(claim).ok) {
    return keepProblem(world, witness, "what it sent is not signed by its key");
  }
  await inTransaction(world.db, async (tx) => {
    await insertCosignature(tx, { size: head.size, witness: witness.name, signature, noteLine });
    await writeHeard(tx, { witness: witness.name, head, problem: null, againSeconds: 0 });
    // Approvals may have waited for this signature.
    await notify(tx, "change");
  });
}

async function keepProblem(world: World, witness: Witness, problem: string): Promise<void> {
  const againSeconds = askAgainSeconds(witness.tries);
  const heard = { witness: witness.name, head: null, problem, againSeconds };
  await inTransaction(world.db, (tx) => writeHeard(tx, heard));
}

async function keepContradiction(
  world: World,
  witness: Witness,
  { head, why }: Extract<WitnessVerdict, { kind: "contradicts" }>,
): Promise<void> {
  const problem = `holds a head over ${head.size} entries that this log never had`;
  await inTransaction(world.db, async (tx) => {
    await writeHeard(tx, { witness: witness.name, head, problem, againSeconds: 600 });
    if (!(await writeContradiction(tx, witness.name))) return;
    await recordEvent(tx, {
      type: "witness.contradicted",
      actor: systemActor.subject,
      object: `witness:${witness.name}`,
      facts: { size: head.size, root: head.root, said: why },
    });
  });
  world.log.error({ witness: witness.name, size: head.size }, "a witness holds another history");
}
