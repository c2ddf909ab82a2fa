import type { z } from "zod";
import type { Instant } from "../base/instant.ts";
import { retryAfterMs } from "../intel/fetch-rules.ts";
import { Trouble } from "./model.ts";

/** What a status means, the same for every system (RFC 9110 §15, RFC 6585 §4). Pure. */
export function readAnswer(
  answer: { readonly status: number; readonly retryAfter: string | null; readonly body: string },
  of: { readonly isWriting: boolean; readonly now: Instant },
): unknown {
  const { status } = answer;
  if (status >= 200 && status < 300) return jsonOf(answer.body, of.isWriting);
  const waitMs = retryAfterMs(answer.retryAfter, of.now);
  const said = wordsOf(answer.body);
  const more = said === "" ? "" : ` It says: ${said}`;
  if (status === 401) {
    throw new Trouble("denied", `It does not know who asks (401). Check the secret's file.${more}`);
  }
  if (status === 403) {
    throw new Trouble("forbidden", `The account may not do that there (403).${more}`);
  }
  if (status === 404 || status === 410)
    throw new Trouble("gone", `It is not there (${status}).${more}`);
  if (status === 409 || status === 412) {
    throw new Trouble("conflict", `Somebody changed it meanwhile (${status}).${more}`);
  }
  if (status === 429) {
    throw new Trouble("again", "It is asked too often (429).", {
      waitMs: waitMs ?? 60_000,
      isWhole: true,
    });
  }
  if (status === 408 || status >= 500) {
    // What failed over there may have been done before it failed.
    throw new Trouble("again", `It failed (${status}).${more}`, {
      waitMs,
      isUnsure: of.isWriting,
      isWhole: status === 503,
    });
  }
  if (status >= 300 && status < 400) {
    throw new Trouble("denied", `It leads elsewhere (${status}); write the address itself.`);
  }
  throw new Trouble("never", `It refuses the request (${status}).${more}`);
}

/** Nothing (204), or a whole document: half of one says nothing about what was done. */
function jsonOf(body: string, isWriting: boolean): unknown {
  if (body.trim() === "") return null;
  try {
    return JSON.parse(body) as unknown;
  } catch {
    throw new Trouble("again", "Its answer is no whole JSON document.", { isUnsure: isWriting });
  }
}

const WORDS_MAX = 300;

/** The reason as the two systems write it; what it is made of stays out of control characters. */
function wordsOf(body: string): string {
  try {
    const { error, errorMessages, errors } = JSON.parse(body) as Record<string, unknown>;
    const { message, detail } = (typeof error === "object" && error !== null ? error : {}) as {
      message?: unknown;
      detail?: unknown;
    };
    const parts = [
      message,
      detail,
      ...(Array.isArray(errorMessages) ? errorMessages : []),
      ...(typeof errors === "object" && errors !== null
        ? Object.entries(errors).map(([field, text]) => `${field}: ${String(text)}`)
        : []),
    ].filter((part): part is string => typeof part === "string" && part !== "");
    return parts
      .join(" ")
      .replace(/[^\P{C}]+/gu, " ")
      .slice(0, WORDS_MAX);
  } catch {
    return "";
  }
}

/** The part of an answer that is used. Throws Trouble with `failing` when it has another shape. */
export function shaped<Out>(schema: z.ZodType<Out>, answer: unknown, failing: string): Out {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new Trouble("again", failing, { isUnsure: true });
}
