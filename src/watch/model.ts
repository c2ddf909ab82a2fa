import type { SinkConfig } from "../base/config-events.ts";
import type { Instant } from "../base/instant.ts";
import type { JsonObject } from "../base/json.ts";

/**
 * What others are told of what happens here: every event of the ledger, in the ledger's order, to
 * each receiver ("sink") of the configuration.
 *
 * Invariants: what is sent is in the ledger already, so a receiver never knows more than an auditor
 * can prove. Each sink has one cursor, shared by all servers of a deployment, that moves only behind
 * what was handed over: after any crash an event may come twice, with the same index, and is never
 * left out. A receiver that is slow or gone delays its own events only.
 *
 * Never: a secret, a name or a mail address in what is sent (the ledger holds none), or in a problem.
 */
export type Sink = SinkConfig;
export type SinkKind = "syslog" | "otlp" | "webhook";

export function kindOf(sink: Sink): SinkKind {
  if ("syslog" in sink) return "syslog";
  return "otlp" in sink ? "otlp" : "webhook";
}

/** Without path and query: those of a webhook may be a secret of their own. */
export function shownAddress(sink: Sink): string {
  if ("syslog" in sink) return sink.syslog;
  return new URL("otlp" in sink ? sink.otlp : sink.webhook).origin;
}

/** An entry of the ledger, read. `text` is its exact bytes. */
export interface Told {
  readonly index: number;
  readonly id: string;
  readonly at: Instant;
  readonly type: string;
  readonly actor: string;
  readonly object: string;
  /** The case it belongs to: the id that goes from the case to the lines of hosts. */
  readonly patch: string | null;
  readonly change: string | null;
  readonly plan: string | null;
  readonly facts: JsonObject;
  readonly text: string;
}

/** How far a sink is, as all servers share it. */
export interface SinkState {
  readonly name: string;
  /** Index of the entry that is looked at next. */
  readonly next: number;
  readonly sent: number;
  /** Events that the receiver will not take, whatever is done. */
  readonly refused: number;
  readonly sentAt: Instant | null;
  readonly problem: string | null;
  readonly problemSince: Instant | null;
}

/** What became of a batch at the receiver. */
export type Handing =
  | { readonly kind: "taken"; readonly refused: number; readonly why: string | null }
  /** Nothing of it counts as taken; worth another try after `waitMs`. */
  | { readonly kind: "again"; readonly problem: string; readonly waitMs: number | null };
