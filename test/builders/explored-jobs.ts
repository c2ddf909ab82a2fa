import {
  holdsSlot,
  move,
  type TargetState,
  targetMoves,
  targetStates,
} from "../../src/rollout/model.ts";

/**
 * Every order of events of a small rollout: two servers, two hosts, a budget of one host at a time, one
 * halt, and a number of faults. Not a sample as the simulation is, but all of it, over the engine's own
 * table of moves. Small on purpose: orders, asks, permits and results, leases, epochs and the journal.
 *
 * A server that stands still is one whose leases end while it lives: what it says later still arrives.
 */
export interface Rules {
  /** A host that was killed looks whether the patch is on before it goes on. */
  readonly hostLooks: boolean;
  /** A permit is given for the order that is out, and for no older one. */
  readonly permitAsksEpoch: boolean;
  /** Only a lease under which no permit was given ends by time. */
  readonly beginningHolds: boolean;
  /** A permit reads the halt in its own transaction. */
  readonly permitReadsHalt: boolean;
}

export const realRules: Rules = {
  hostLooks: true,
  permitAsksEpoch: true,
  beginningHolds: true,
  permitReadsHalt: true,
};

/** What a host's journal says. `changing`: begun, not yet on; `changed`: on, and not yet written down. */
type Phase = "idle" | "staged" | "changing" | "changed" | "done";

interface Job {
  readonly state: TargetState;
  readonly isBegun: boolean;
  readonly epoch: number;
  readonly phase: Phase;
  /** Of the order that the host took last. */
  readonly staged: number;
  readonly effects: number;
  /** Under way, by epoch; 0 for none. */
  readonly order: number;
  readonly ask: number;
  readonly permit: number;
  readonly hasResult: boolean;
  /** A permit was committed before the halt. */
  readonly mayStillBegin: boolean;
  /** Began after the halt, without such a permit. */
  readonly isLate: boolean;
}

interface World {
  /** The server that owns the rollout, 0 for none, and whether it lives. */
  readonly owner: 0 | 1 | 2;
  readonly alive: readonly [boolean, boolean];
  readonly isHalted: boolean;
  readonly faults: number;
  readonly jobs: readonly Job[];
}

export interface Explored {
  readonly states: number;
  /** The first thing that must not be, and the events that lead there; null where nothing does. */
  readonly broken: { readonly what: string; readonly events: readonly string[] } | null;
}

const BUDGET = 1;
const HOSTS = 2;

const newJob: Job = {
  ...{ state: "ready", isBegun: false, epoch: 0, phase: "idle", staged: 0, effects: 0 },
  ...{ order: 0, ask: 0, permit: 0, hasResult: false, mayStillBegin: false, isLate: false },
};

export function explore(faults: number, rules: Rules = realRules): Explored {
  const first: World = {
    ...{ owner: 0, alive: [true, true], isHalted: false, faults },
    jobs: Array.from({ length: HOSTS }, () => newJob),
  };
  const seen = new Map<string, { readonly from: string | null; readonly event: string }>();
  seen.set(keyOf(first), { from: null, event: "" });
  let layer: (readonly [string, World])[] = [[keyOf(first), first]];
  while (layer.length > 0) {
    const next: (readonly [string, World])[] = [];
    for (const [from, world] of layer) {
      const steps = stepsOf(world, rules);
      const what = brokenIn(world) ?? (steps.length === 0 ? stuckIn(world) : null);
      if (what !== null) return { states: seen.size, broken: { what, events: wayTo(seen, from) } };
      for (const [event, to] of steps) {
        const key = keyOf(to);
        if (seen.has(key)) continue;
        seen.set(key, { from, event });
        next.push([key, to]);
      }
    }
    layer = next;
  }
  return { states: seen.size, broken: null };
}

type Step = readonly [event: string, to: World];
type Seen = ReadonlyMap<string, { readonly from: string | null; readonly event: string }>;

