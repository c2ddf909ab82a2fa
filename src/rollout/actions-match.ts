import { createContext, Script } from "node:vm";

/**
 * Whether a text matches an expression that somebody wrote, within a time: of some expressions the
 * time doubles with each character, and the server would do nothing else (ASVS 5.0 V1.3.12).
 */
export type Matched = "yes" | "no" | "too-slow" | "unreadable";

const MATCH_MS_MAX = 100;

const trying = new Script(`new RegExp(expression, "u").test(text)`);

export function matchWithin(expression: string, text: string): Matched {
  try {
    const context = createContext({ expression, text });
    return trying.runInContext(context, { timeout: MATCH_MS_MAX }) === true ? "yes" : "no";
  } catch (cause) {
    const isLate = (cause as NodeJS.ErrnoException).code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
    return isLate ? "too-slow" : "unreadable";
  }
}

export const matchWords: Readonly<Record<Exclude<Matched, "yes">, string>> = {
  no: "the body does not match the expression",
  "too-slow": "the expression took too long on this body; write it without nested repetitions",
  unreadable: "the expression cannot be read",
};
