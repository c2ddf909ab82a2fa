import { Failure, failureTable } from "../base/failure.ts";
import { SECOND_MS } from "../base/instant.ts";
import type { World } from "../db/world.ts";
import { claimScansOf, failScanClaim, runScanClaim } from "../inventory/actions-scan.ts";
import { agentExchange } from "../reach/agent-exchange.ts";
import { hostProgram } from "../reach/host-program.ts";
import { enrolAgent, installPart } from "./actions-agent-enrol.ts";
import { type AnsweredPoll, demandLive, pollDesk } from "./actions-agent-poll.ts";
import { signedPart, writeBusy, writePollReply, writeRefusal } from "./agent-message.ts";
import { busyTimes, POLL_NOW_SECONDS, POLLS_UNDER_WAY_MAX } from "./agent-pace.ts";
import { agentRefusal, refusalCode } from "./agent-refusal.ts";
import { parsePoll } from "./ask.ts";

/**
 * All that agents may ask of this server, four questions: the two parts of an installation and the
 * enrolment, for a token; polls and talks, for a client certificate. Nothing of the API is here.
 */
export interface AgentRequest {
  readonly method: string;
  readonly url: URL;
  readonly authorization: string | null;
  /** Whom a certificate of our own authority names; null where none was shown that counts. */
  readonly admitted: string | null;
  readonly body: Uint8Array;
  /** How long those who come now had to wait before the server took them up, ms. */
  readonly waitedMs: number;
}

export interface AgentReply {
  readonly status: number;
  readonly text: string;
  /** The code of a refusal, for whoever counts them. */
  readonly refusal: string | null;
  /** When to come back, where there is no room now. */
  readonly retrySeconds: number | null;
}

export interface AgentDoor {
  answer(request: AgentRequest): Promise<AgentReply>;
  stop(): Promise<void>;
}

/** A scan that was just begun opens its session within this time. */
const SCAN_OPENS_MS = 3_000;

/** `program` is what install lines fetch. */
export function agentDoor(world: World, program: () => string = hostProgram): AgentDoor {
  const polls = pollDesk(world);
  const scans = scansOfPolls(world);
  const exchange = agentExchange(world.paths.state);
  const room = roomForPolls(world);
  const poll = async (admitted: string, text: string, waitedMs: number): Promise<string> => {
    const signed = signedPart(text, "ask");
    const parsed = signed === null ? null : parsePoll(signed.text);
    if (signed === null || parsed === null || !parsed.ok) {
      throw agentRefusal("E_FORMAT", "invalid", "The poll cannot be read.");
    }
    const answered = await polls({ admitted, poll: parsed.value, signed, waitedMs });
    const { token, nextSeconds, certificate } = answered;
    exchange.expect(admitted, world.clock() + nextSeconds * SECOND_MS);
    const hasScan = await scans.begin(answered);
    const talk = await exchange.begin(admitted, hasScan ? SCAN_OPENS_MS : 0);
    const next = talk === null ? nextSeconds : POLL_NOW_SECONDS;
    return writePollReply({ token, nextSeconds: next, certificate, talk });
  };
  const route = async (request: AgentRequest): Promise<string> => {
    const { method, url } = request;
    const text = Buffer.from(request.body).toString("latin1");
    switch (`${method} ${url.pathname}`) {
      case "GET /agent/v1/enrol":
        return installPart(world, bearer(request), partOf(url), program);
      case "POST /agent/v1/enrol":
        return enrolAgent(world, text);
      case "POST /agent/v1/poll":
        return room(() => poll(demandAdmitted(request), text, request.waitedMs));
      case "POST /agent/v1/talk": {
        const part = { bytes: request.body, isLast: url.searchParams.get("last") === "yes" };
        const talk = url.searchParams.get("talk") ?? "";
        const admitted = demandAdmitted(request);
        await demandLive(world, admitted);
        const told = await exchange.said(admitted, talk, part);
        if (told !== null) return told;
        throw agentRefusal(
          "E_TALK",
          "conflict",
          "This talk is over; the next poll begins another.",
        );
      }
      default:
        throw agentRefusal("E_FORMAT", "not-found", "There is nothing here.");
    }
  };
  return {
    async answer(request) {
      try {
        return { status: 200, text: await route(request), refusal: null, retrySeconds: null };
      } catch (cause) {
        return refused(world, request, cause);
      }
    },
    stop: scans.stop,
  };
}

/**
 * A poll waits for the database with all others. Beyond some thousand of them, as while the database is
 * away, no more is taken in: each is told its own time to come back, before its signature is looked at.
 */
function roomForPolls(world: World) {
  const comeBack = busyTimes();
  let underWay = 0;
  return async (take: () => Promise<string>): Promise<string> => {
    if (underWay >= POLLS_UNDER_WAY_MAX) {
      const retrySeconds = comeBack(world.clock());
      const why = "The server has more to do than it can; it says when it has room.";
      throw new Failure("unavailable", why, { facts: { refusal: "E_BUSY", retrySeconds } });
    }
    underWay += 1;
    try {
      return await take();
    } finally {
      underWay -= 1;
    }
  };
}

/** Scans that waited for their hosts to call in, each begun by the host's own poll. */
function scansOfPolls(world: World) {
  const running = new Set<Promise<void>>();
  const abort = new AbortController();
  return {
    async begin({ agent }: AnsweredPoll): Promise<boolean> {
      if (!agent.isScanDue) return false;
      const [claim] = await claimScansOf(world, agent.host);
      if (claim === undefined) return false;
      const work = runScanClaim(world, claim, abort.signal)
        .catch(async (cause: unknown) => {
          world.log.error({ err: cause, host: claim.host }, "a scan of an agent failed");
          await failScanClaim(world, claim);
        })
        .finally(() => running.delete(work));
      running.add(work);
      return true;
    },
    async stop(): Promise<void> {
      abort.abort();
      await Promise.all(running);
    },
  };
}

function refused(world: World, request: AgentRequest, cause: unknown): AgentReply {
  const code = refusalCode(cause);
  const { pathname: path } = request.url;
  if (code === null || !(cause instanceof Failure)) {
    world.log.error({ err: cause, path, host: request.admitted }, "an agent could not be answered");
    const text = writeRefusal("E_SERVER", "the server could not answer; later");
    return { status: 503, text, refusal: null, retrySeconds: null };
  }
  const { status } = failureTable[cause.code];
  const { retrySeconds } = cause.facts;
  if (typeof retrySeconds === "number") {
    // Said to thousands, so neither the log nor the ledger is told of each.
    const text = writeBusy(code, cause.message, retrySeconds);
    return { status, text, refusal: null, retrySeconds };
  }
  world.log.warn({ path, host: request.admitted, refusal: code }, "an agent was refused");
  return { status, text: writeRefusal(code, cause.message), refusal: code, retrySeconds: null };
}

function demandAdmitted(request: AgentRequest): string {
  if (request.admitted !== null) return request.admitted;
  const why =
    "This needs a certificate of this server's authority that is not over: enrol this host.";
  throw agentRefusal("E_KEY", "forbidden", why);
}

function bearer(request: AgentRequest): string {
  const token = /^Bearer ([0-9a-f]{32})$/.exec(request.authorization ?? "")?.[1];
  if (token !== undefined) return token;
  throw agentRefusal("E_TOKEN", "forbidden", "This needs the token of an install line.");
}

function partOf(url: URL): "program" | "policy" {
  const part = url.searchParams.get("part");
  if (part === "program" || part === "policy") return part;
  throw agentRefusal("E_FORMAT", "invalid", "The parts are program and policy.");
}