function wayTo(seen: Seen, end: string): readonly string[] {
  const events: string[] = [];
  for (let at = seen.get(end); at !== undefined && at.from !== null; at = seen.get(at.from)) {
    events.unshift(at.event);
  }
  return events;
}

const phases: readonly Phase[] = ["idle", "staged", "changing", "changed", "done"];

/** Hosts are alike, so worlds that differ by their order only are one. */
function keyOf(world: World): string {
  const jobs = world.jobs.map((job) => {
    const { epoch, staged, effects, order, ask, permit } = job;
    const facts = [job.isBegun, job.hasResult, job.mayStillBegin, job.isLate];
    const flags = facts.reduce((sum, fact) => 2 * sum + Number(fact), 0);
    const [state, phase] = [targetStates.indexOf(job.state), phases.indexOf(job.phase)];
    return [state, phase, flags, epoch, staged, effects, order, ask, permit].join(",");
  });
  const flags = [...world.alive, world.isHalted].map(Number).join("");
  return `${world.owner} ${flags} ${world.faults} ${jobs.sort().join(" ")}`;
}

function brokenIn({ jobs }: World): string | null {
  if (jobs.some((job) => job.effects > 1)) return "a host was patched twice";
  if (jobs.some((job) => job.isLate)) return "a host began after the halt";
  if (jobs.filter(holdsSlot).length > BUDGET) return "the budget is passed";
  if (jobs.some((job) => isWorking(job) && !holdsSlot(job))) {
    return "a host works on a job that holds no slot";
  }
  if (jobs.some((job) => job.state === "done" && job.effects !== 1)) {
    return "a host that is called done is not patched";
  }
  return null;
}

const isWorking = ({ phase }: Job): boolean => phase === "changing" || phase === "changed";

/** Nothing can happen any more: every host has ended, or the halt holds it. */
function stuckIn({ jobs, isHalted }: World): string | null {
  const isOver = ({ state }: Job): boolean => state === "done" || (isHalted && state === "ready");
  return jobs.every(isOver) ? null : "a host waits for ever";
}

function stepsOf(world: World, rules: Rules): readonly Step[] {
  const steps: Step[] = [];
  for (const server of [1, 2] as const) {
    const isFree = world.owner === 0 || !world.alive[world.owner - 1];
    if (world.alive[server - 1] && isFree)
      steps.push([`${server} takes`, { ...world, owner: server }]);
    if (world.alive[server - 1] && world.faults > 0) {
      const alive = world.alive.map((is, at) => is && at !== server - 1) as [boolean, boolean];
      steps.push([`${server} dies`, { ...world, alive, faults: world.faults - 1 }]);
    }
    // Whoever was killed is started again.
    if (!world.alive[server - 1])
      steps.push([`${server} starts`, { ...world, alive: [true, true] }]);
  }
  if (!world.isHalted) {
    // Permits that are out when the halt commits may still be used while they live.
    const jobs = world.jobs.map((job) => ({ ...job, mayStillBegin: job.permit > 0 }));
    steps.push(["halt", { ...world, isHalted: true, jobs }]);
  }
  for (const [at, job] of world.jobs.entries()) {
    const put = (event: string, change: Partial<Job>, faults = 0): void => {
      const jobs = world.jobs.map((one, host) => (host === at ? { ...job, ...change } : one));
      steps.push([`${event} ${at + 1}`, { ...world, jobs, faults: world.faults - faults }]);
    };
    serverSteps(world, job, { put, rules });
    hostSteps(world, job, { put, rules });
    if (world.faults > 0) networkFaults(job, put);
  }
  return steps;
}

type Put = (event: string, change: Partial<Job>, faults?: number) => void;

function moved(job: Job, verb: string): TargetState | null {
  return move(targetMoves, job.state, verb) as TargetState | null;
}

