import type { World } from "../db/world.ts";
import { openCosignature, parseCosigner } from "../ledger/cosignature.ts";
import { rootOf } from "../ledger/loops-sequencer.ts";
import { proveConsistency } from "../ledger/proof.ts";
import { loadCheckpoints, loadHead } from "../ledger/store-tree.ts";
import { writeAddCheckpoint } from "../ledger/witness-judge.ts";
import { reachOfOperators } from "../outbound/address.ts";
import { askOnce } from "../outbound/ask-once.ts";
import { Unreached } from "../outbound/connect.ts";
import type { Head } from "./order.ts";
import type { Witness } from "./store-witness.ts";
import type { Heard } from "./witness-frame.ts";

/** Witnesses on other machines, asked over HTTP as C2SP tlog-witness says. */

const TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 16_384;

export async function askElsewhere(
  world: World,
  of: { readonly witness: Witness; readonly head: Head; readonly signal: AbortSignal },
): Promise<Heard | string> {
  const { witness, head, signal } = of;
  const [checkpoint] = await loadCheckpoints(world.db, { from: head.size - 1, to: head.size });
  const key = parseCosigner(witness.noteKey ?? "");
  if (checkpoint === undefined || key === null || witness.url === null) return "it cannot be asked";
  const oldSize = Math.min(witness.size, head.size);
  const proof =
    oldSize === 0 || oldSize === head.size
      ? []
      : await proveConsistency(world.db, { from: oldSize, to: head.size });
  try {
    const { status, body } = await askOnce({
      url: `${witness.url.replace(/\/$/, "")}/add-checkpoint`,
      method: "POST",
      headers: { "content-type": "text/plain; charset=utf-8" },
      body: writeAddCheckpoint({ oldSize, proof, note: checkpoint.note }),
      authority: null,
      reach: reachOfOperators,
      timeoutMs: TIMEOUT_MS,
      bytesMax: ANSWER_BYTES_MAX,
      signal,
    });
    if (status === 409) return await elsewhere(world, witness, body);
    const said = body.replace(/[^\x20-\x7e]+/g, " ").slice(0, 160);
    if (status === 422 && witness.size > 0) return other(witness, `422 ${said}`);
    if (status !== 200) return `it answered ${status} ${said}`;
    const text = checkpoint.note.slice(0, checkpoint.note.indexOf("\n\n") + 1);
    const opened = openCosignature(key, text, body);
    if (opened === null) return "what it sent is not signed by its key";
    if (opened.armoured === null) return "it gave no signature that hosts can check";
    const answer = { head, signature: opened.armoured, refused: null };
    return { answer, noteLine: opened.line };
  } catch (cause) {
    if (cause instanceof Unreached) return cause.message;
    throw cause;
  }
}

/** It says how many entries it has seen; which ones, only a proof from there can show. */
async function elsewhere(world: World, witness: Witness, body: string): Promise<Heard | string> {
  const size = Number(/^(0|[1-9][0-9]{0,14})\n?$/.exec(body)?.[1] ?? Number.NaN);
  if (Number.isNaN(size)) return "it answered 409 without a size";
  if (size === witness.size) return other(witness, "409 another head of the same size");
  const own = await loadHead(world.db);
  if (own === null || size > own.size) return other({ ...witness, size }, "409 a larger head");
  const root = (await rootOf(world.db, size)).toString("hex");
  const refused = { code: "E_LOG", why: `it has seen ${size} entries` };
  return { answer: { head: { size, root }, signature: null, refused }, noteLine: null };
}

/** A proof of our own from the head it names did not lead it to ours: it holds another history. */
function other({ size }: Pick<Witness, "size">, why: string): Heard {
  const refused = { code: "E_LOG", why };
  return { answer: { head: { size, root: "" }, signature: null, refused }, noteLine: null };
}
