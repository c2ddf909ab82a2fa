import type { Digest } from "../base/digest.ts";
import type { HostId, PlanDigest, RolloutId } from "../base/ids.ts";
import { DAY_MS, type Instant, SECOND_MS } from "../base/instant.ts";
import type { JobKind } from "./model.ts";
import { resultMove } from "./result-move.ts";
import type { BookResult } from "./simulation-books-moves.ts";
import type { Effect, HostModel, Stage } from "./simulation-stage.ts";
import type { Claimed } from "./store-claims.ts";
import type { PermitAsk, Permitted } from "./store-permits.ts";
import type { Progress } from "./store-targets.ts";

/**
 * A host that keeps the host protocol as the program in `host/` does: it takes an order once, asks
 * for its permit right before it begins, writes that down first, goes on with what it began whoever
 * has gone away, and repeats its signed word until somebody took it.
 */
export interface HostJob {
  readonly rollout: RolloutId;
  readonly plan: PlanDigest;
  readonly index: number;
  readonly attempt: number;
  readonly epoch: number;
  readonly kind: JobKind;
  phase: "staged" | "applying" | "rebooting" | "booting" | "ended";
  asks: number;
  asked: { readonly nonce: string; readonly at: Instant; readonly kind: PermitAsk["kind"] } | null;
  effect: Effect | null;
}

/** What a server offers a host over an open connection. */
export interface Line {
  readonly isOpen: () => boolean;
  ask(ask: PermitAsk): void;
  tell(progress: Progress): void;
  answer(result: BookResult): void;
  idle(): void;
}

/** Host protocol §7.2: three asks, then the job is held; two clocks must agree to five minutes. */
const ASKS_MAX = 3;
const ASK_EVERY_MS = 20 * SECOND_MS;
const SKEW_MAX_MS = 300 * SECOND_MS;
const RECOVER_MS = 30 * SECOND_MS;

export class VirtualHost {
  readonly model: HostModel;
  readonly #stage: Stage;
  isAway = false;
  skewMs = 0;
  /** The plans whose patch it has now: the truth that the books are held against. */
  readonly installed = new Set<PlanDigest>();
  readonly outbox: BookResult[] = [];
  readonly #ended = new Map<string, BookResult>();
  job: HostJob | null = null;
  #line: Line | null = null;
  #counter = 0;
  #made = 0;
  #nonce = 0;

  constructor(model: HostModel, stage: Stage) {
    this.model = model;
    this.#stage = stage;
    const { awayUntil } = model;
    if (awayUntil !== null) this.#goAway(awayUntil - stage.clock.now);
  }

  get id(): HostId {
    return this.model.id;
  }

  /** Things that happen to a host by themselves, once a minute. */
  live(): void {
    const { faults, random } = this.#stage;
    if (!this.isAway && random.chance(faults.offline)) {
      this.#goAway(random.around(faults.offlineMs, 1));
    }
    if (random.chance(faults.clockJump)) this.skewMs = (random.next() - 0.5) * 2 * DAY_MS;
    else if (random.chance(0.2)) this.skewMs = 0;
  }

