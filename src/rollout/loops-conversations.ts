import { assert } from "../base/failure.ts";
import type { HostId } from "../base/ids.ts";
import { SECOND_MS } from "../base/instant.ts";
import { pause } from "../base/pause.ts";
import type { Bundle } from "../fleet/bundle.ts";
import type { Conversation, ConversationEnd, JournalLine } from "../fleet/model.ts";
import type { Host } from "../inventory/model.ts";
import { everywhere, loadHosts } from "../inventory/store.ts";
import { isSilence } from "../reach/model.ts";
import { bundlesFor } from "./actions-bundle.ts";
import { permitDesk } from "./actions-permit.ts";
import { progressDesk, resultDesk, signedResult } from "./actions-results.ts";
import { lookOverLine } from "./actions-verify.ts";
import { CONVERSATIONS_MAX, type Engine, LEASE_SECONDS } from "./engine.ts";
import type { Hold } from "./hold.ts";
import { journalMove } from "./journal-move.ts";
import { retryAfterRefusal } from "./result-move.ts";
import { RunningTalks } from "./running-talks.ts";
import { loadRollout, type RolloutRow } from "./store.ts";
import type { Claimed } from "./store-claims.ts";
import { leaveLook } from "./store-results.ts";
import {
  dropTargets,
  endConversation,
  keepLeases,
  type TargetKey,
  takeOverConversations,
  targetState,
} from "./store-targets.ts";
import type { Hands } from "./turn.ts";

/**
 * The talks of one server with hosts: each claimed target gets one, each begun target whose talk was
 * lost gets one again. All that decides stands in rows; a server that dies here loses nothing.
 */
export interface Conversations {
  /** Claimed jobs are brought to their hosts; returns at once. */
  readonly hands: Hands;
  /** Asks hosts again that may be working and that nobody talks to. */
  takeOver(): Promise<number>;
  keepLeases(): Promise<void>;
  stop(): Promise<void>;
}

interface Desks {
  readonly permits: ReturnType<typeof permitDesk>;
  readonly results: ReturnType<typeof resultDesk>;
  readonly progress: ReturnType<typeof progressDesk>;
}

/** `onEnd` hears in which state the talk left its target; null when that is another's business. */
export function holdConversations(
  engine: Engine,
  onEnd: (state: string | null) => void,
): Conversations {
  const desks: Desks = {
    permits: permitDesk(engine),
    results: resultDesk(engine),
    progress: progressDesk(engine),
  };
  const running = new RunningTalks(engine, onEnd);
  const abort = new AbortController();
  const talking: Talking = { engine, desks, signal: abort.signal, running };
  const reserved = { count: 0 };
  // A talk with a host that calls in is no connection, so those that are do not wait for it.
  const room = (): number => Math.max(0, CONVERSATIONS_MAX - running.connected() - reserved.count);
  const dispatch = (claimed: readonly Claimed[]): void => {
    for (const some of Map.groupBy(claimed, (one) => one.rollout).values()) {
      const loading = loadJobs(engine, some);
      for (const one of some) {
        running.begin(one, async () => dispatchJob(talking, one, await loading));
      }
    }
  };
  return {
    hands: handsWith({ reserved, room, dispatch }),
    async takeOver() {
      for (const key of running.failed) {
        await giveBack(engine, key);
        running.failed.delete(key);
      }
      if (room() === 0) return 0;
      const keys = await takeOverConversations(engine.world.db, engine.server, room());
      for (const key of keys) {
        running.begin(key, () => resumeJob(talking, key));
      }
      return keys.length;
    },
    keepLeases: () =>
      keepLeases(engine.world.db, engine.server, {
        keys: running.keys(),
        leaseSeconds: LEASE_SECONDS,
      }),
    async stop() {
      abort.abort();
      await running.allEnded();
    },
  };
}

/** Room that a claim under way may need is nobody else's. */
function handsWith(of: {
  readonly reserved: { count: number };
  readonly room: () => number;
  readonly dispatch: (claimed: readonly Claimed[]) => void;
}): Hands {
  const { reserved } = of;
  return {
    reserve(countMax) {
      const count = Math.min(countMax, of.room());
      reserved.count += count;
      return count;
    },
    settle(count, claimed) {
      of.dispatch(claimed);
      reserved.count -= count;
    },
  };
}

/** The first failure of a talk is most often this server's own; the host is asked again at once. */
async function giveBack(engine: Engine, key: TargetKey): Promise<void> {
  const tries = (await targetState(engine.world.db, key))?.tries ?? 0;
  await endConversation(engine.world.db, key, {
    owner: engine.server,
    retryAfterSeconds: tries === 0 ? 0 : backoffSeconds(tries),
    wasHeard: false,
  });
  // Its result may have come, and then the look is what failed.
  await leaveLook(engine.world.db, { ...key, owner: engine.server });
}

interface Talking {
  readonly engine: Engine;
  readonly desks: Desks;
  readonly signal: AbortSignal;
  readonly running: RunningTalks;
}

