import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseTrustAnswers } from "../../src/fleet/trust-frame.ts";
import type { HostRoot, Shell } from "./host-root.ts";

/** Stands before the last line: judges one frame of news from standard input. */
export const TRUST_ONLY = `
main() {
  now_s() { say "$TEST_NOW"; }
  TEST_NOW=$1
  trust_main
}
`;

/** What the host answered: `taken …`, `refused … E_CODE`, or its refusal of the whole frame. */
export function tell(root: HostRoot, shell: Shell, text: string, now: number): readonly string[] {
  const [program = "", ...args] = [...shell.argv, root.program, String(now)];
  const run = spawnSync(program, args, { input: Buffer.from(text, "latin1") });
  const lines = run.stdout.toString().trim().split("\n");
  if (run.stderr.length > 0) return [`stderr: ${run.stderr}`, ...lines];
  if (lines[0] !== "@trust") return lines.map((line) => line.split(" ").slice(0, 2).join(" "));
  return parseTrustAnswers(lines).map((answer) =>
    answer.kind === "taken" ? `taken ${answer.what}` : `refused ${answer.what} ${answer.code}`,
  );
}

export function policyVersion(root: HostRoot): string {
  return /^version (\d+)$/m.exec(readFileSync(join(root.etc, "policy"), "utf8"))?.[1] ?? "";
}
