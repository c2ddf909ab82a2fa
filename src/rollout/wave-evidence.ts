import { sha256 } from "../base/digest.ts";
import { writeGate } from "../fleet/gate-text.ts";
import type { WaveFacts } from "./wave.ts";

/**
 * What somebody looks at before they let a wave open: where every wave before it stands, as text whose
 * digest they sign (`fettle gate 1`, host protocol §3).
 */
export function waveEvidence(waves: readonly WaveFacts[], wave: number): string {
  const before = waves.filter(({ number }) => number < wave);
  if (before.length === 0) return `wave ${wave} is the first\n`;
  return before.map((one) => `${lineOf(one)}\n`).join("");
}

function lineOf({ number, ring, state, counts }: WaveFacts): string {
  const said = Object.entries(counts)
    .filter(([, hosts]) => hosts > 0)
    .map(([name, hosts]) => `${name} ${hosts}`);
  return `wave ${number} ${ring} ${state}: ${said.join(", ") || "no hosts"}`;
}

export function openingText(of: {
  readonly tenant: string;
  readonly plan: string;
  readonly wave: number;
  readonly evidence: string;
  readonly issued: number;
}): string {
  return writeGate({ ...of, evidence: sha256(of.evidence) });
}
