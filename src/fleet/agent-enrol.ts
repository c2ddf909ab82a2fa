import { type Parsed, parseDocument, writeDocument } from "../base/document.ts";
import { LABEL_COUNT_MAX } from "../base/labels.ts";

/**
 * What a host says when it enrols itself (host protocol §10.1), signed by the key it has just made.
 * Ring, labels and policy stand in it so that the server can refuse a host that was set up for another
 * group than its token was made for; it is the host's own files that hold later.
 */
export interface AgentEnrol {
  readonly tenant: string;
  /** `h-` and 20 hex digits that the host drew itself. */
  readonly host: string;
  /** What people call the machine; it proves nothing. */
  readonly name: string;
  /** `ecdsa-sha2-nistp256 AAAA…` */
  readonly keyLine: string;
  readonly ring: string;
  readonly labels: readonly string[];
  /** Digest of the host's own policy file. */
  readonly policy: string;
  readonly token: string;
  readonly boot: string;
}

const KEY = /^ecdsa-sha2-nistp256 [A-Za-z0-9+/=]{100,200}$/;
const HOST = /^h-[0-9a-f]{20}$/;

export function writeAgentEnrol(enrol: AgentEnrol): string {
  return writeDocument("enrol", [
    `tenant ${enrol.tenant}`,
    `host ${enrol.host}`,
    `name ${enrol.name}`,
    `key ${enrol.keyLine}`,
    `ring ${enrol.ring}`,
    ...enrol.labels.map((label) => `label ${label}`),
    `policy ${enrol.policy}`,
    `token ${enrol.token}`,
    `boot ${enrol.boot}`,
  ]);
}

export function parseAgentEnrol(text: string): Parsed<AgentEnrol> {
  return parseDocument(text, { type: "enrol" }, (reader) => {
    const tenant = reader.word("tenant", "id");
    const host = reader.word("host", "id");
    if (!HOST.test(host)) reader.stop("`host` is h- and 20 hex digits");
    const name = reader.word("name", "id");
    const keyLine = reader.rest("key");
    if (!KEY.test(keyLine)) reader.stop("`key` is an ECDSA P-256 key line");
    const ring = reader.word("ring", "id");
    const labels: string[] = [];
    while (reader.isNext("label")) {
      if (labels.length === LABEL_COUNT_MAX) reader.stop(`more than ${LABEL_COUNT_MAX} labels`);
      labels.push(reader.word("label", "label"));
    }
    const policy = reader.word("policy", "digest");
    const token = reader.word("token", "hex32");
    const boot = reader.word("boot", "hex32");
    return { tenant, host, name, keyLine, ring, labels, policy, token, boot };
  });
}
