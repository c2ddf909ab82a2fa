import type { HostId } from "../base/ids.ts";
import { SECOND_MS } from "../base/instant.ts";
import { CONVERSATIONS_MAX, KEEP_LEASES_MS, LEASE_SECONDS, TALK_SECONDS } from "./engine.ts";
import type { BookTarget } from "./simulation-books.ts";
import {
  drop,
  endTalk,
  judge,
  keepTalks,
  permitAsks,
  progress,
  releaseDeadServer,
  sweep,
  takeLooks,
  takeOver,
  takeResults,
} from "./simulation-books-moves.ts";
import { bookTurns } from "./simulation-books-turn.ts";
import type { Line, VirtualHost } from "./simulation-host.ts";
import { type Joiner, joinBooks, mayJoin } from "./simulation-joins.ts";
import type { Stage } from "./simulation-stage.ts";
import type { Claimed } from "./store-claims.ts";
import type { TargetKey } from "./store-targets.ts";
import { type Seen, type TurnStore, takeTurns } from "./turn.ts";

/**
 * One server: the engine's own turn over the books in memory, its loops, and its talks with hosts. It
 * may die between any two statements, or stand still there and come back when others have gone on.
 */
export interface ServerWorld extends Stage {
  readonly hosts: ReadonlyMap<HostId, VirtualHost>;
  /** Hosts that rules select, some of them later. */
  readonly joiners: readonly Joiner[];
  /** Checks every rule that must hold now. */
  check(): void;
  /** Talks at once over all servers; the real one has `CONVERSATIONS_MAX`. */
  readonly talksMax: number;
  /** Between a word of a host and the turn that reads it. */
  readonly turnsApartMs: number;
  /** Between two looks for leases that ended and hosts that nobody talks to. */
  readonly sweepMs: number;
}

const IDLE_MS = 2_000;
const JOINS_MS = 5_000;
const UNREACHABLE_MS = 5_000;
const RESTART_MS = 5_000;
const SEEN_DEAD_MS = 4_000;
const AGAIN_SECONDS = 15;
const LOOKS_MAX = 1_000;

/** A statement that never comes back, as its server is gone. */
const never = new Promise<never>(() => undefined);

export class VirtualServer {
  readonly #world: ServerWorld;
  readonly #base: string;
  #life = 0;
  #isUp = true;
  #pausedUntil = 0;
  #talks = new Map<string, TargetKey>();
  #isTurning = false;
  #isWoken = false;
  /** Resolved when the turn waits at a statement, or is over. */
  #onRest: () => void = () => undefined;

  constructor(name: string, world: ServerWorld) {
    this.#base = name;
    this.#world = world;
    this.#startLoops();
  }

  get name(): string {
    return `${this.#base}-${this.#life}`;
  }

