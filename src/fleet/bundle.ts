import { DOCUMENT_BYTES_MAX, grammar, type Parsed, refuse, splitLines } from "../base/document.ts";
import { isArmoured } from "../base/sshsig.ts";
import { BODY_BYTES_MAX } from "../plan/body.ts";
import { TREE_LEVELS_MAX } from "../plan/tree.ts";
import { APPROVALS_MAX, type ApprovalClass, approvalClasses } from "./result.ts";

/**
 * The bundle (host protocol §1.4): documents and signatures, each after a line `@name`. No archive,
 * no path, no length field; each name once and only these names. On a pipe it ends with `@end`.
 */
export interface Bundle {
  readonly order: string;
  readonly orderSignature: string;
  readonly plan: string;
  readonly request: BundleApproval | null;
  readonly approvals: readonly BundleApproval[];
  readonly gates: readonly BundleGate[];
  readonly leaf: string;
  /** Bottom up; empty when the leaf is the root. */
  readonly nodes: readonly string[];
  readonly body: string;
  readonly log: BundleLog | null;
}

/** An approver's word that the wave may open; each signed a text of their own. */
export interface BundleGate extends BundleApproval {
  readonly text: string;
}

/** What the ledger proves, for rings that demand it. */
export interface BundleLog {
  readonly proof: string;
  readonly head: string;
  readonly headSignature: string;
  readonly cosignatures: readonly { readonly witness: string; readonly signature: string }[];
}

export interface BundleApproval {
  readonly person: string;
  readonly class: ApprovalClass;
  /** Armoured SSHSIG. */
  readonly signature: string;
}

/** §1.3, counted before anything is parsed. */
export const BUNDLE_BYTES_MAX = 1024 * 1024;
export const SECTIONS_MAX = 40;
const WITNESSES_MAX = 8;

/** What people signed and the ledger proves, without an order of the server (§9, the way `local`). */
export type OfflineBundle = Omit<Bundle, "order" | "orderSignature">;

/** The whole text as it goes over a pipe, `@end` included. */
export function writeBundle(bundle: Bundle): string {
  const order = section("order", bundle.order) + section("ordersig", bundle.orderSignature);
  return order + writeOfflineBundle(bundle);
}

const section = (name: string, text: string): string => `@${name}\n${text}`;

export function writeOfflineBundle(bundle: OfflineBundle): string {
  const signed = (kind: string, a: BundleApproval): string =>
    section(`${kind} ${a.person} ${a.class}`, a.signature);
  return [
    section("plan", bundle.plan),
    ...(bundle.request === null ? [] : [signed("request", bundle.request)]),
    ...bundle.approvals.map((approval) => signed("approve", approval)),
    ...bundle.gates.flatMap((gate) => [
      section(`gate ${gate.person} ${gate.class}`, gate.text),
      signed("gatesig", gate),
    ]),
    section("leaf", bundle.leaf),
    ...bundle.nodes.map((node, at) => section(`node${at + 1}`, node)),
    section("body", bundle.body),
    ...(bundle.log === null ? [] : logSections(bundle.log)),
    "@end\n",
  ].join("");
}

function logSections(log: BundleLog): readonly string[] {
  return [
    `@log\n${log.proof}@head\n${log.head}@headsig\n${log.headSignature}`,
    ...log.cosignatures.map(({ witness, signature }) => `@cosign ${witness}\n${signature}`),
  ];
}

/**
 * Takes a bundle apart: frame, caps, the shape of signatures. The documents inside are not read
 * here. `line` counts in the whole bundle.
 */
export function parseBundle(text: string): Parsed<Bundle> {
  if (text.length > BUNDLE_BYTES_MAX) {
    return refuse(0, `the bundle is longer than ${BUNDLE_BYTES_MAX} bytes`, "E_SIZE");
  }
  const lines = splitLines(text);
  if (!lines.ok) return lines;
  const sections = splitSections(lines.value);
  if (!sections.ok) return sections;
  return assemble(sections.value);
}

interface Section {
  readonly name: string;
  readonly line: number;
  readonly text: string;
}

function splitSections(lines: readonly string[]): Parsed<readonly Section[]> {
  if (lines.at(-1) !== "@end") return refuse(lines.length, "the bundle does not end with @end");
  const sections: Section[] = [];
  let open: { name: string; line: number; lines: string[] } | null = null;
  for (const [at, line] of lines.entries()) {
    if (!line.startsWith("@")) {
      if (open === null) return refuse(at + 1, "something stands before the first section");
      open.lines.push(line);
      continue;
    }
    if (open !== null) sections.push(closed(open));
    if (line === "@end" && at !== lines.length - 1) return refuse(at + 2, "text after @end");
    if (sections.length === SECTIONS_MAX && line !== "@end") {
      return refuse(at + 1, `more than ${SECTIONS_MAX} sections`, "E_SIZE");
    }
    open = { name: line.slice(1), line: at + 1, lines: [] };
  }
  return { ok: true, value: sections };
}

function closed(open: { name: string; line: number; lines: string[] }): Section {
  const text = open.lines.map((line) => `${line}\n`).join("");
  return { name: open.name, line: open.line, text };
}

