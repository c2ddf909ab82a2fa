/**
 * The ledger: what happened, provably.
 *
 * An event is written in the transaction of the change it records, so there is no change without
 * an event and no event without a change. A sequencer then gives every event its place in one
 * Merkle tree (RFC 6962 hashing, C2SP tlog-tiles layout) and signs the tree's head (C2SP
 * tlog-checkpoint). Whoever holds an export and the log's public key can check all of it offline.
 *
 * Invariants: events, entries and signed heads are only ever added. Indexes have no gap. A signed
 * head is always an extension of every head signed before it.
 *
 * Never: names, mail addresses or secrets in an entry as they are. People are named by their
 * subject id, and what is personal beyond that is sealed under a key of their own, so that a person
 * can be forgotten without touching the tree.
 */

import type { Digest } from "../base/digest.ts";
import type { ChangeId, Id, PatchId, PlanDigest, SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { JsonObject } from "../base/json.ts";

export type EventId = Id<"event">;

/** `<noun>.<past participle>`: `host.added`, `change.approved`. */
export type EventType = `${string}.${string}`;

export interface NewEvent {
  readonly type: EventType;
  readonly actor: SubjectId;
  /** `<noun>:<id>`, for example `host:<uuid>`. */
  readonly object: string;
  readonly facts?: JsonObject | undefined;
  readonly patch?: PatchId | undefined;
  readonly change?: ChangeId | undefined;
  readonly plan?: PlanDigest | undefined;
  /** Set on the event that completes an approval; hosts look for it (protocol §12). */
  readonly approved?: Approved | undefined;
  /** For whom the actor does it: whose token, whose place by delegation. */
  readonly onBehalfOf?: SubjectId | undefined;
  /** Digests of the object's content before and after, where it has one. */
  readonly before?: Digest | undefined;
  readonly after?: Digest | undefined;
  /** The rule that decided, by its name. */
  readonly rule?: string | undefined;
  /** `done` where nothing is said; a refusal has its code. */
  readonly refused?: string | undefined;
}

export interface Approved {
  readonly plan: PlanDigest;
  /** SHA-256 of the sorted signatures. */
  readonly signatures: Digest;
}

/** An event as stored. `index` is null until the sequencer has given it its place. */
export interface LedgerEvent {
  readonly id: EventId;
  readonly index: number | null;
  readonly at: Instant;
  readonly type: string;
  readonly actor: SubjectId;
  readonly object: string;
  readonly patch: PatchId | null;
  readonly change: ChangeId | null;
  readonly plan: PlanDigest | null;
  readonly approved: string | null;
  readonly facts: JsonObject;
  /** How it came about: request, session, address, rule, outcome, build (AU-3, PCI DSS 10.2.2). */
  readonly circumstances: JsonObject;
}

/** A signed tree head: `note` is the whole signed note, ready to be handed out. */
export interface Head {
  readonly size: number;
  /** Root hash in base64, as in the note. */
  readonly root: string;
  readonly note: string;
}

/** An entry must fit the 16-bit length of an entry bundle; the rest is room for later fields. */
export const ENTRY_BYTES_MAX = 61_440;
/** Facts that do not fit an entry are named in it by their digest, and stand apart (and in exports). */
export const FACTS_BYTES_MAX = 8_388_608;
