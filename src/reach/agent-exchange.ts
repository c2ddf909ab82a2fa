import { randomBytes } from "node:crypto";
import { messageReader } from "./host-message.ts";
import { GREETING, type ReachProblem, sessionLimits } from "./model.ts";
import { type HostSession, itemQueue, type SessionRequest } from "./session.ts";

/**
 * Sessions with hosts that call in (host protocol §9, agent). Whoever wants to talk to such a host
 * opens a session here, and it begins when the host polls next: the answer to the poll names the talk
 * and brings the verb. From then on each request of the host carries what its program said, and the
 * answer what the program is told, so the very same conversations run over it as over SSH.
 *
 * Talks live in the memory of the server that opened them. When it ends they are gone, as connections
 * would be, and the rows say with whom to talk again.
 */
export interface AgentExchange {
  open(host: string, request: SessionRequest): HostSession;
  /** The host polled. What waits for it, or what is opened within the given time; null for nothing. */
  begin(host: string, waitMs: number): Promise<BegunTalk | null>;
  /** When the host comes back, as it was told; null when this server has not seen it. */
  expect(host: string, atMs: number): void;
  /** What the host's program said; gives what it is told, or null for a talk that is over. */
  said(host: string, talk: string, part: SaidPart): Promise<string | null>;
  /** The same two for a host that called another server, which carries the talk. */
  beginHere(host: string): BegunTalk | null;
  saidHere(host: string, talk: string, part: SaidPart): Promise<string | null>;
  /** What this server has not may be another's; returns what ends that. */
  join(others: OtherServers): () => void;
}

/** Servers on the same database, each with talks of its own. */
export interface OtherServers {
  begin(host: string): Promise<BegunTalk | null>;
  said(host: string, talk: string, part: SaidPart): Promise<string | null>;
  /** How a talk of this server stands now; null: it is over. */
  changed(
    talk: string,
    now: { readonly talk: string; readonly host: string; readonly isBegun: boolean } | null,
  ): void;
}

export interface BegunTalk {
  readonly talk: string;
  /** The verb and what follows it: the standard input of the host program. */
  readonly input: string;
}

export interface SaidPart {
  readonly bytes: Uint8Array;
  /** The program has ended. */
  readonly isLast: boolean;
}

/** A host that is late by this much is taken to stay away. */
const GRACE_MS = 45_000;
/** How long a host is waited for of which this server has not heard yet: all are back within 120 s. */
const UNKNOWN_MS = 130_000;
/** Slower than this to decide on an answer, and the host asks again with another connection. */
const REPLY_MS_MAX = 45_000;

const exchanges = new Map<string, AgentExchange>();

/** The exchange of the server with this state folder. */
export function agentExchange(state: string): AgentExchange {
  const known = exchanges.get(state);
  if (known !== undefined) return known;
  const made = new Exchange();
  exchanges.set(state, made);
  return made;
}

class Exchange implements AgentExchange {
  readonly #waiting = new Map<string, AgentSession[]>();
  readonly #running = new Map<string, AgentSession>();
  readonly #expected = new Map<string, number>();
  readonly #watchers = new Map<string, () => void>();
  #others: OtherServers | null = null;

  open(host: string, request: SessionRequest): HostSession {
    const dueMs = this.#expected.get(host);
    const waitMs = dueMs === undefined ? UNKNOWN_MS : dueMs - Date.now() + GRACE_MS;
    const onEnd = (session: AgentSession): void => {
      this.#forget(session);
      this.#others?.changed(session.talk, null);
    };
    const session = new AgentSession(host, request, { waitMs, onEnd });
    if (session.isOver()) return session;
    this.#waiting.set(host, [...(this.#waiting.get(host) ?? []), session]);
    this.#others?.changed(session.talk, { talk: session.talk, host, isBegun: false });
    this.#watchers.get(host)?.();
    return session;
  }

  async begin(host: string, waitMs: number): Promise<BegunTalk | null> {
    return (await this.#beginSoon(host, waitMs)) ?? (await this.#others?.begin(host)) ?? null;
  }

  expect(host: string, atMs: number): void {
    this.#expected.set(host, atMs);
  }

  async said(host: string, talk: string, part: SaidPart): Promise<string | null> {
    if (this.#running.has(talk) || this.#others === null) return this.saidHere(host, talk, part);
    return this.#others.said(host, talk, part);
  }

  beginHere(host: string): BegunTalk | null {
    const next = this.#waiting.get(host)?.[0];
    if (next === undefined) return null;
    this.#forget(next);
    this.#running.set(next.talk, next);
    this.#others?.changed(next.talk, { talk: next.talk, host, isBegun: true });
    return { talk: next.talk, input: next.begin() };
  }

  async saidHere(host: string, talk: string, part: SaidPart): Promise<string | null> {
    const session = this.#running.get(talk);
    return session === undefined || session.host !== host ? null : session.take(part);
  }

  join(others: OtherServers): () => void {
    this.#others = others;
    for (const { talk, host } of [...this.#waiting.values()].flat()) {
      others.changed(talk, { talk, host, isBegun: false });
    }
    for (const { talk, host } of this.#running.values()) {
      others.changed(talk, { talk, host, isBegun: true });
    }
    return () => {
      this.#others = null;
    };
  }

  /** What waits for the host here, or is opened within the given time. */
  async #beginSoon(host: string, waitMs: number): Promise<BegunTalk | null> {
    const first = this.beginHere(host);
    if (first !== null || waitMs <= 0) return first;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.#watchers.set(host, () => {
        clearTimeout(timer);
        resolve();
      });
    });
    this.#watchers.delete(host);
    return this.beginHere(host);
  }

  #forget(session: AgentSession): void {
    const left = (this.#waiting.get(session.host) ?? []).filter((other) => other !== session);
    if (left.length === 0) this.#waiting.delete(session.host);
    else this.#waiting.set(session.host, left);
    this.#running.delete(session.talk);
  }
}