function serverSteps(
  world: World,
  job: Job,
  { put, rules }: { readonly put: Put; readonly rules: Rules },
): void {
  const isServed = world.owner !== 0 && world.alive[world.owner - 1];
  const room = BUDGET - world.jobs.filter(holdsSlot).length;
  if (isServed && job.state === "ready" && !world.isHalted && room > 0) {
    const epoch = job.epoch + 1;
    put("claim", { state: "leased", epoch, order: epoch });
  }
  if (job.ask > 0) {
    const isOut = job.state === "leased" || (job.isBegun && holdsSlot(job));
    const isNow = job.ask === job.epoch || !rules.permitAsksEpoch;
    const isHeld = world.isHalted && rules.permitReadsHalt;
    const may = (isOut || !rules.permitAsksEpoch) && isNow && !isHeld;
    const state = moved(job, "permit") ?? job.state;
    put("answer", may ? { ask: 0, state, isBegun: true, permit: job.ask } : { ask: 0 });
  }
  if (job.hasResult) {
    const state = moved(job, "result-done");
    put("result", { hasResult: false, ...(state === null ? {} : { state }) });
  }
  const expires = moved(job, "expire") ?? (rules.beginningHolds || !job.isBegun ? null : "ready");
  if (expires !== null && world.faults > 0 && holdsSlot(job)) {
    put("lease ends", { state: expires, isBegun: false, epoch: job.epoch + 1 }, 1);
  }
  const silent = moved(job, "silence");
  if (silent !== null && world.faults > 0) put("silence", { state: silent }, 1);
  // Asked again, a host that knows no job says so, and one that is done says that once more.
  if (!isServed || !holdsSlot(job)) return;
  if (job.state === "leased" && job.phase === "idle" && job.order === 0) {
    put("drop", { state: moved(job, "drop") ?? job.state, epoch: job.epoch + 1 });
  }
  if (job.phase === "staged" && job.staged < job.epoch && job.order === 0) {
    put("order again", { order: job.epoch });
  }
  if (job.phase === "done" && !job.hasResult) put("told again", { hasResult: true });
}

function hostSteps(
  world: World,
  job: Job,
  { put, rules }: { readonly put: Put; readonly rules: Rules },
): void {
  if (job.order > 0) {
    const isNew = (job.phase === "idle" || job.phase === "staged") && job.order > job.staged;
    put("order", isNew ? { order: 0, phase: "staged", staged: job.order } : { order: 0 });
  }
  if (job.phase === "staged" && job.ask === 0 && job.permit === 0) {
    // A host that was told no, or nothing, asks again only while its order is the newest.
    if (job.staged === job.epoch && holdsSlot(job)) put("ask", { ask: job.staged });
  }
  if (job.permit > 0) {
    const isMine = job.phase === "staged" && job.permit === job.staged;
    const isLate = world.isHalted && !job.mayStillBegin;
    put("permit", isMine ? { permit: 0, phase: "changing", isLate } : { permit: 0 });
  }
  if (job.phase === "changing") put("patch", { phase: "changed", effects: job.effects + 1 });
  if (job.phase === "changed") put("write down", { phase: "done", hasResult: true });
  if (isWorking(job) && world.faults > 0) {
    const isOn = rules.hostLooks && job.phase === "changed";
    put("host dies", { phase: isOn ? "changed" : "changing" }, 1);
  }
}

/** Each message may be lost, or come once more. */
function networkFaults(job: Job, put: Put): void {
  if (job.order > 0) put("order lost", { order: 0 }, 1);
  if (job.ask > 0) put("ask lost", { ask: 0 }, 1);
  if (job.permit > 0) put("permit lost", { permit: 0 }, 1);
  if (job.hasResult) put("result lost", { hasResult: false }, 1);
  if (job.order === 0 && job.staged > 0) put("old order", { order: job.staged }, 1);
  if (job.ask === 0 && job.staged > 0) put("old ask", { ask: job.staged }, 1);
  if (job.phase === "done" && !job.hasResult) put("old result", { hasResult: true }, 1);
}
