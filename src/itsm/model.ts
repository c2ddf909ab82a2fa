import type { ChangeId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { ChangeState } from "../change/model.ts";

/**
 * Changes as records in ITSM systems: made, kept up to date and told of every step, in the ledger's
 * order and at least once; and the state of the record as it comes back.
 *
 * Invariants: a record carries the change's id and is looked for before one is made, so a lost answer
 * makes no second one. What is told is in the ledger already. A system that is slow or gone delays its
 * own records only.
 *
 * Never: an approval there that stands for a signature here. What comes back can hold a change, and be
 * asked for by the policy beside everything else; it can never let a change go that lacks something.
 */
export const itsmKinds = ["webhook", "servicenow", "jira"] as const;
export type ItsmKind = (typeof itsmKinds)[number];

/** What a record is to say of a change: the words that a mapping can name. */
export interface MirroredChange {
  readonly id: ChangeId;
  readonly number: number;
  readonly state: ChangeState;
  readonly title: string;
  readonly reason: string;
  readonly backout: string;
  readonly class: string;
  readonly risk: string;
  readonly hosts: number;
  readonly plan: string;
  /** Why it is over; empty while it is not. */
  readonly closed: string;
}

/** A record as it is there. */
export interface Outside {
  readonly id: string;
  /** What people call it: `CHG0030052`, `OPS-7`. */
  readonly key: string;
  readonly url: string | null;
  readonly state: string;
  /** The system's own flags say so, whatever the state's name. */
  readonly isStopped: boolean;
  /** The fields that are written, as they read now; only those that can be compared. */
  readonly fields: Fields;
}

/** One event of the change, in words. */
export interface Note {
  readonly index: number;
  readonly text: string;
}

export type Fields = Readonly<Record<string, string>>;

/** What was written last, and how it read there afterwards: what reads otherwise was edited there. */
export interface Written {
  readonly ours: Fields;
  readonly there: Fields | null;
}

export interface Request {
  readonly method: "GET" | "POST" | "PUT" | "PATCH";
  /** Below the system's address, with its query. */
  readonly path: string;
  readonly body: unknown;
  /** Of a webhook: stays the same over every try. */
  readonly id?: string;
}

/** Gives the parsed answer of one that is 2xx; everything else is thrown as `Trouble`. */
export type Ask = (request: Request) => Promise<unknown>;

/** The one interface to systems. Each asks through `ask` only, and keeps nothing. */
export interface Adapter {
  /** Who we are there; throws where the account cannot do its work. */
  test(ask: Ask): Promise<string>;
  /** The record of this change, made by whomever; null when there is none. */
  find(ask: Ask, change: MirroredChange): Promise<Outside | null>;
  create(ask: Ask, change: MirroredChange, at: number): Promise<Outside>;
  /** Null when it is gone. */
  read(ask: Ask, id: string): Promise<Outside | null>;
  /** Makes the record say this; `at` is the ledger's entry up to which it is true. */
  write(ask: Ask, of: { outside: Outside; change: MirroredChange; at: number }): Promise<void>;
  hasNote(ask: Ask, outside: Outside, note: Note): Promise<boolean>;
  note(ask: Ask, of: { outside: Outside; change: MirroredChange; note: Note }): Promise<void>;
  /** Brings it to the state that goes with the change's; words when the system does not let it. */
  move(ask: Ask, of: { outside: Outside; change: MirroredChange }): Promise<string | null>;
  /** What the record is to hold, to be compared with what it holds. */
  fieldsOf(change: MirroredChange): Fields;
  /** False: nothing can be asked for, the system reports by itself. */
  readonly isAsked: boolean;
  /** How long after a lost answer a new record may not be found yet. */
  readonly settleMs: number;
}

export type TroubleKind =
  /** Worth another try. */
  | "again"
  /** This very request is never taken. */
  | "never"
  /** Whoever asks is not let in: nothing else is either. */
  | "denied"
  /** Whoever asks may not do just that. */
  | "forbidden"
  | "gone"
  /** Somebody else changed it meanwhile. */
  | "conflict";

/** Why a system did not do what was asked, in words that hold nothing secret. */
export class Trouble extends Error {
  readonly kind: TroubleKind;
  readonly waitMs: number | null;
  /** The request may have been carried out. */
  readonly isUnsure: boolean;
  /** It is the system that is in trouble, not this one record. */
  readonly isWhole: boolean;

  constructor(
    kind: TroubleKind,
    message: string,
    of: {
      readonly waitMs?: number | null;
      readonly isUnsure?: boolean;
      readonly isWhole?: boolean;
    } = {},
  ) {
    super(message);
    this.name = "Trouble";
    this.kind = kind;
    this.waitMs = of.waitMs ?? null;
    this.isUnsure = of.isUnsure ?? false;
    this.isWhole = kind === "denied" || (of.isWhole ?? false);
  }
}

/** The system's own rules say no to a step of this record. */
export function isRefusal(cause: unknown): cause is Trouble {
  return cause instanceof Trouble && (cause.kind === "never" || cause.kind === "forbidden");
}

export interface Link {
  readonly system: string;
  readonly change: ChangeId;
  readonly wanted: number;
  readonly told: number;
  readonly outsideId: string | null;
  readonly outsideKey: string | null;
  readonly outsideUrl: string | null;
  readonly outsideState: string | null;
  readonly isHolding: boolean;
  readonly checkedAt: Instant | null;
  readonly saidAt: Instant | null;
  readonly saidId: string | null;
  readonly written: Written | null;
  readonly conflict: string | null;
  readonly unsureAt: Instant | null;
  readonly attempts: number;
  readonly nextAt: Instant | null;
  readonly problem: string | null;
  readonly problemSince: Instant | null;
  readonly deadAt: Instant | null;
}
