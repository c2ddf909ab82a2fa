import { type Parsed, parseDocument, writeDocument } from "../base/document.ts";

/**
 * "Wave n may open" (host protocol §3, `fettle gate 1`): what an approver signs with
 * `fettle-gate-v1` after looking at the evidence of the waves before. Hosts of a ring with `gate n`
 * start nothing of a wave before n people said so, whatever the server says.
 */
export interface GateText {
  readonly tenant: string;
  readonly plan: string;
  readonly wave: number;
  /** Digest of what was shown. */
  readonly evidence: string;
  /** Unix seconds. */
  readonly issued: number;
}

export function writeGate(gate: GateText): string {
  return writeDocument("gate", [
    `tenant ${gate.tenant}`,
    `plan ${gate.plan}`,
    `wave ${gate.wave}`,
    `evidence ${gate.evidence}`,
    `issued ${gate.issued}`,
  ]);
}

export function parseGate(text: string): Parsed<GateText> {
  return parseDocument(text, { type: "gate" }, (reader) => ({
    tenant: reader.word("tenant", "id"),
    plan: reader.word("plan", "digest"),
    wave: reader.number("wave"),
    evidence: reader.word("evidence", "digest"),
    issued: reader.number("issued"),
  }));
}