function assemble(sections: readonly Section[]): Parsed<Bundle> {
  const texts = new Map<string, string>();
  const signed: { kind: string; approval: BundleApproval }[] = [];
  for (const section of sections) {
    const { name, line, text } = section;
    const fault = sectionFault(section);
    if (fault !== null) return fault;
    if (texts.has(name)) return refuse(line, `a second section @${name}`);
    texts.set(name, text);
    const [kind = "", person, cls] = name.split(" ");
    const known = approvalClasses.find((each) => each === cls);
    if (person !== undefined && known !== undefined) {
      signed.push({ kind, approval: { person, class: known, signature: text } });
    }
  }
  return complete(texts, signed);
}

function complete(
  texts: ReadonlyMap<string, string>,
  signed: readonly { kind: string; approval: BundleApproval }[],
): Parsed<Bundle> {
  for (const name of ["order", "ordersig", "plan", "leaf", "body"]) {
    if (!texts.has(name)) return refuse(0, `the section @${name} is missing`);
  }
  const nodes: string[] = [];
  const count = [...texts.keys()].filter((name) => name.startsWith("node")).length;
  for (let level = 1; level <= count; level += 1) {
    const node = texts.get(`node${level}`);
    if (node === undefined) return refuse(0, `the section @node${level} is missing`);
    nodes.push(node);
  }
  const approvals = signed.filter(({ kind }) => kind === "approve").map((s) => s.approval);
  const requests = signed.filter(({ kind }) => kind === "request").map((s) => s.approval);
  if (approvals.length > APPROVALS_MAX) {
    return refuse(0, `more than ${APPROVALS_MAX} approvals`, "E_SIZE");
  }
  if (requests.length > 1) return refuse(0, "more than one request");
  const gates = pairGates(texts, signed);
  if (!gates.ok) return gates;
  const log = joinLog(texts);
  if (!log.ok) return log;
  const text = (name: string): string => texts.get(name) ?? "";
  return {
    ok: true,
    value: {
      order: text("order"),
      orderSignature: text("ordersig"),
      plan: text("plan"),
      request: requests[0] ?? null,
      approvals,
      leaf: text("leaf"),
      nodes,
      body: text("body"),
      gates: gates.value,
      log: log.value,
    },
  };
}

function pairGates(
  texts: ReadonlyMap<string, string>,
  signed: readonly { kind: string; approval: BundleApproval }[],
): Parsed<readonly BundleGate[]> {
  const gates: BundleGate[] = [];
  for (const { kind, approval } of signed) {
    const name = `${approval.person} ${approval.class}`;
    if (kind === "gate" && !texts.has(`gatesig ${name}`)) {
      return refuse(0, `the section @gatesig ${name} is missing`);
    }
    if (kind !== "gatesig") continue;
    const text = texts.get(`gate ${name}`);
    if (text === undefined) return refuse(0, `@gatesig ${name} is of no gate`);
    gates.push({ ...approval, text });
  }
  if (gates.length > APPROVALS_MAX) return refuse(0, "more than 8 gates", "E_SIZE");
  return { ok: true, value: gates };
}

function joinLog(texts: ReadonlyMap<string, string>): Parsed<BundleLog | null> {
  const [proof, head, headSignature] = ["log", "head", "headsig"].map((name) => texts.get(name));
  const cosignatures = [...texts].flatMap(([name, signature]) =>
    name.startsWith("cosign ") ? [{ witness: name.slice(7), signature }] : [],
  );
  if (cosignatures.length > WITNESSES_MAX) return refuse(0, "more than 8 witnesses", "E_SIZE");
  if (proof !== undefined && head !== undefined && headSignature !== undefined) {
    return { ok: true, value: { proof, head, headSignature, cosignatures } };
  }
  const isPart = (proof ?? head ?? headSignature) !== undefined || cosignatures.length > 0;
  return isPart ? refuse(0, "@log, @head and @headsig go together") : { ok: true, value: null };
}

function sectionFault({ name, line, text }: Section): ReturnType<typeof refuse> | null {
  const kind = sectionKind(name);
  if (kind === null) return refuse(line, "an unknown section");
  if (kind === "level") return refuse(line, `more than ${TREE_LEVELS_MAX} tree levels`, "E_SIZE");
  const bytesMax = kind === "body" ? BODY_BYTES_MAX : DOCUMENT_BYTES_MAX;
  if (text.length > bytesMax) return refuse(line, `@${name} is over ${bytesMax} bytes`, "E_SIZE");
  if (kind === "signature" && !isArmoured(text)) {
    return refuse(line, `@${name} holds no armoured signature`);
  }
  return null;
}

function sectionKind(name: string): "document" | "signature" | "body" | "level" | null {
  if (["order", "plan", "leaf", "log", "head"].includes(name)) return "document";
  if (name === "ordersig" || name === "headsig") return "signature";
  if (name === "body") return "body";
  const level = /^node([1-9])$/.exec(name)?.[1];
  if (level !== undefined) return Number(level) > TREE_LEVELS_MAX ? "level" : "document";
  const [kind = "", person = "", cls, ...more] = name.split(" ");
  if (!grammar.id.test(person) || more.length > 0) return null;
  if (kind === "cosign") return cls === undefined ? "signature" : null;
  const isOfPerson = ["approve", "request", "gate", "gatesig"].includes(kind);
  if (!isOfPerson || !approvalClasses.some((each) => each === cls)) return null;
  return kind === "gate" ? "document" : "signature";
}
