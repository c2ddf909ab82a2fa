import { type Growth, writeGrowth } from "./log-proof.ts";
import type { Head } from "./order.ts";

/**
 * What a host is asked as a witness (host protocol §12.3), after the verb `witness`: a head with the
 * log's signature, and that it grew out of the one the host saw last. The host answers with the head it
 * holds from now on, and with its signature over the head's bytes, or why it gives none.
 */
export interface WitnessAsk {
  /** The body of the checkpoint, as its key signed it. */
  readonly head: string;
  readonly headSignature: string;
  readonly from: number;
  readonly growth: Growth | null;
}

export interface WitnessAnswer {
  /** The head that the host holds; null where it cannot be read. */
  readonly head: Head | null;
  /** Armoured SSHSIG, namespace fettle-cosign-v1. */
  readonly signature: string | null;
  readonly refused: { readonly code: string; readonly why: string } | null;
}

/** What a witness was asked by some way, and said. */
export interface Heard {
  readonly answer: WitnessAnswer;
  /** Of witnesses elsewhere. */
  readonly noteLine: string | null;
}

export function writeWitnessAsk({ head, headSignature, from, growth }: WitnessAsk): string {
  const log = ["fettle log 1", `from ${from}`, ...writeGrowth(growth), "end", ""].join("\n");
  return `@log\n${log}@head\n${head}@headsig\n${headSignature}@end\n`;
}

const WHY_CHARACTERS_MAX = 240;

export function parseWitnessAnswer(
  sections: ReadonlyMap<string, readonly string[]>,
): WitnessAnswer {
  const lines = sections.get("witness") ?? [];
  const signature = sections.get("cosign");
  return {
    head: headOf(lines),
    signature: signature === undefined ? null : `${signature.join("\n")}\n`,
    refused: refusalOf(lines),
  };
}

function headOf(lines: readonly string[]): Head | null {
  const text = lines.find((line) => line.startsWith("head ")) ?? "";
  const [, size = "", root = ""] = /^head (0|[1-9][0-9]{0,14}) ([0-9a-f]{64})$/.exec(text) ?? [];
  return root === "" ? null : { size: Number(size), root };
}

function refusalOf(lines: readonly string[]): WitnessAnswer["refused"] {
  const text = lines.find((line) => line.startsWith("refused ")) ?? "";
  const [, code, why = ""] = /^refused (E_[A-Z_]+) ?(.*)$/.exec(text) ?? [];
  return code === undefined ? null : { code, why: why.slice(0, WHY_CHARACTERS_MAX) };
}