/** One talk. It answers the host's request when whoever talks has nothing more to say for now. */
class AgentSession implements HostSession {
  readonly host: string;
  readonly talk = randomBytes(16).toString("hex");
  readonly #request: SessionRequest;
  readonly #limits: typeof sessionLimits;
  readonly #onEnd: (session: AgentSession) => void;
  readonly #items = itemQueue();
  readonly #reader = messageReader();
  #told = "";
  #bytes = 0;
  #isEnded = false;
  /** Whoever talks waits for the host's next word. */
  #isListening = false;
  #reply: ((text: string) => void) | null = null;
  #timer: NodeJS.Timeout;
  #total: NodeJS.Timeout | null = null;

  constructor(
    host: string,
    request: SessionRequest,
    of: { readonly waitMs: number; readonly onEnd: (session: AgentSession) => void },
  ) {
    this.host = host;
    this.#request = request;
    this.#limits = { ...sessionLimits, ...request.limits };
    this.#onEnd = of.onEnd;
    this.#reader.take(Buffer.from(`${GREETING}\n`));
    this.#timer = setTimeout(() => this.#stay(), Math.max(0, of.waitMs));
    request.signal?.addEventListener("abort", () => this.#cancel(), { once: true });
    if (request.signal?.aborted === true) this.#cancel();
  }

  isOver(): boolean {
    return this.#isEnded;
  }

  /** The host is there: the verb and its input go with the answer to its poll. */
  begin(): string {
    this.#rearm();
    this.#total = setTimeout(() => this.#late("did not end in time"), this.#limits.totalMs);
    const { verb, input = "" } = this.#request;
    return `${verb}\n${input}`;
  }

  async take(part: SaidPart): Promise<string | null> {
    if (this.#isEnded || this.#reply !== null) return null;
    this.#rearm();
    this.#bytes += part.bytes.length;
    if (this.#bytes > this.#limits.bytesMax) {
      this.#end({
        kind: "flood",
        message: `The agent ${this.host} sent more than any answer has.`,
      });
      return null;
    }
    const messages = this.#reader.take(part.bytes);
    if ("broken" in messages) {
      const message = `The agent ${this.host} broke the protocol with ${messages.broken}.`;
      this.#end({ kind: "protocol", message });
      return null;
    }
    const answered = new Promise<string>((resolve) => {
      this.#reply = resolve;
    });
    const late = setTimeout(() => this.#answer(), REPLY_MS_MAX);
    if (messages.length > 0) this.#isListening = false;
    for (const message of messages) this.#items.push({ kind: "message", message });
    if (part.isLast) this.#end(this.#reader.isInside() ? this.#brokenOff() : null);
    else if (this.#isListening) this.#answer();
    return answered.finally(() => clearTimeout(late));
  }

  async next() {
    if (this.#items.isEmpty()) {
      this.#isListening = true;
      this.#answer();
    }
    return this.#items.next();
  }

  send(text: string): void {
    this.#told += text;
  }

  endInput(): void {
    // The answer to a request is all that the program can read before its next one.
  }

  async close(): Promise<void> {
    this.#cancel();
  }

  async finish(): Promise<void> {
    this.#end(null);
  }

  #answer(): void {
    const reply = this.#reply;
    this.#reply = null;
    const told = this.#told;
    if (reply === null) return;
    this.#told = "";
    reply(told);
  }

  #end(problem: ReachProblem | null): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearTimeout(this.#timer);
    if (this.#total !== null) clearTimeout(this.#total);
    this.#items.end(problem);
    this.#answer();
    this.#onEnd(this);
  }

  #cancel(): void {
    const message = `The talk with the agent ${this.host} was cancelled.`;
    this.#end({ kind: "cancelled", message });
  }

  #stay(): void {
    const message = `The agent ${this.host} did not call in. See when it was last heard: fettle agent list`;
    this.#end({ kind: "no-answer", message });
  }

  #late(how: string): void {
    this.#end({ kind: "timeout", message: `The talk with the agent ${this.host} ${how}.` });
  }

  #brokenOff(): ReachProblem {
    const message = `The agent ${this.host} ended in the middle of an answer.`;
    return { kind: "connection-lost", message };
  }

  #rearm(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#late("ended after silence"), this.#limits.silenceMs);
  }
}
