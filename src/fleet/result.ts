import {
  type DocumentReader,
  type Parsed,
  parseDocument,
  writeDocument,
} from "../base/document.ts";
import type { Head } from "./order.ts";

/**
 * A host's signed answer (host protocol §3): what became of one attempt. Results are matched by
 * (plan, host, attempt), never by epoch; the counter is the host's own.
 */
export const resultKinds = ["apply", "reboot", "revert"] as const;
export const resultStates = ["done", "noop", "failed", "rolled-back", "held", "refused"] as const;
export const ways = ["agent", "ssh", "piped", "local"] as const;
/** §1.3. */
export const APPROVALS_MAX = 8;

export const approvalClasses = ["ssh", "sk", "desk", "page"] as const;
export type ApprovalClass = (typeof approvalClasses)[number];

export interface Result {
  readonly tenant: string;
  readonly host: string;
  readonly plan: string;
  readonly index: number;
  readonly attempt: number;
  readonly kind: (typeof resultKinds)[number];
  readonly state: (typeof resultStates)[number];
  /** `E_…`, or `-` when nothing went wrong. */
  readonly code: string;
  /** How the job came in; `piped` evidence is weaker and never counts as witness. */
  readonly way: (typeof ways)[number];
  readonly boot: string;
  readonly started: number;
  readonly ended: number;
  /** Digest of the package database afterwards, as the host lists it. */
  readonly packages: string;
  readonly journal: string;
  readonly output: { readonly digest: string; readonly bytes: number };
  readonly policy: string;
  readonly approvals: readonly { readonly person: string; readonly class: ApprovalClass }[];
  readonly head: Head;
  readonly counter: number;
}

export function writeResult(result: Result): string {
  const approvals = result.approvals.map((a) => `${a.person}/${a.class}`).join(",");
  return writeDocument("result", [
    `tenant ${result.tenant}`,
    `host ${result.host}`,
    `plan ${result.plan}`,
    `index ${result.index}`,
    `attempt ${result.attempt}`,
    `kind ${result.kind}`,
    `state ${result.state}`,
    `code ${result.code}`,
    `way ${result.way}`,
    `boot ${result.boot}`,
    `started ${result.started}`,
    `ended ${result.ended}`,
    `packages ${result.packages}`,
    `journal ${result.journal}`,
    `output ${result.output.digest} ${result.output.bytes}`,
    `policy ${result.policy}`,
    `approvals ${approvals === "" ? "-" : approvals}`,
    `head ${result.head.size} ${result.head.root}`,
    `counter ${result.counter}`,
  ]);
}

export function parseResult(text: string): Parsed<Result> {
  return parseDocument(text, { type: "result" }, (reader) => ({
    ...readAbout(reader),
    boot: reader.word("boot", "hex32"),
    started: reader.number("started"),
    ended: reader.number("ended"),
    packages: reader.word("packages", "digest"),
    journal: reader.word("journal", "digest"),
    output: readOutput(reader),
    policy: reader.word("policy", "digest"),
    approvals: readApprovals(reader),
    head: readHead(reader),
    counter: reader.number("counter"),
  }));
}

function readAbout(reader: DocumentReader) {
  const about = {
    tenant: reader.word("tenant", "id"),
    host: reader.word("host", "id"),
    plan: reader.word("plan", "digest"),
    index: reader.number("index"),
    attempt: reader.number("attempt"),
    kind: reader.choice("kind", resultKinds),
    state: reader.choice("state", resultStates),
  };
  const code = reader.rest("code");
  if (code !== "-") reader.must("code", code, "code");
  return { ...about, code, way: reader.choice("way", ways) };
}

function readOutput(reader: DocumentReader): Result["output"] {
  const [digest, bytes] = reader.fields("output", "digest", "number");
  return { digest, bytes: Number(bytes) };
}

function readHead(reader: DocumentReader): Head {
  const [size, root] = reader.fields("head", "number", "digest");
  return { size: Number(size), root };
}

function readApprovals(reader: DocumentReader): Result["approvals"] {
  const text = reader.rest("approvals");
  if (text === "-") return [];
  return text.split(",").map((word) => {
    const at = word.indexOf("/");
    const person = reader.must("id", word.slice(0, Math.max(0, at)), "approvals");
    const name = approvalClasses.find((known) => known === word.slice(at + 1));
    return { person, class: name ?? reader.stop("`approvals` names an unknown class") };
  });
}
