import { z } from "zod";
import { Bug, Failure, type FailureCode, failureTable } from "../base/failure.ts";
import { issueText, nearestIssues } from "../base/issue-text.ts";
import { isDiskFull } from "../db/disk-space.ts";

/**
 * Problem details (RFC 9457). The text of a cause never leaves the server: whoever needs it finds it
 * in the log under the request id.
 */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.enum(Object.keys(failureTable) as [FailureCode, ...FailureCode[]]),
    /** The request id, which the log knows too. */
    instance: z.string(),
    retry: z.boolean(),
    facts: z.record(z.string(), z.unknown()),
  })
  .meta({ id: "Problem" });

export type Problem = z.output<typeof problemSchema>;

const titles: Readonly<Record<FailureCode, string>> = {
  invalid: "The request cannot be understood",
  unauthenticated: "Not signed in",
  forbidden: "Not allowed",
  "proof-needed": "Prove that it is you",
  "not-found": "Not found",
  conflict: "In conflict with the present state",
  blocked: "Blocked",
  "too-large": "Too large",
  "rate-limited": "Too many tries",
  unavailable: "Not available now",
  internal: "Something went wrong inside the server",
};

export function problemOf(failure: Failure, requestId: string): Problem {
  const { status, retry } = failureTable[failure.code];
  return {
    type: `urn:fettle:problem:${failure.code}`,
    title: titles[failure.code],
    status,
    detail: failure.message,
    code: failure.code,
    instance: `urn:uuid:${requestId}`,
    retry,
    facts: { ...failure.facts },
  };
}

/** The same in the form of RFC 7644 §3.12; a failed If-Match is 412 there, where ours is a conflict. */
export function scimProblemOf(failure: Failure): {
  readonly schemas: readonly string[];
  readonly status: string;
  readonly scimType?: string;
  readonly detail: string;
} {
  const { code, facts, message: detail } = failure;
  const { status } = failureTable[code];
  const own = facts["scimType"];
  const scimType = typeof own === "string" ? own : code === "invalid" ? "invalidValue" : null;
  return {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"],
    status: String(facts["precondition"] === "failed" ? 412 : status),
    ...(scimType === null ? {} : { scimType }),
    detail,
  };
}

/** Turns whatever was thrown into something that may be told. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  const internal = new Failure(
    "internal",
    "The server made a mistake while working on this. Its log has the cause under the request id.",
    { cause: thrown },
  );
  if (thrown instanceof Bug) return internal;
  if (isLostConnection(thrown)) return unavailable(thrown);
  if (isDiskFull(thrown)) return noSpace(thrown);
  switch ((thrown as { code?: unknown } | null)?.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new Failure("too-large", "The body is larger than this route takes.");
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return new Failure("invalid", "The body has a Content-Type that this route does not take.");
    case "FST_ERR_CTP_EMPTY_JSON_BODY":
    case "FST_ERR_CTP_INVALID_JSON_BODY":
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return new Failure("invalid", "The body is not whole JSON.");
    case "FST_ERR_BAD_URL":
      return new Failure("invalid", "The path of the request cannot be read.");
    // Somebody else holds a row or a table for longer than a statement waits.
    case "55P03":
    case "57014":
    case "57P01":
    case "57P02":
    case "57P03":
      return unavailable(thrown);
    default:
      return internal;
  }
}

/**
 * How a database that ends or starts shows to whoever talks to it: a socket that refuses, is gone for
 * a moment or breaks, or the driver's own words where the connection ended without an error.
 */
function isLostConnection(thrown: unknown): boolean {
  const { code, syscall, message } = (thrown ?? {}) as Readonly<Record<string, unknown>>;
  if (code === "ENOENT") return syscall === "connect";
  return (
    ["ECONNREFUSED", "ECONNRESET", "EPIPE"].includes(String(code)) ||
    (code === undefined && lostWords.some((words) => String(message).startsWith(words)))
  );
}

function noSpace(cause: unknown): Failure {
  return new Failure(
    "unavailable",
    "There is no space left where the server or its database stores this, so nothing of it was stored. Free space on that disk and try again.",
    { cause },
  );
}

/** How the driver begins; the last two, of a connection that broke inside a transaction. */
const lostWords = [
  "Connection terminated",
  "timeout exceeded when trying to connect",
  "timeout expired",
  "Client has encountered a connection error",
  "Client was closed",
];

function unavailable(cause: unknown): Failure {
  return new Failure(
    "unavailable",
    "The database cannot be reached, or took too long. Try again in a moment.",
    { cause },
  );
}

/** Parses a part of the request; says which field is wrong, never what else it held. */
export function parseInput<T>(schema: z.ZodType<T>, value: unknown, part: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = nearestIssues(parsed.error.issues)
    .slice(0, 10)
    .map((issue) => ({
      at: [part, ...issue.path.map(String)].join("."),
      message: issueText(issue),
    }));
  const first = problems[0];
  throw new Failure("invalid", `The request is not right at ${first?.at}: ${first?.message}`, {
    facts: { problems },
  });
}
