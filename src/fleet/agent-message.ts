import type { SignedText } from "./order.ts";

/** What an agent and the server say to each other around the signed documents. Pure. */

/** A signed document as it stands in a request: `@name`, its lines, `@namesig`, the armour, `@end`. */
export function signedPart(text: string, name: string): SignedText | null {
  const head = `@${name}\n`;
  const middle = `\n@${name}sig\n`;
  const foot = "\n@end\n";
  const at = text.indexOf(middle);
  if (!text.startsWith(head) || at < 0 || !text.endsWith(foot)) return null;
  return {
    text: text.slice(head.length, at + 1),
    signature: text.slice(at + middle.length, text.length - foot.length + 1),
  };
}

export interface PollReply {
  readonly token: string;
  readonly nextSeconds: number;
  /** A new certificate, PEM, when the old one is past two thirds of its life. */
  readonly certificate: string | null;
  readonly talk: { readonly talk: string; readonly input: string } | null;
}

/** `@input` comes last: what follows it is handed to the host program as it is. */
export function writePollReply(reply: PollReply): string {
  return [
    `@token ${reply.token}\n@next ${reply.nextSeconds}\n`,
    reply.certificate === null ? "" : `@certificate\n${reply.certificate.trim()}\n`,
    reply.talk === null ? "@end\n" : `@talk ${reply.talk.talk}\n@input\n${reply.talk.input}`,
  ].join("");
}

export function writeEnrolReply(reply: {
  readonly host: string;
  readonly token: string;
  readonly nextSeconds: number;
  readonly certificate: string;
}): string {
  return `@enrolled ${reply.host}\n${writePollReply({ ...reply, talk: null })}`;
}

export function writeRefusal(code: string, why: string): string {
  return `@refused ${code} ${why.replace(/[^ -~]+/g, " ").slice(0, 300)}\n@end\n`;
}

/** A refusal that says when to come back. */
export function writeBusy(code: string, why: string, nextSeconds: number): string {
  return writeRefusal(code, why).replace(/@end\n$/, `@next ${nextSeconds}\n@end\n`);
}
