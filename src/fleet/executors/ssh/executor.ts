import { MINUTE_MS } from "../../../base/instant.ts";
import { parseInspection } from "../../../inventory/inspection.ts";
import type { Host } from "../../../inventory/model.ts";
import { answerOf, askHost, isReachProblem, openSession } from "../../../reach/host-session.ts";
import { type ReachProblem, type SessionLimits, sessionLimits } from "../../../reach/model.ts";
import type { HostSession } from "../../../reach/session.ts";
import type { Transport } from "../../../reach/transport.ts";
import { writeBundle } from "../../bundle.ts";
import { type JudgedJob, judgeHost } from "../../judge-host.ts";
import {
  type Conversation,
  type ConversationEnd,
  type Executor,
  type Inspected,
  type OpenLine,
  pipedWeakens,
  type Verified,
} from "../../model.ts";
import { converse } from "./conversation.ts";
import { stagingAnswer } from "./staging-answer.ts";

/**
 * The executor over one connection a job: SSH, or a talk with a host that calls in. The job itself runs detached on the host and outlives
 * the connection; `resume` takes up the talk again.
 */
const jobLimits: Partial<SessionLimits> = {
  // A large package may be unpacked and configured in silence for as long as the host's own limit.
  silenceMs: 20 * MINUTE_MS,
  totalMs: 120 * MINUTE_MS,
  bytesMax: 8 * 1024 * 1024,
};

/** For what a host is gone to; a way by certificate asks for whose rollout. */
export type Purpose = "look" | "job" | "stage";

export function sshExecutor(reach: {
  readonly tenant: string;
  readonly transportTo: (host: Host, purpose: Purpose) => Transport | Promise<Transport>;
  /** Whether a host that calls in shows the newest poll token that it was given (host protocol §10.2). */
  readonly isNewestToken: (protocolId: string, token: string) => Promise<boolean>;
}): Executor {
  const talkTo = async (
    host: Host,
    talk: Conversation,
    request: { readonly verb: string; readonly input?: string },
  ): Promise<ConversationEnd> => {
    if (host.signingKey === null) return notEnrolled(host);
    const transport = await reach.transportTo(host, "job");
    const session = openSession(transport, {
      ...request,
      limits: jobLimits,
      // The look after the job comes over this very session.
      keeps: "nothing",
      signal: talk.signal,
    });
    const { tenant } = reach;
    return converse({
      session,
      talk: host.way.kind === "agent" ? withNewestToken(host, talk, reach.isNewestToken) : talk,
      tenant,
      protocolId: host.protocolId,
      keyLine: host.signingKey,
      lineOver: (open) => lineOver(open, transport),
    });
  };
  const inspect = async (host: Host, signal: AbortSignal): Promise<Inspected> => {
    const request = { verb: "inspect", answer: "inspect", signal };
    return inspected(await askHost(await reach.transportTo(host, "look"), request));
  };
  return {
    kind: "ssh",
    weakens: (host) =>
      host.way.kind === "ssh" && host.way.program === "piped" ? pipedWeakens : [],
    inspect,
    verify: async (host, job, signal) => judged(await inspect(host, signal), job),
    apply: (host, job, talk) => talkTo(host, talk, { verb: "apply", input: writeBundle(job) }),
    // The same way in: what the host does follows from the order it was given.
    revert: (host, job, talk) => talkTo(host, talk, { verb: "apply", input: writeBundle(job) }),
    async stage(host, job, signal) {
      const transport = await reach.transportTo(host, "stage");
      const input = writeBundle(job);
      const request = { verb: "stage", input, answer: "staged", limits: jobLimits, signal };
      const answer = await askHost(transport, request);
      if (isReachProblem(answer)) return { kind: "problem", problem: answer };
      return stagingAnswer(answer, { host, tenant: reach.tenant });
    },
    resume: (host, talk) => talkTo(host, talk, { verb: "resume" }),
  };
}

/** A look over a connection that is there already; slower than a look may be, it is given up. */
function lineOver(session: HostSession, transport: Transport): OpenLine {
  return {
    async verify(job) {
      const timer = setTimeout(() => void session.close(), sessionLimits.silenceMs);
      try {
        session.send("inspect\n");
        session.endInput();
        return judged(inspected(await answerOf(session, transport, "inspect")), job);
      } finally {
        clearTimeout(timer);
      }
    },
    close: () => session.finish(),
  };
}

function inspected(answer: ReadonlyMap<string, readonly string[]> | ReachProblem): Inspected {
  if (isReachProblem(answer)) return { kind: "problem", problem: answer };
  const parsed = parseInspection(answer.get("inspect") ?? []);
  if (parsed.kind === "inspection") return parsed;
  return { kind: "problem", problem: { kind: "protocol", message: parsed.problem } };
}

function judged(seen: Inspected, job: JudgedJob): Verified {
  return seen.kind === "problem" ? seen : { ...seen, judgement: judgeHost({ ...job, ...seen }) };
}

/** A machine that was copied does not start anything while it is not known which of the two it is. */
function withNewestToken(
  host: Host,
  talk: Conversation,
  isNewest: (protocolId: string, token: string) => Promise<boolean>,
): Conversation {
  return {
    ...talk,
    async ask(ask) {
      if (await isNewest(host.protocolId, ask.token)) return talk.ask(ask);
      return { kind: "held", reason: "this poll token is not the newest that the host was given" };
    },
  };
}

function notEnrolled(host: Host): ConversationEnd {
  const message = `The host ${host.name} is not enrolled: its results could not be checked.`;
  return {
    isAccepted: false,
    isHeard: false,
    resultCount: 0,
    refused: null,
    problem: { kind: "program-refused", message },
    line: null,
  };
}
