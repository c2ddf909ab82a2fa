import createClient, { type Client as FetchClient } from "openapi-fetch";
import type { FailureCode } from "../base/failure.ts";
import { reachProblem } from "./reach-problem.ts";
import type { paths } from "./schema.d.ts";

/** The typed client of the API: `client.GET("/api/v1/hosts/{host}", { params: … })`. */
export type Client = FetchClient<paths>;

export interface ClientOptions {
  /** `http://localhost:7700`; a path behind it is kept (a proxy may add one). */
  readonly url: string;
  /** Absent for the few routes that need no sign-in. */
  readonly token?: string | undefined;
  /** Asks the person for the proof that the server wants; true when it was given. */
  readonly prove?: ((problem: ApiProblem) => Promise<boolean>) | undefined;
}

export function openClient(options: ClientOptions): Client {
  demandAddress(options.url);
  return createClient<paths>({
    baseUrl: options.url.replace(/\/+$/, ""),
    headers: authorization(options),
    fetch: (request) => fetchProved(options, request),
  });
}

/** Sends a request once more after the proof that the server asked for was given. */
async function fetchProved(options: ClientOptions, request: Request): Promise<Response> {
  const { url, prove } = options;
  // Files are sent as they come and cannot be sent twice; no act that needs a proof takes one.
  const isRepeatable = (request.headers.get("content-type") ?? "application/json").includes("json");
  const again = prove !== undefined && isRepeatable ? request.clone() : null;
  const response = await reach(url, () => fetch(request));
  if (again === null || prove === undefined || response.status !== 403) return response;
  const told: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  const problem = problemFrom(told, response);
  if (problem.code !== "proof-needed" || !(await prove(problem))) return response;
  return await reach(url, () => fetch(again));
}

export function authorization(options: ClientOptions): Record<string, string> {
  return options.token === undefined ? {} : { authorization: `Bearer ${options.token}` };
}

/** A failure that the server told, in the words it used; the fields are those of `Failure`. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly code: FailureCode;
  readonly facts: Readonly<Record<string, unknown>>;
  /** Under this id the server's log knows more; null when no server answered. */
  readonly requestId: string | null;

  constructor(
    code: FailureCode,
    message: string,
    options: {
      readonly facts?: Readonly<Record<string, unknown>>;
      readonly requestId?: string | null;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.facts = options.facts ?? {};
    this.requestId = options.requestId ?? null;
  }
}

interface Reply {
  readonly data?: unknown;
  readonly error?: unknown;
  readonly response: Response;
}

/** What the server replied; throws `ApiProblem` where it told a failure. */
export async function ask<R extends Reply>(
  pending: Promise<R>,
): Promise<Exclude<R["data"], undefined>> {
  const reply = await pending.catch((cause: unknown) => {
    if (!(cause instanceof SyntaxError)) throw cause;
    const message = "What answers at this address is not a Fettle server: it sends no JSON.";
    throw new ApiProblem("unavailable", message, { cause });
  });
  if (!reply.response.ok) throw problemFrom(reply.error, reply.response);
  return reply.data as Exclude<R["data"], undefined>;
}

/** Calls and says in plain words when nobody answers. */
export async function reach(url: string, call: () => Promise<Response>): Promise<Response> {
  try {
    return await call();
  } catch (cause) {
    if (cause instanceof Error && cause.name === "AbortError") throw cause;
    throw new ApiProblem("unavailable", reachProblem(url, cause), { cause });
  }
}

function demandAddress(url: string): void {
  if (["http:", "https:"].includes(URL.parse(url)?.protocol ?? "")) return;
  throw new ApiProblem(
    "invalid",
    `${url} is not the address of a server. Write it like http://localhost:7700.`,
  );
}

/** Reads problem details (RFC 9457); a proxy's page in their place is told by its status. */
export function problemFrom(body: unknown, response: Response): ApiProblem {
  const problem = (typeof body === "object" && body !== null ? body : {}) as {
    readonly code?: unknown;
    readonly detail?: unknown;
    readonly facts?: unknown;
  };
  const requestId = response.headers.get("x-request-id");
  if (typeof problem.code !== "string" || typeof problem.detail !== "string") {
    const where = response.url === "" ? "The server" : response.url;
    const message = `${where} answered with status ${response.status} and no explanation, as no Fettle server does. Is the address right, and what stands between?`;
    return new ApiProblem(response.status >= 500 ? "unavailable" : "invalid", message, {
      requestId,
    });
  }
  return new ApiProblem(problem.code as FailureCode, problem.detail, {
    requestId,
    facts: (problem.facts ?? {}) as Readonly<Record<string, unknown>>,
  });
}