  get #isAwake(): boolean {
    return this.#isUp && this.#world.clock.now >= this.#pausedUntil;
  }

  #startLoops(): void {
    const life = this.#life;
    const loop = (ms: number, turn: () => void | Promise<void>): void => {
      const again = async (): Promise<void> => {
        if (this.#life !== life) return;
        this.#world.clock.after(ms, again);
        if (this.#isAwake) await turn();
      };
      this.#world.clock.after(ms, again);
    };
    loop(IDLE_MS, () => this.#turn());
    loop(this.#world.sweepMs, () => this.#sweep());
    if (this.#world.joiners.length > 0) loop(JOINS_MS, () => this.#join());
    loop(KEEP_LEASES_MS, () => {
      const keys = [...this.#talks.values()];
      keepTalks(this.#world.books, this.name, { keys, leaseSeconds: LEASE_SECONDS });
    });
  }

  wake(): void {
    if (this.#isWoken || !this.#isUp) return;
    this.#isWoken = true;
    const life = this.#life;
    this.#world.clock.after(this.#world.turnsApartMs, async () => {
      this.#isWoken = false;
      if (this.#life === life && this.#isAwake) await this.#turn();
    });
  }

  /** Runs until the turn rests, so that time goes on only when nothing else is to be done now. */
  async #turn(): Promise<void> {
    if (this.#isTurning) return;
    this.#isTurning = true;
    const life = this.#life;
    const rest = new Promise<void>((resolve) => {
      this.#onRest = resolve;
    });
    const room = this.#world.talksMax - this.#talks.size;
    const store = this.#port(bookTurns(this.#world.books, this.name), life);
    void takeTurns(store, room).then(({ claimed, hasMore }) => {
      this.#isTurning = false;
      for (const order of claimed) this.#dispatch(order);
      if (hasMore) this.wake();
      this.#onRest();
    });
    await rest;
  }

  /** Each statement may be the last one before the server dies, or stands still for long. */
  #port<S extends Seen>(store: TurnStore<S>, life: number): TurnStore<S> {
    const between = async <T>(statement: () => Promise<T>): Promise<T> => {
      await this.#statement(life);
      const answer = await statement();
      await this.#statement(life);
      return answer;
    };
    const writing = <T>(statement: () => Promise<T>): Promise<T> =>
      between(async () => {
        const answer = await statement();
        this.#world.check();
        return answer;
      });
    return {
      takeRollouts: () => between(() => store.takeRollouts()),
      loadFacts: (own) => between(() => store.loadFacts(own)),
      commitHalt: (own, seen, reason) => writing(() => store.commitHalt(own, seen, reason)),
      commitTurn: (own, seen, turn) => writing(() => store.commitTurn(own, seen, turn)),
      claim: (own, seen, wish) => writing(() => store.claim(own, seen, wish)),
    };
  }

  async #statement(life: number): Promise<void> {
    const { faults, random, clock } = this.#world;
    if (this.#life !== life) return never;
    if (random.chance(faults.serverCrash)) {
      this.#die();
      return never;
    }
    if (!random.chance(faults.serverPause)) return;
    const ms = random.around(faults.pauseMs, 1);
    this.#pausedUntil = clock.now + ms;
    this.#onRest();
    await new Promise<void>((resolve) => {
      clock.after(ms, async () => {
        if (this.#life !== life) return;
        const rest = new Promise<void>((rested) => {
          this.#onRest = rested;
        });
        resolve();
        await rest;
      });
    });
  }

  /** Between what it reads and what it writes others write too, for as long as a pause lasts. */
  #join(): void {
    const { books, joiners, clock, random, faults } = this.#world;
    const life = this.#life;
    const judged = mayJoin(books, joiners);
    if (judged.length === 0) return;
    const ms = random.chance(faults.serverPause * 10) ? random.around(faults.pauseMs, 1) : 0;
    clock.after(ms, () => {
      if (this.#life !== life || random.chance(faults.serverCrash)) return;
      const joined = joinBooks(books, judged);
      this.#world.check();
      if (joined > 0) this.wake();
    });
  }

  #die(): void {
    const { books, clock } = this.#world;
    const name = this.name;
    this.#isUp = false;
    this.#life += 1;
    this.#isTurning = false;
    this.#talks = new Map();
    this.#onRest();
    // Others see the session end; a server that is cut off from them is not noticed so soon.
    if (this.#world.random.chance(0.5))
      clock.after(SEEN_DEAD_MS, () => releaseDeadServer(books, name));
    clock.after(RESTART_MS, () => {
      this.#isUp = true;
      this.#pausedUntil = 0;
      this.#startLoops();
    });
  }

  #dispatch(order: Claimed): void {
    const host = this.#world.hosts.get(order.host);
    if (host === undefined) return;
    const { rollout, attempt, epoch } = order;
    const key = { rollout, host: order.host, attempt, epoch };
    const line = this.#open(key);
    if (host.isAway) {
      this.#unreachable(key, host);
      return;
    }
    this.#world.send(() => host.take(order, line));
    this.#watch(key, host);
  }

  #unreachable(key: TargetKey, host: VirtualHost): void {
    const { clock, books } = this.#world;
    const life = this.#life;
    clock.after(UNREACHABLE_MS, () => {
      if (this.#life !== life) return;
      this.#close(key);
      const since = clock.now;
      const retryAt = clock.now + AGAIN_SECONDS * SECOND_MS;
      const hold = {
        why: "host-unreachable",
        kind: "unreachable",
        problem: host.id,
        since,
        retryAt,
      } as const;
      drop(books, [{ ...key, hold, retryAfterSeconds: AGAIN_SECONDS }]);
    });
  }

  /** A connection that died is noticed after a while; who waits at the other end is asked again. */
  #watch(key: TargetKey, host: VirtualHost): void {
    const { clock, books } = this.#world;
    const life = this.#life;
    const look = (): void => {
      if (this.#life !== life || !this.#talks.has(textOf(key))) return;
      const target = books.target(key);
      if (host.isAway || target === null || target.attempt !== key.attempt) {
        this.#close(key);
        const retryAfterSeconds = AGAIN_SECONDS;
        endTalk(books, key, { owner: this.name, retryAfterSeconds, wasHeard: false });
        return;
      }
      host.status(key, this.#lineOf(key));
      clock.after(TALK_SECONDS * SECOND_MS, look);
    };
    clock.after(TALK_SECONDS * SECOND_MS, look);
  }

  #open(key: TargetKey): Line {
    this.#talks.set(textOf(key), key);
    return this.#lineOf(key);
  }

  #lineOf(key: TargetKey): Line {
    const { books } = this.#world;
    const life = this.#life;
    return {
      isOpen: () => this.#life === life && this.#isAwake,
      ask: (ask) => {
        const [permit] = permitAsks(books, [ask]);
        this.#world.check();
        const host = this.#world.hosts.get(ask.host);
        if (permit !== undefined) this.#world.send(() => host?.permitted(permit));
      },
      tell: (line) => progress(books, [line]),
      answer: (result) => {
        takeResults(books, [result]);
        this.#world.check();
        const host = this.#world.hosts.get(result.host);
        this.#world.send(() => host?.acknowledge(result.digest));
        this.#close(key);
        this.wake();
        this.#look(books.targetsOf.get(result.host));
      },
      idle: () => this.#nothingThere(key),
    };
  }

  /** The order never got there, so it is sent again; or what was said there is taken already. */
  #nothingThere(key: TargetKey): void {
    const { books } = this.#world;
    if (!this.#talks.has(textOf(key))) return;
    this.#close(key);
    const hold = { why: "host-refused", code: "no-answer", facts: "", retryAt: null } as const;
    if (books.target(key)?.state === "leased")
      drop(books, [{ ...key, hold, retryAfterSeconds: 1 }]);
    else {
      const retryAfterSeconds = AGAIN_SECONDS;
      endTalk(books, key, { owner: this.name, retryAfterSeconds, wasHeard: true });
    }
  }

  #close(key: TargetKey): void {
    this.#talks.delete(textOf(key));
  }

  #sweep(): void {
    const { books } = this.#world;
    sweep(books);
    this.#world.check();
    for (const key of takeOver(books, this.name, CONVERSATIONS_MAX)) {
      const host = this.#world.hosts.get(key.host);
      if (host === undefined) continue;
      const line = this.#open(key);
      this.#world.send(() => host.status(key, line));
      this.#watch(key, host);
    }
    this.#look();
  }

  #look(among?: readonly BookTarget[]): void {
    const { books, clock, random, pace } = this.#world;
    const life = this.#life;
    const { name: owner } = this;
    const leaseSeconds = TALK_SECONDS;
    const of = among === undefined ? {} : { among };
    const take = { owner, countMax: LOOKS_MAX, leaseSeconds, ...of };
    for (const target of takeLooks(books, take)) {
      const { attempt } = target;
      clock.after(random.around(pace.lookMs, pace.spread), () => {
        if (this.#life === life) this.#see(target, attempt, owner);
      });
    }
  }

  #see(target: BookTarget, attempt: number, owner: string): void {
    const { books, hosts } = this.#world;
    const host = hosts.get(target.host);
    const { plan } = books.rollout(target.rollout);
    const isSeen = host !== undefined && !host.isAway;
    const verdict = isSeen ? (host.installed.has(plan) ? "verified" : "unverified") : null;
    const { rollout } = target;
    const retryAfterSeconds = AGAIN_SECONDS;
    const of = { rollout, host: target.host, attempt, owner, verdict, retryAfterSeconds } as const;
    judge(books, of);
    this.#world.check();
    this.wake();
  }
}

function textOf(key: TargetKey): string {
  return `${key.rollout} ${key.host} ${key.attempt} ${key.epoch}`;
}
