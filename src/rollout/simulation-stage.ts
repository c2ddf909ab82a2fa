import type { HostId, RolloutId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { JobKind } from "./model.ts";
import type { Books } from "./simulation-books.ts";
import type { VirtualClock } from "./simulation-clock.ts";
import type { Random } from "./simulation-random.ts";

/** What virtual hosts and servers share: the clock, chance, the books, the wire between them. */

/** How often things go wrong, from 0 to 1 each unless its name says a time. */
export interface Faults {
  /** Of each message: lost, delivered twice, or late by up to `lateMs`. */
  readonly loss: number;
  readonly duplicate: number;
  readonly late: number;
  readonly lateMs: number;
  /** At each statement of a server's turn: the server dies, or stands still and comes back. */
  readonly serverCrash: number;
  readonly serverPause: number;
  readonly pauseMs: number;
  /** While a host applies: its program is killed and recovers from the journal. */
  readonly hostCrash: number;
  /** Of each minute of a host: it goes away for `offlineMs` on average. */
  readonly offline: number;
  readonly offlineMs: number;
  /** Of each minute of a host: its clock jumps by up to a day. */
  readonly clockJump: number;
  /** Of each minute: the database's clock jumps ahead by some minutes. */
  readonly databaseJump: number;
  /** Of each minute: a person halts a rollout, and resumes it later. */
  readonly person: number;
}

export const noFaults: Faults = {
  loss: 0,
  duplicate: 0,
  late: 0,
  lateMs: 0,
  serverCrash: 0,
  serverPause: 0,
  pauseMs: 0,
  hostCrash: 0,
  offline: 0,
  offlineMs: 0,
  clockJump: 0,
  databaseJump: 0,
  person: 0,
};

/** How long things take: medians in milliseconds, and the spread of their logarithm. */
export interface Pace {
  readonly stageMs: number;
  readonly applyMs: number;
  readonly rebootMs: number;
  readonly lookMs: number;
  readonly messageMs: number;
  readonly spread: number;
}

/** What one host is like. */
export interface HostModel {
  readonly id: HostId;
  /** How probably the patch breaks this host, and how probably it puts itself back then. */
  readonly failureRate: number;
  readonly rollbackRate: number;
  readonly reboots: boolean;
  /** When it is out of reach from the start: until then. */
  readonly awayUntil: Instant | null;
}

/** One time that a patch was really begun on a host. */
export interface Effect {
  readonly host: HostId;
  readonly rollout: RolloutId;
  readonly attempt: number;
  readonly kind: JobKind;
  readonly at: Instant;
  readonly isHarm: boolean;
}

/** The wire and the world, as one side sees them. */
export interface Stage {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly books: Books;
  readonly pace: Pace;
  /** None of them happen any more once the world has turned kind. */
  faults: Faults;
  /** Carries a message: it may be lost, come late, or come twice. */
  send(message: () => void): void;
  /** A host begins to change something; every rule about that is checked here. */
  begin(effect: Effect): void;
  end(effect: Effect): void;
}