interface Jobs {
  readonly rollout: RolloutRow;
  /** Only those that take jobs now. */
  readonly hosts: ReadonlyMap<HostId, Host>;
  readonly bundles: ReadonlyMap<HostId, Bundle>;
}

/** Read together, so that the first host need not wait until the last one's rows were read. */
async function loadJobs(engine: Engine, claimed: readonly Claimed[]): Promise<Jobs> {
  const [first] = claimed;
  assert(first !== undefined, "somebody was claimed");
  const ids = claimed.map((one) => one.host);
  const [rollout, hosts] = await Promise.all([
    rolloutOf(engine, first),
    loadHosts(engine.world.db, { ids, scopes: everywhere }),
  ]);
  const ready = hosts.filter((host) => host.signingKey !== null && host.mode === "managed");
  const byId = new Map(ready.map((host) => [host.id, host]));
  const jobs = claimed.filter((one) => byId.has(one.host));
  const bundles = await bundlesFor(engine, rollout.plan, rollout.change, jobs);
  return { rollout, hosts: byId, bundles };
}

async function dispatchJob(
  talking: Talking,
  claimed: Claimed,
  { rollout, hosts, bundles }: Jobs,
): Promise<string | null> {
  const { engine } = talking;
  const host = hosts.get(claimed.host);
  const job = bundles.get(claimed.host);
  if (host === undefined || job === undefined) {
    return drop(engine, claimed, { why: "host-not-enrolled" }, NOT_ENROLLED_RETRY_SECONDS);
  }
  talking.running.isWith(claimed, host);
  const talk = talkAbout(talking, { rollout, host, key: claimed, isAccepted: false });
  const { executor } = engine;
  const carry = claimed.kind === "revert" ? executor.revert : executor.apply;
  const end = await carry(host, job, talk);
  talk.heardMore();
  const last = await callBack(talking, host, { talk, end, tries: 0 });
  await lookAfter(engine, claimed, last);
  return settle(talking, claimed, last);
}

/** A host that says it is done is looked at while its connection is there. */
async function lookAfter(engine: Engine, key: TargetKey, end: ConversationEnd): Promise<void> {
  if (end.resultCount === 0) return;
  try {
    await lookOverLine(engine, key, end.line);
  } finally {
    await end.line?.close();
  }
}

/**
 * The host took the job, and the talk ended without its result: the line broke, or the host's program
 * died. It may be about to ask, or wait for somebody to start it again, so it is called back at once.
 * `tries` counts talks in which nothing new was heard; a job that goes on is followed to its end.
 */
async function callBack(
  talking: Talking,
  host: Host,
  from: { readonly talk: Talk; readonly end: ConversationEnd; readonly tries: number },
): Promise<ConversationEnd> {
  const { talk } = from;
  let { end, tries } = from;
  while (tries < CALL_BACKS_MAX && isCutOff(end, talking)) {
    await pause(CALL_BACK_MS * 2 ** tries, talking.signal);
    const { isAccepted } = end;
    end = { ...(await talking.engine.executor.resume(host, talk)), isAccepted };
    tries = talk.heardMore() ? 0 : tries + 1;
  }
  return end;
}

async function resumeJob(
  talking: Talking,
  key: TargetKey & { readonly tries: number },
): Promise<string | null> {
  const { engine } = talking;
  const rollout = await rolloutOf(engine, key);
  const host = await hostOf(engine, key.host);
  const end = host === null ? null : await takeUp(talking, { rollout, host, key });
  if (end !== null) await lookAfter(engine, key, end);
  const now = await targetState(engine.world.db, key);
  if (now?.state === "leased" && now.epoch === key.epoch && end?.problem === null) {
    // The host knows of no job: the order never got there, so it is sent again.
    const facts = "the order did not arrive";
    const hold = { why: "host-refused", code: "no-answer", facts, retryAt: null } as const;
    return drop(engine, key, hold, 1);
  }
  await endConversation(engine.world.db, key, {
    owner: engine.server,
    retryAfterSeconds: talking.signal.aborted ? 0 : backoffSeconds(key.tries),
    wasHeard: end?.isHeard ?? false,
  });
  return now?.state ?? null;
}

/** A host that knows of no unfinished job says nothing, and then there is nobody to call back. */
async function takeUp(
  talking: Talking,
  of: { readonly rollout: RolloutRow; readonly host: Host; readonly key: TargetKey },
): Promise<ConversationEnd> {
  talking.running.isWith(of.key, of.host);
  const talk = talkAbout(talking, { ...of, isAccepted: true });
  const end = { ...(await talking.engine.executor.resume(of.host, talk)), isAccepted: true };
  const tries = talk.heardMore() ? 0 : CALL_BACKS_MAX;
  return callBack(talking, of.host, { talk, end, tries });
}

const NOT_ENROLLED_RETRY_SECONDS = 300;
/** Together half a minute without a word; whoever is silent for longer is asked more and more rarely. */
const CALL_BACKS_MAX = 7;
const CALL_BACK_MS = 250;
const BACKOFF_SECONDS_MIN = 5;
const BACKOFF_SECONDS_MAX = 300;

