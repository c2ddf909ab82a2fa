import type { ItsmRule } from "../policy/change-control.ts";
import { fits, type SignOffAsk } from "./sign-off.ts";

/**
 * What the record of a change in an ITSM system stands in the way of. It only ever holds: no state of
 * it, whatever its name, stands for a signature here.
 */
export interface ItsmPart {
  readonly system: string;
  readonly states: string[];
}

export interface ItsmHeld {
  readonly system: string;
  readonly kind: "held" | "not-in-state" | "stale" | "no-record" | "no-system";
  /** What people call the record; null while there is none. */
  readonly key: string | null;
  readonly state: string | null;
  /** States in which the change may start, as the policy names them. */
  readonly wanted: readonly string[];
}

/** What a policy asks for; of several rules over one system a state has to be in each. */
export function itsmAsked(
  policy: { readonly itsm: readonly ItsmRule[] },
  asked: Pick<SignOffAsk, "class" | "level" | "tier">,
): ItsmPart[] {
  return policy.itsm
    .filter(({ when }) => fits(when, asked))
    .map(({ system, states }) => ({ system, states: [...states] }));
}

export function itsmHeldToText(held: ItsmHeld): string {
  const record = `${held.key ?? "its record"} in ${held.system}`;
  const wanted = held.wanted.join(" or ");
  switch (held.kind) {
    case "held":
      return `${record} is ${quoted(held.state)} there, which holds the change until it is not`;
    case "not-in-state":
      return `${record} is ${quoted(held.state)}; the change policy asks for ${wanted} before the start`;
    case "stale":
      return `${record} has not been read for too long to know that it is still ${wanted}`;
    case "no-record":
      return `${record} is not there or not read yet; the change policy asks for ${wanted} before the start`;
    case "no-system":
      return `the change policy asks for a state in ${held.system}, and no such ITSM system is set: fettle itsm add`;
  }
}

function quoted(state: string | null): string {
  return state === null || state === "" ? "stopped" : `"${state}"`;
}
