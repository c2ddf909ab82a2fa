import { z } from "zod";
import { newId } from "../base/ids.ts";
import { type Loop, startLoop } from "../base/loop.ts";
import type { World } from "../db/world.ts";
import { type AgentExchange, agentExchange, type BegunTalk } from "./agent-exchange.ts";
import {
  answerPart,
  askServer,
  leaveServers,
  type OpenTalk,
  type Part,
  seeServers,
  serverOfTalk,
  serverWaitingFor,
  takeAnswers,
  takeParts,
  writeTalks,
} from "./store-agent-relay.ts";

/**
 * Several servers on one database: an agent calls whichever of them its addresses, or what balances
 * them, lead to, and the talk that waits for it may be with another. The server that is called carries
 * what both say, by rows and hints, and decides nothing: the talk stays where it was opened, so all that
 * is true of talks stays true. A server that is alone writes only that it is there, every 15 seconds.
 */
const PULSE_MS = 15_000;
/** A call that another server should have begun a talk with is answered without one after this long. */
const BEGIN_MS = 5_000;
/** A little more than the other server takes at most to decide on an answer. */
const SAID_MS = 50_000;

const begunSchema = z.strictObject({ talk: z.string(), input: z.string() }).nullable();
const toldSchema = z.string().nullable();

export function startAgentRelay(world: World): Loop {
  const exchange = agentExchange(world.paths.state);
  const relay = new AgentRelay(world, exchange);
  const loop = startLoop({
    name: "agents of other servers",
    idleMs: PULSE_MS,
    log: world.log,
    turn: () => relay.turn(),
  });
  const leave = exchange.join({
    begin: (host) => relay.begin(host),
    said: (host, talk, part) => relay.said({ host, talk, said: part.bytes, isLast: part.isLast }),
    changed(talk, now) {
      relay.changed(talk, now);
      if (!relay.isAlone) loop.wake();
    },
  });
  return {
    wake: loop.wake,
    async stop() {
      leave();
      await loop.stop();
      await relay.stop();
    },
  };
}

class AgentRelay {
  readonly #world: World;
  readonly #exchange: AgentExchange;
  readonly #self: string;
  readonly #open = new Map<string, OpenTalk>();
  /** Talks of which others do not know how they stand. */
  readonly #untold = new Set<string>();
  readonly #waiting = new Map<string, (answer: unknown) => void>();
  readonly #answering = new Set<Promise<void>>();
  #pulseAt = Number.NEGATIVE_INFINITY;
  isAlone = true;

  constructor(world: World, exchange: AgentExchange) {
    this.#world = world;
    this.#exchange = exchange;
    this.#self = newId(world.clock());
  }

  changed(talk: string, now: OpenTalk | null): void {
    if (now === null) this.#open.delete(talk);
    else this.#open.set(talk, now);
    if (!this.isAlone) this.#untold.add(talk);
  }

  async turn(): Promise<boolean> {
    const sincePulse = performance.now() - this.#pulseAt;
    // Whoever is alone is woken by nothing but a server that just came, itself too.
    if (this.isAlone || sincePulse >= PULSE_MS) await this.#pulse();
    if (this.isAlone) return false;
    await this.#tell();
    for (const part of await takeParts(this.#world.db, this.#self)) this.#answer(part);
    for (const { id, answer } of await takeAnswers(this.#world.db, this.#self)) {
      this.#waiting.get(id)?.(JSON.parse(Buffer.from(answer).toString()));
    }
    return false;
  }

  async begin(host: string): Promise<BegunTalk | null> {
    if (this.isAlone) return null;
    const server = await serverWaitingFor(this.#world.db, this.#self, host);
    if (server === null) return null;
    const part = { host, talk: null, said: Buffer.alloc(0), isLast: false };
    return begunSchema.parse(await this.#ask(server, part, BEGIN_MS));
  }

  async said(part: Part & { readonly talk: string }): Promise<string | null> {
    if (this.isAlone) return null;
    const server = await serverOfTalk(this.#world.db, this.#self, part);
    return server === null ? null : toldSchema.parse(await this.#ask(server, part, SAID_MS));
  }

  async stop(): Promise<void> {
    for (const resolve of this.#waiting.values()) resolve(null);
    await Promise.allSettled(this.#answering);
    await leaveServers(this.#world.db, this.#self, "stops");
  }

  async #pulse(): Promise<void> {
    const wasAlone = this.isAlone;
    this.isAlone = !(await seeServers(this.#world.db, this.#self));
    this.#pulseAt = performance.now();
    if (wasAlone === this.isAlone) return;
    this.#untold.clear();
    if (this.isAlone) await leaveServers(this.#world.db, this.#self, "alone");
    else for (const talk of this.#open.keys()) this.#untold.add(talk);
  }

  async #tell(): Promise<void> {
    if (this.#untold.size === 0) return;
    const talks = [...this.#untold];
    this.#untold.clear();
    const open = talks.flatMap((talk) => this.#open.get(talk) ?? []);
    const over = talks.filter((talk) => !this.#open.has(talk));
    try {
      await writeTalks(this.#world.db, this.#self, { open, over });
    } catch (cause) {
      for (const talk of talks) this.#untold.add(talk);
      throw cause;
    }
  }

  /** Null when no answer comes in time: as if the connection had broken. */
  async #ask(server: string, part: Part, waitMs: number): Promise<unknown> {
    const id = newId(this.#world.clock());
    const answered = new Promise((resolve) => {
      const done = (answer: unknown): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(answer);
      };
      const timer = setTimeout(done, waitMs, null);
      this.#waiting.set(id, done);
    });
    await askServer(this.#world.db, { ...part, id, server, asker: this.#self });
    return answered;
  }

  /** Of a host that called another server. */
  #answer({ id, host, talk, said, isLast }: Part & { readonly id: string }): void {
    const answer =
      talk === null
        ? Promise.resolve(this.#exchange.beginHere(host))
        : this.#exchange.saidHere(host, talk, { bytes: said, isLast });
    const done = answer
      .then((one) => answerPart(this.#world.db, id, one))
      .catch((cause: unknown) => {
        this.#world.log.error({ err: cause, host }, "a host that called another server was lost");
      })
      .finally(() => this.#answering.delete(done));
    this.#answering.add(done);
  }
}
