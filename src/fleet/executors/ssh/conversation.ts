import { verifySshSignature } from "../../../base/sshsig.ts";
import type { HostMessage, ReachProblem } from "../../../reach/model.ts";
import type { HostSession } from "../../../reach/session.ts";
import { parseAsk } from "../../ask.ts";
import { type JournalHeard, journalHeard } from "../../journal-heard.ts";
import {
  type Conversation,
  type ConversationEnd,
  journalLine,
  type OpenLine,
} from "../../model.ts";
import { parseResult } from "../../result.ts";

/**
 * One talk with a host, from its greeting to the end of the connection. Every ask and every result is
 * checked against the key the host was enrolled with, before anybody else sees it.
 */
interface Talking {
  readonly session: HostSession;
  readonly talk: Conversation;
  /** Who the host must be. */
  readonly tenant: string;
  readonly protocolId: string;
  readonly keyLine: string;
  /** What the connection is good for when the host has told all of a job. */
  readonly lineOver: (session: HostSession) => OpenLine;
}

interface Heard {
  readonly journal: JournalHeard;
  isAccepted: boolean;
  isHeard: boolean;
  resultCount: number;
  refused: ConversationEnd["refused"];
  /** What ended the talk from our side. */
  broken: ReachProblem | null;
  isOver: boolean;
  /** The host has told everything and takes another question. */
  isIdle: boolean;
}

export async function converse(talking: Talking): Promise<ConversationEnd> {
  const { session, talk } = talking;
  const heard: Heard = {
    journal: journalHeard(),
    isAccepted: false,
    isHeard: false,
    resultCount: 0,
    refused: null,
    broken: null,
    isOver: false,
    isIdle: false,
  };
  let line: OpenLine | null = null;
  let problem: ReachProblem | null = null;
  try {
    while (!heard.isOver) {
      const item = await session.next();
      if (item.kind === "ended") {
        ({ problem } = item);
        break;
      }
      heard.isHeard = true;
      talk.heard();
      await answer(talking, heard, item.message);
    }
    if (heard.isIdle && heard.resultCount > 0) line = talking.lineOver(session);
  } finally {
    if (line === null) await session.finish();
  }
  const { isAccepted, isHeard, resultCount, refused } = heard;
  return { isAccepted, isHeard, resultCount, refused, problem: heard.broken ?? problem, line };
}

async function answer(talking: Talking, heard: Heard, message: HostMessage): Promise<void> {
  if (message.kind === "note") {
    note(talking, heard, message.name, message.text);
    return;
  }
  const [text, signature] = [...message.sections.values()].map(asText);
  if (message.name === "ask") return answerAsk(talking, heard, text ?? "", signature ?? "");
  if (message.name === "result") return answerResult(talking, heard, text ?? "", signature ?? "");
  stop(heard, `the host answered with ${message.name}, which nobody asked for`);
}

function note(talking: Talking, heard: Heard, name: string, text: string): void {
  switch (name) {
    case "accepted":
      heard.isAccepted = true;
      talking.talk.accepted();
      return;
    case "journal":
      heard.journal.add(text);
      talking.talk.journal(journalLine(text));
      return;
    case "refused": {
      const [code = "", ...facts] = text.split(" ");
      heard.refused = { code, facts: facts.join(" ").slice(0, 400) };
      return;
    }
    case "idle":
      heard.isOver = true;
      heard.isIdle = true;
      return;
  }
}

async function answerAsk(
  talking: Talking,
  heard: Heard,
  text: string,
  signature: string,
): Promise<void> {
  const ask = parseAsk(text);
  if (!ask.ok) return stop(heard, `the host's ask cannot be read: ${ask.why}`);
  const fault = whoseFault(talking, ask.value, { namespace: "fettle-ask-v1", text, signature });
  if (fault !== null) return stop(heard, fault);
  const reply = await talking.talk.ask(ask.value);
  switch (reply.kind) {
    case "permit":
      talking.session.send(`@order\n${reply.order.text}@ordersig\n${reply.order.signature}@end\n`);
      return;
    case "held":
      talking.session.send(`@held ${printable(reply.reason)}\n@end\n`);
      return;
    case "silence":
      // The host waits for its own limit, then asks again with another nonce.
      return stop(heard, "no permit could be decided on; the host asks again");
  }
}

async function answerResult(
  talking: Talking,
  heard: Heard,
  text: string,
  signature: string,
): Promise<void> {
  const result = parseResult(text);
  if (!result.ok) return stop(heard, `the host's result cannot be read: ${result.why}`);
  const signed = { namespace: "fettle-result-v1", text, signature } as const;
  const fault = whoseFault(talking, result.value, signed);
  if (fault !== null) return stop(heard, fault);
  const line = heard.journal.lastLine(result.value.journal);
  const lastLine = line === null ? null : journalLine(line);
  await talking.talk.result(result.value, { text, signature, lastLine });
  heard.resultCount += 1;
  talking.session.send(`@ack ${result.value.counter}\n@end\n`);
}

function whoseFault(
  talking: Talking,
  said: { readonly tenant: string; readonly host: string },
  signed: {
    readonly namespace: "fettle-ask-v1" | "fettle-result-v1";
    readonly text: string;
    readonly signature: string;
  },
): string | null {
  if (said.tenant !== talking.tenant || said.host !== talking.protocolId) {
    return `the host calls itself ${said.host} of ${said.tenant}, not ${talking.protocolId}`;
  }
  const verdict = verifySshSignature({
    namespace: signed.namespace,
    bytes: signed.text,
    armoured: signed.signature,
    publicKeyLine: talking.keyLine,
  });
  return verdict.ok ? null : `what the host said is not signed by its enrolled key: ${verdict.why}`;
}

function stop(heard: Heard, why: string): void {
  heard.broken = { kind: "protocol", message: `The talk was ended: ${why}.` };
  heard.isOver = true;
}

function asText(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

/** One line that the host's grammar takes: printable ASCII, no doubled spaces, short. */
function printable(reason: string): string {
  return reason
    .replace(/[^ -~]/g, "-")
    .replace(/ {2,}/g, " ")
    .trim()
    .slice(0, 300);
}