export function backoffSeconds(tries: number): number {
  return Math.min(BACKOFF_SECONDS_MAX, BACKOFF_SECONDS_MIN * 2 ** Math.min(tries, 10));
}

/** There was no end, and perhaps the line broke before the host could say that it took the job. */
function isCutOff(end: ConversationEnd, talking: Talking): boolean {
  if (end.resultCount > 0 || talking.signal.aborted) return false;
  return end.isAccepted || end.problem?.kind === "connection-lost";
}

/** What a talk that ended leaves behind: a result has moved the target already. */
async function settle(
  talking: Talking,
  claimed: Claimed,
  end: ConversationEnd,
): Promise<string | null> {
  const { engine } = talking;
  const now = await targetState(engine.world.db, claimed);
  if (now === null || now.epoch !== claimed.epoch) return null;
  // A server that stops hangs up; the next one takes up the talk where the host stands.
  if (now.state !== "leased" || talking.signal.aborted) {
    const retryAfterSeconds = end.problem === null ? BACKOFF_SECONDS_MIN : 0;
    await endConversation(engine.world.db, claimed, {
      owner: engine.server,
      retryAfterSeconds,
      wasHeard: end.isHeard,
    });
    return now.state;
  }
  // The wait of a refusal is its own, and people are told the time that holds.
  const refused = end.refused === null ? null : retryAfterRefusal(end.refused.code);
  const seconds = refused ?? backoffSeconds(now.tries);
  const at = engine.world.clock();
  const retryAt = at + seconds * SECOND_MS;
  return drop(engine, claimed, dropHold(end, now.troubleSince ?? at, retryAt), seconds);
}

function dropHold(end: ConversationEnd, since: number, retryAt: number): Hold {
  if (end.refused !== null) return { why: "host-refused", ...end.refused, retryAt };
  if (end.problem !== null && (isSilence(end.problem.kind) || !end.isHeard)) {
    const { kind, message } = end.problem;
    return { why: "host-unreachable", kind, problem: message, since, retryAt };
  }
  const facts = end.problem?.message ?? "the talk ended before the host asked for a permit";
  return { why: "host-refused", code: "no-answer", facts, retryAt };
}

async function drop(
  engine: Engine,
  key: TargetKey,
  hold: Hold,
  retryAfterSeconds: number,
): Promise<null> {
  const { rollout, host, attempt, epoch } = key;
  const wait =
    hold.why === "host-refused"
      ? (retryAfterRefusal(hold.code) ?? retryAfterSeconds)
      : retryAfterSeconds;
  const dropped = { rollout, host, attempt, epoch, hold, retryAfterSeconds: wait };
  await dropTargets(engine.world.db, [dropped]);
  return null;
}

async function rolloutOf(engine: Engine, key: TargetKey): Promise<RolloutRow> {
  const row = await loadRollout(engine.world.db, key.rollout);
  assert(row !== null, "a target belongs to a rollout");
  return row;
}

async function hostOf(engine: Engine, id: HostId): Promise<Host | null> {
  const [host] = await loadHosts(engine.world.db, { ids: [id], scopes: everywhere });
  return host ?? null;
}

interface Talk extends Conversation {
  /**
   * Whether the talk that ended now told more of the journal than any before; each tells all of it.
   */
  heardMore(): boolean;
}

/** Passes a host's words on to the desks that decide about them. */
function talkAbout(
  { engine, desks, signal }: Talking,
  of: {
    readonly rollout: RolloutRow;
    readonly host: Host;
    readonly key: TargetKey;
    /** The host took the job in an earlier talk. */
    readonly isAccepted: boolean;
  },
): Talk {
  const { rollout, host, key } = of;
  let { isAccepted } = of;
  let lines = 0;
  let linesMax = 0;
  return {
    heardMore() {
      const isMore = lines > linesMax;
      linesMax = Math.max(lines, linesMax);
      lines = 0;
      return isMore;
    },
    signal,
    heard: () => undefined,
    accepted() {
      isAccepted = true;
    },
    journal(line: JournalLine) {
      lines += 1;
      const { attempt } = key;
      const verb = journalMove(line);
      desks.progress({ rollout: rollout.id, host: host.id, attempt, verb, step: line.text });
    },
    async ask(ask) {
      if (ask.plan !== rollout.plan) {
        return { kind: "held", reason: "this server talks about another plan now" };
      }
      const { id, change, scopes } = rollout;
      return desks.permits({ rollout: id, host: host.id, change, scopes, ask });
    },
    async result(result, { lastLine, ...signed }) {
      const isOfThis = result.plan === rollout.plan && result.attempt === key.attempt;
      const lookBy = isOfThis ? engine.server : null;
      const said = { result, signed, lastLine: lastLine?.text ?? "", isAccepted, lookBy };
      await desks.results(signedResult(host, said, engine.world.clock()));
    },
  };
}
