import { MINUTE_MS } from "../../../base/instant.ts";
import { parseInspection } from "../../../inventory/inspection.ts";
import type { Host } from "../../../inventory/model.ts";
import { askHost, isReachProblem, openSession } from "../../../reach/host-session.ts";
import type { SessionLimits } from "../../../reach/model.ts";
import type { Transport } from "../../../reach/transport.ts";
import { writeBundle } from "../../bundle.ts";
import { judgeHost } from "../../judge-host.ts";
import {
  type Conversation,
  type ConversationEnd,
  type Executor,
  type Inspected,
  pipedWeakens,
} from "../../model.ts";
import { converse } from "./conversation.ts";

/**
 * The executor over one SSH connection a job. The job itself runs detached on the host and outlives
 * the connection; `resume` takes up the talk again.
 */
const jobLimits: Partial<SessionLimits> = {
  // A large package may be unpacked and configured in silence for as long as the host's own limit.
  silenceMs: 20 * MINUTE_MS,
  totalMs: 120 * MINUTE_MS,
  bytesMax: 8 * 1024 * 1024,
};

export function sshExecutor(reach: {
  readonly tenant: string;
  readonly transportTo: (host: Host) => Transport;
}): Executor {
  const talkTo = (
    host: Host,
    talk: Conversation,
    request: { readonly verb: string; readonly input?: string },
  ): Promise<ConversationEnd> => {
    if (host.signingKey === null) return Promise.resolve(notEnrolled(host));
    const session = openSession(reach.transportTo(host), {
      ...request,
      limits: jobLimits,
      signal: talk.signal,
    });
    const { tenant } = reach;
    return converse({
      session,
      talk,
      tenant,
      protocolId: host.protocolId,
      keyLine: host.signingKey,
    });
  };
  const inspect = async (host: Host, signal: AbortSignal): Promise<Inspected> => {
    const request = { verb: "inspect", answer: "inspect", signal };
    const answer = await askHost(reach.transportTo(host), request);
    if (isReachProblem(answer)) return { kind: "problem", problem: answer };
    const parsed = parseInspection(answer.get("inspect") ?? []);
    if (parsed.kind === "inspection") return parsed;
    return { kind: "problem", problem: { kind: "protocol", message: parsed.problem } };
  };
  return {
    kind: "ssh",
    weakens: (host) =>
      host.way.kind === "ssh" && host.way.program === "piped" ? pipedWeakens : [],
    inspect,
    verify: async (host, job, signal) => {
      const seen = await inspect(host, signal);
      return seen.kind === "problem"
        ? seen
        : { ...seen, judgement: judgeHost({ ...job, ...seen }) };
    },
    apply: (host, job, talk) => talkTo(host, talk, { verb: "apply", input: writeBundle(job) }),
    // The same way in: what the host does follows from the order it was given.
    revert: (host, job, talk) => talkTo(host, talk, { verb: "apply", input: writeBundle(job) }),
    resume: (host, talk) => talkTo(host, talk, { verb: "resume" }),
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
  };
}
