import { Environment } from "@marcbachmann/cel-js";
import { Failure } from "../base/failure.ts";

/**
 * Conditions over the facts of a case, in CEL. They are compiled, type-checked and asked of a case
 * without facts when a file is read. What still has no answer for some case (a division by nothing)
 * does not hold there.
 */
export interface CaseFacts {
  /** Vulnerabilities known to be exploited, used by ransomware, with SSVC active or a public proof. */
  readonly kev: number;
  readonly ransomware: number;
  readonly active: number;
  readonly proof: number;
  /** Vulnerabilities whose exploitation can be automated, whose technical impact is total (SSVC). */
  readonly automatable: number;
  readonly total: number;
  /** Highest probability of exploitation. */
  readonly epss: number;
  /** Highest score of those whose publisher the deadline policy prefers. */
  readonly cvss: number;
  /** Vulnerabilities that nobody scored. */
  readonly unscored: number;
  readonly vulnerabilities: number;
  readonly hosts: number;
  /** Hosts that are reachable from outside, or of which nobody says that they are not. */
  readonly exposedHosts: number;
  readonly exposed: boolean;
  /** The runtime policy lowers all that is open of it, on every host. */
  readonly lowered: boolean;
  /** Lowest tier of the hosts; 0 is the most critical, 3 where none says. */
  readonly tier: number;
  /** Highest class of data on the hosts: 0 public or not said, 1 internal, 2 confidential, 3 restricted. */
  readonly data: number;
  /** User segments that the hosts serve (label `segment`). */
  readonly segments: readonly string[];
}

export type FactName = keyof CaseFacts;

/** What a case knows of facts that it was classified without. */
export const noFacts: CaseFacts = {
  kev: 0,
  ransomware: 0,
  active: 0,
  proof: 0,
  automatable: 0,
  total: 0,
  epss: 0,
  cvss: 0,
  unscored: 0,
  vulnerabilities: 0,
  hosts: 0,
  exposedHosts: 0,
  exposed: false,
  lowered: false,
  tier: 3,
  data: 0,
  segments: [],
};

export const factNames = Object.keys(noFacts) as readonly FactName[];

export interface CaseCondition {
  /** As it stands in the file. */
  readonly text: string;
  /** The facts it looks at, in the order of the list above. */
  readonly uses: readonly FactName[];
  readonly holds: (facts: CaseFacts) => boolean;
}

/** `place` names file and rule, for whoever has to mend it. */
export function parseCondition(text: string, place: string): CaseCondition {
  const environment = new Environment();
  for (const name of factNames) environment.registerVariable(name, celType(noFacts[name]));
  try {
    const condition = environment.parse(text);
    const checked = condition.check();
    if (!checked.valid || checked.type !== "bool") throw checked.error ?? new Error("not boolean");
    const ask = (facts: CaseFacts): boolean =>
      condition(facts as unknown as Record<string, unknown>) === true;
    ask(noFacts);
    return {
      text,
      uses: factNames.filter((name) => new RegExp(`\\b${name}\\b`).test(text)),
      holds: (facts) => {
        try {
          return ask(facts);
        } catch {
          return false;
        }
      },
    };
  } catch (cause) {
    throw new Failure(
      "invalid",
      `In ${place} the condition is not a CEL expression that is true or false for every case: ${text}. It may use ${factNames.join(", ")}.`,
      { cause },
    );
  }
}

function celType(example: CaseFacts[FactName]): "bool" | "double" | "list<string>" {
  if (typeof example === "boolean") return "bool";
  return typeof example === "number" ? "double" : "list<string>";
}
