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
  readonly leaf: string;
  /** Bottom up; empty when the leaf is the root. */
  readonly nodes: readonly string[];
  readonly body: string;
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

/** The whole text as it goes over a pipe, `@end` included. */
export function writeBundle(bundle: Bundle): string {
  const section = (name: string, text: string): string => `@${name}\n${text}`;
  const signed = (kind: string, a: BundleApproval): string =>
    section(`${kind} ${a.person} ${a.class}`, a.signature);
  return [
    section("order", bundle.order),
    section("ordersig", bundle.orderSignature),
    section("plan", bundle.plan),
    ...(bundle.request === null ? [] : [signed("request", bundle.request)]),
    ...bundle.approvals.map((approval) => signed("approve", approval)),
    section("leaf", bundle.leaf),
    ...bundle.nodes.map((node, at) => section(`node${at + 1}`, node)),
    section("body", bundle.body),
    "@end\n",
  ].join("");
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
    },
  };
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
  if (name === "order" || name === "plan" || name === "leaf") return "document";
  if (name === "ordersig") return "signature";
  if (name === "body") return "body";
  const level = /^node([1-9])$/.exec(name)?.[1];
  if (level !== undefined) return Number(level) > TREE_LEVELS_MAX ? "level" : "document";
  const [kind, person = "", cls, ...more] = name.split(" ");
  const isSigned = (kind === "approve" || kind === "request") && more.length === 0;
  if (!isSigned || !grammar.id.test(person)) return null;
  return approvalClasses.some((each) => each === cls) ? "signature" : null;
}
