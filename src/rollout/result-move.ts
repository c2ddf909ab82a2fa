import { type Instant, SECOND_MS } from "../base/instant.ts";
import type { Result } from "../fleet/result.ts";
import type { Hold } from "./hold.ts";
import { factsOfLine } from "./host-words.ts";
import type { JobKind } from "./model.ts";

/** What a host's signed word does to its target: pure, from the result and what its journal told. */
export interface ResultMove {
  readonly verb: ResultVerb;
  readonly job: JobKind;
  readonly hold: Hold | null;
  /** The host ended before it changed anything, so its slot is free. */
  readonly isUnbegun: boolean;
  /** Only with verb `drop`. */
  readonly retryAfterSeconds: number;
}

export type ResultVerb =
  | "result-done"
  | "result-noop"
  | "result-failed"
  | "result-rolled-back"
  | "result-reverted"
  | "result-held"
  | "refused"
  | "drop";

/** Refusals that pass by themselves (host protocol §6), and when to ask again, in seconds. */
const passing: Readonly<Record<string, number>> = {
  E_HALTED: 120,
  E_BUSY: 30,
  E_LOCK: 60,
  E_STALE: 300,
  E_DISK: 600,
  E_TIME: 60,
  E_SLOW: 60,
  E_REPO: 300,
};

/** Codes after which a new attempt is worth making without anybody's word. */
export const againCodes = ["E_PERMIT", ...Object.keys(passing)] as const;

/** When a host that refused so may be asked again; null when only a person can change it. */
export function retryAfterRefusal(code: string): number | null {
  return Object.hasOwn(passing, code) ? (passing[code] ?? null) : null;
}

export function resultMove(
  result: Pick<Result, "kind" | "state" | "code">,
  told: {
    /** The last journal line that the result's signature covers; empty when it was not heard. */
    readonly lastLine: string;
    /** The host had taken the job before, so what it says ends this attempt. */
    readonly isAccepted: boolean;
    readonly now: Instant;
  },
): ResultMove {
  const job: JobKind = result.kind === "revert" ? "revert" : "apply";
  const plain = { job, hold: null, isUnbegun: false, retryAfterSeconds: 0 };
  switch (result.state) {
    case "done":
      return { ...plain, verb: job === "revert" ? "result-reverted" : "result-done" };
    case "noop":
      return { ...plain, verb: job === "revert" ? "result-reverted" : "result-noop" };
    case "rolled-back":
      return job === "revert"
        ? { ...plain, verb: "result-reverted" }
        : { ...plain, verb: "result-rolled-back", hold: failure(result.code, told.lastLine) };
    case "failed":
      return { ...plain, verb: "result-failed", hold: failure(result.code, told.lastLine) };
    case "held": {
      // `note=` is always the last fact and may hold anything.
      const [state, ...facts] = (told.lastLine.split(" note=", 1)[0] ?? "").split(" ");
      const isLastWord = state === "HELD" || (job === "revert" && state === "NOTE");
      const isUnbegun = isLastWord && facts.includes("begun=no");
      const said = isLastWord ? factsOfLine(told.lastLine) : "";
      const hold: Hold = { why: "host-held", code: result.code, facts: said, isBegun: !isUnbegun };
      return { ...plain, verb: "result-held", hold, isUnbegun };
    }
    case "refused":
      return { ...plain, ...refusal(result.code, told) };
  }
}

function failure(code: string, lastLine: string): Hold {
  const facts = /^(FAILED|ROLLED_BACK) /.test(lastLine) ? factsOfLine(lastLine) : "";
  return { why: "host-failed", code, facts };
}

/**
 * Refused at the door, the same attempt may be tried again. Refused while staging, the host keeps the
 * attempt as ended and would only repeat its answer.
 */
function refusal(
  code: string,
  told: Parameters<typeof resultMove>[1],
): Pick<ResultMove, "verb" | "hold" | "isUnbegun" | "retryAfterSeconds"> {
  const facts = told.lastLine.startsWith("REFUSED ") ? factsOfLine(told.lastLine) : "";
  const seconds = retryAfterRefusal(code);
  const retryAt = seconds === null ? null : told.now + seconds * SECOND_MS;
  const hold: Hold = { why: "host-refused", code, facts, retryAt };
  const unbegun = { hold, isUnbegun: true, retryAfterSeconds: seconds ?? 0 };
  if (told.isAccepted) {
    return { ...unbegun, verb: seconds === null ? "result-failed" : "result-held" };
  }
  return { ...unbegun, verb: seconds === null ? "refused" : "drop" };
}