  #goAway(ms: number): void {
    this.isAway = true;
    this.#line = null;
    this.#stage.clock.after(ms, () => {
      this.isAway = false;
    });
  }

  /** An order comes; the answer, if there is one, goes back over the line. */
  take(order: Claimed, line: Line): void {
    if (this.isAway || order.counter <= this.#counter) return;
    this.#line = line;
    const { rollout, plan, attempt, epoch, kind, leafIndex: index } = order;
    const known = this.#ended.get(keyOf(order));
    // A revert that was held before it began may be ordered again under the same attempt.
    const isOver = known !== undefined && !(kind === "revert" && known.state === "held");
    if (isOver) {
      this.#say((to) => to.answer(known));
      return;
    }
    if (Math.abs(this.skewMs) > SKEW_MAX_MS) {
      this.#refuse(order, "E_TIME");
      return;
    }
    if (this.job !== null && this.job.phase !== "ended") {
      this.#refuse(order, "E_BUSY");
      return;
    }
    this.#counter = order.counter;
    const phase = "staged";
    this.job = {
      ...{ rollout, plan, index, attempt, epoch, kind, phase, asks: 0 },
      ...{ asked: null, effect: null },
    };
    const { pace, random, clock } = this.#stage;
    const { job } = this;
    clock.after(random.around(pace.stageMs, pace.spread), () => this.#ask(job));
  }

  /**
   * A server asks how it stands with an attempt: what waits in the outbox goes out again, and what
   * was held for want of a permit asks once more. A host that knows of nothing says so.
   */
  status(of: { readonly rollout: RolloutId; readonly attempt: number }, line: Line): void {
    if (this.isAway) return;
    this.#line = line;
    for (const result of this.outbox) this.#say((to) => to.answer(result));
    const { job } = this;
    const isMine = job?.rollout === of.rollout && job.attempt === of.attempt;
    if (isMine && job.phase === "rebooting" && job.asked === null) this.#ask(job);
    if (isMine && job.phase !== "ended") this.#tell();
    else if (this.outbox.length === 0) this.#say((to) => to.idle());
  }

  /** Somebody keeps the result; the host may forget it. */
  acknowledge(digest: Digest): void {
    const at = this.outbox.findIndex((result) => result.digest === digest);
    if (at >= 0) this.outbox.splice(at, 1);
  }

  permitted(permit: Permitted): void {
    const { job, isAway } = this;
    const { clock } = this.#stage;
    if (isAway || job?.asked?.nonce !== permit.nonce) return;
    const { at, kind } = job.asked;
    const isLate = clock.now - at >= permit.ttlSeconds * SECOND_MS;
    if (isLate || Math.abs(this.skewMs) > SKEW_MAX_MS) return;
    job.asked = null;
    if (kind === "reboot") this.#reboot(job);
    else this.#apply(job);
  }

  #ask(job: HostJob): void {
    const { clock } = this.#stage;
    const isWaiting = job.phase === "staged" || job.phase === "rebooting";
    if (this.job !== job || !isWaiting) return;
    if (job.asks >= ASKS_MAX) {
      job.asks = 0;
      job.asked = null;
      if (job.phase === "staged") this.#end(job, "held", "E_PERMIT");
      else this.#answer(this.#result(job, { state: "held", code: "E_PERMIT", begun: true }));
      return;
    }
    job.asks += 1;
    this.#nonce += 1;
    const kind: PermitAsk["kind"] = job.phase === "rebooting" ? "reboot" : job.kind;
    const nonce = `${this.#nonce}`;
    job.asked = { nonce, at: clock.now, kind };
    const { rollout, index, attempt, epoch } = job;
    const ask: PermitAsk = { rollout, host: this.id, index, attempt, epoch, kind, nonce };
    // An older word that comes after the permit would end the new work in the books.
    if (this.outbox.length === 0) this.#say((line) => line.ask(ask));
    for (const result of this.outbox) this.#say((line) => line.answer(result));
    clock.after(ASK_EVERY_MS, () => {
      if (job.asked?.nonce === nonce) this.#ask(job);
    });
  }

  #apply(job: HostJob): void {
    if (this.job !== job || job.phase !== "staged") return;
    const { clock, random, pace, faults } = this.#stage;
    job.phase = "applying";
    const isHarm = job.kind === "apply" && random.chance(this.model.failureRate);
    const { rollout, attempt, kind } = job;
    job.effect = { host: this.id, rollout, attempt, kind, at: clock.now, isHarm };
    this.#stage.begin(job.effect);
    this.#tell();
    const ms = random.around(pace.applyMs, pace.spread);
    // Killed half way, it finishes from its journal after it came back; nothing is begun again.
    const lostMs = random.chance(faults.hostCrash) ? random.around(RECOVER_MS, 1) : 0;
    if (lostMs > 0) this.#line = null;
    clock.after(ms + lostMs, () => this.#applied(job, isHarm));
  }

  #applied(job: HostJob, isHarm: boolean): void {
    const { random } = this.#stage;
    if (job.kind === "revert") {
      this.installed.delete(job.plan);
      this.#end(job, "rolled-back", "-");
      return;
    }
    if (isHarm) {
      const isBack = random.chance(this.model.rollbackRate);
      this.#end(job, isBack ? "rolled-back" : "failed", "E_PROBE");
      return;
    }
    this.installed.add(job.plan);
    if (!this.model.reboots) {
      this.#end(job, "done", "-");
      return;
    }
    job.phase = "rebooting";
    job.asks = 0;
    this.#tell();
    this.#ask(job);
  }

  #reboot(job: HostJob): void {
    const { clock, random, pace } = this.#stage;
    if (job.phase !== "rebooting") return;
    job.phase = "booting";
    const ms = random.around(pace.rebootMs, pace.spread);
    this.#goAway(ms);
    clock.after(ms, () => this.#end(job, "done", "-"));
  }

  #end(job: HostJob, state: "done" | "failed" | "rolled-back" | "held", code: string): void {
    if (job.effect !== null) this.#stage.end(job.effect);
    job.phase = "ended";
    const result = this.#result(job, { state, code, begun: job.effect !== null });
    this.#ended.set(keyOf(job), result);
    this.#answer(result);
  }

  #answer(result: BookResult): void {
    this.outbox.push(result);
    this.#say((line) => line.answer(result));
  }

  #refuse(order: Claimed, code: string): void {
    const result = this.#result(order, { state: "refused", code, begun: false });
    this.#say((line) => line.answer(result));
  }

  #result(
    of: { readonly plan: PlanDigest; readonly attempt: number; readonly kind: JobKind },
    said: {
      readonly state: "done" | "failed" | "rolled-back" | "held" | "refused";
      readonly code: string;
      readonly begun: boolean;
    },
  ): BookResult {
    this.#made += 1;
    const { kind } = of;
    const { state, code, begun } = said;
    const isAccepted = state !== "refused";
    const lastLine = state === "held" && !begun ? "HELD begun=no" : "";
    const { now } = this.#stage.clock;
    return {
      plan: of.plan,
      host: this.id,
      attempt: of.attempt,
      state,
      code,
      digest: `${this.#made}` as Digest,
      move: resultMove({ kind, state, code }, { lastLine, isAccepted, now }),
      lookBy: null,
    };
  }

  #tell(): void {
    const { job } = this;
    if (job === null || job.phase === "staged" || job.phase === "ended") return;
    const verb = job.phase === "applying" ? "begin" : "reboot";
    const { rollout, attempt } = job;
    this.#say((line) => line.tell({ rollout, host: this.id, attempt, verb, step: verb }));
  }

  #say(word: (line: Line) => void): void {
    const line = this.#line;
    if (line === null || this.isAway || !line.isOpen()) return;
    this.#stage.send(() => {
      if (line.isOpen()) word(line);
    });
  }
}

function keyOf(of: {
  readonly rollout: RolloutId;
  readonly attempt: number;
  readonly kind: JobKind;
}): string {
  return `${of.rollout} ${of.attempt} ${of.kind}`;
}
