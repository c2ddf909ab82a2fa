import type { TrustAnswer } from "./trust-frame.ts";

/** What a host's answers to a chain of policies mean: how far it came, and why not further. */
export interface PolicyTold {
  readonly version: number;
  readonly outcome: "waiting" | "taken" | "refused";
  readonly code: string | null;
  readonly why: string | null;
}

/** Codes that pass by themselves, as with revocations. */
const PASSING = ["E_TIME", "E_STATE", "E_BUSY", "E_DISK"];

/** `policy 9 does not follow 7`: its own people brought it to another version than was thought. */
const STANDS_AT = /^policy [1-9][0-9]{0,8} does not follow ([1-9][0-9]{0,8})$/;

export function policyToldBy(
  answers: readonly TrustAnswer[],
  of: { readonly version: number; readonly newest: number },
): PolicyTold {
  let { version } = of;
  for (const answer of answers) {
    if (answer.kind === "taken") {
      const taken = Number(/^policy ([0-9]{1,9})$/.exec(answer.what)?.[1] ?? version);
      version = Math.max(version, taken);
      continue;
    }
    const own = Number(STANDS_AT.exec(answer.why)?.[1] ?? Number.NaN);
    if (own >= of.newest) return done(own);
    const { code, why } = answer;
    // It is asked again from where it is; where it is already, the answer is a refusal.
    if (!Number.isNaN(own) && own !== version) {
      return { version: own, outcome: "waiting", code: null, why: null };
    }
    return { version, outcome: PASSING.includes(code) ? "waiting" : "refused", code, why };
  }
  if (version >= of.newest) return done(version);
  return {
    version,
    outcome: "waiting",
    code: null,
    why: "the host did not say whether it took it",
  };
}

function done(version: number): PolicyTold {
  return { version, outcome: "taken", code: null, why: null };
}
