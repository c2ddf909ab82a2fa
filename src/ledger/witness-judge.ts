import { isHashText } from "./hash-text.ts";
import { isConsistent } from "./tree.ts";
import { openHead, type VerifierKey } from "./verify-note.ts";

/**
 * What a witness answers to `add-checkpoint` (C2SP tlog-witness): a checkpoint is signed when the log's
 * key signed it and it grew out of the one that this witness signed last. Pure: whoever calls keeps the
 * checkpoint before the answer leaves.
 */
export interface Kept {
  readonly size: number;
  /** base64 */
  readonly root: string;
}

export interface AddCheckpoint {
  readonly oldSize: number;
  readonly proof: readonly Buffer[];
  /** The signed note as it came. */
  readonly note: string;
}

export type Answer =
  /** The body is to be signed and the checkpoint kept. */
  | {
      readonly status: 200;
      readonly body: string;
      readonly origin: string;
      readonly note: string;
      readonly kept: Kept;
    }
  /** The witness signed another size last: it is asked again from there. */
  | { readonly status: 409; readonly why: string; readonly size: number; readonly isFork: boolean }
  | {
      readonly status: 400 | 403 | 404 | 422;
      readonly why: string;
      /** The log's own key signed it, and it contradicts what it signed before. */
      readonly isFork: boolean;
    };

/** Hashes of a proof: more than 63 fit no tree. */
const PROOF_LINES_MAX = 63;

/** Null when the body is not of the form that the specification gives. */
export function parseAddCheckpoint(body: string): AddCheckpoint | null {
  const split = body.indexOf("\n\n");
  if (split < 0) return null;
  const [first = "", ...lines] = body.slice(0, split).split("\n");
  const old = /^old (0|[1-9][0-9]{0,14})$/.exec(first)?.[1];
  const note = body.slice(split + 2);
  const isProof = lines.length <= PROOF_LINES_MAX && lines.every(isHashText);
  if (old === undefined || !isProof || note === "") return null;
  return {
    oldSize: Number(old),
    proof: lines.map((line) => Buffer.from(line, "base64")),
    note,
  };
}

export function writeAddCheckpoint({ oldSize, proof, note }: AddCheckpoint): string {
  const lines = proof.map((hash) => `${hash.toString("base64")}\n`).join("");
  return `old ${oldSize}\n${lines}\n${note}`;
}

export function originOfNote(note: string): string {
  return note.slice(0, Math.max(0, note.indexOf("\n")));
}

/** `keyFor` gives the key of a log that is trusted, by its origin. */
export function judgeCheckpoint(
  asked: AddCheckpoint,
  keyFor: (origin: string) => VerifierKey | null,
  keptFor: (origin: string) => Kept | null,
): Answer {
  const origin = originOfNote(asked.note);
  const key = keyFor(origin);
  if (key === null) return no(404, "this witness does not know that log");
  const split = asked.note.indexOf("\n\n");
  const body = asked.note.slice(0, split + 1);
  const line = asked.note
    .slice(split + 2)
    .split("\n")
    .find((each) => each.startsWith(`— ${origin} `));
  const note = `${body}\n${line ?? ""}\n`;
  const head = openHead(key, note);
  if (head === null) return no(403, "the checkpoint is not signed by the log's key");
  const kept = keptFor(origin) ?? { size: 0, root: "" };
  if (asked.oldSize > head.size) return no(400, "the old size is beyond the checkpoint");
  if (head.size === kept.size && kept.size > 0 && head.root !== kept.root) {
    return {
      ...{ status: 409, size: kept.size, isFork: true },
      why: "another checkpoint of the same size was signed here",
    };
  }
  if (asked.oldSize !== kept.size) {
    const why = "the last one signed here has another size";
    return { status: 409, why, size: kept.size, isFork: false };
  }
  const isGrown =
    kept.size === 0 || kept.size === head.size
      ? asked.proof.length === 0
      : isConsistent({
          ...{ oldSize: kept.size, oldRoot: Buffer.from(kept.root, "base64") },
          ...{ size: head.size, root: Buffer.from(head.root, "base64"), proof: asked.proof },
        });
  if (!isGrown) {
    const why = "the checkpoint did not grow out of the one signed here";
    return { status: 422, why, isFork: false };
  }
  return { status: 200, body, origin, note, kept: head };
}

function no(status: 400 | 403 | 404, why: string): Answer {
  return { status, why, isFork: false };
}
