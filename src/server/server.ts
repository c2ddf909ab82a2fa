import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { assert, Failure, failureTable } from "../base/failure.ts";
import { newId, type SubjectId } from "../base/ids.ts";
import type { World } from "../db/world.ts";
import type { ServedRoute } from "../ledger/served-route.ts";
import { answer } from "./answer.ts";
import { type BodyPace, takeBodies, takeStreams } from "./bodies.ts";
import { type Admission, admit, makeDoors } from "./gate.ts";
import { type Metrics, makeMetrics } from "./metrics.ts";
import { isPageRequest, type Pages, sendPage } from "./pages.ts";
import { failureOf, problemOf, scimProblemOf } from "./problem.ts";
import { refusalEvent } from "./refusal-kind.ts";
import { type Refusals, startRefusals } from "./refusals.ts";
import { formFault } from "./request-form.ts";
import { healthRoute, metricsRoute } from "./routes.ts";
import { withStrictInput } from "./strict-input.ts";

const BODY_BYTES_MAX = 1_048_576;
/** For the whole of a request to arrive: slow senders do not hold a connection for ever. */
const REQUEST_MS_MAX = 120_000;
const PARAM_CHARACTERS_MAX = 300;
/** For the head of a request; Node refuses heads of more than 16 KiB by itself (431). */
const HEADERS_MS_MAX = 20_000;

export interface ServerOptions {
  /** Parse every reply with its schema; tests do, production trusts its own code. */
  readonly checkReplies?: boolean;
  /** The built pages; null: they were not built, which is said. Absent: the API alone. */
  readonly pages?: Pages | null;
  /** How long a body may come slowly; tests shorten it. */
  readonly bodyPace?: BodyPace;
}

declare module "fastify" {
  interface FastifyContextConfig {
    declared?: ServedRoute;
  }
  interface FastifyRequest {
    admission: Admission | null;
    /** Whose credential came with it, whether or not they may; null for nobody's. */
    caller: SubjectId | null;
    /** Why it was refused; null while it was not. */
    refusal: Failure | null;
  }
}

/** The HTTP server over declared routes; not listening yet. */
export function buildServer(
  world: World,
  routes: readonly ServedRoute[],
  options: ServerOptions = {},
): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS_MAX,
    http: { headersTimeout: HEADERS_MS_MAX },
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: PARAM_CHARACTERS_MAX },
    genReqId: () => newId(world.clock()),
    frameworkErrors: (error, request, reply) => {
      sendProblem(world, request as FastifyRequest, reply as FastifyReply, error);
    },
  });
  const metrics = makeMetrics(world);
  const open = new Set<AbortController>();
  takeBodies(app, options.bodyPace);
  guard(app, { world, metrics });
  app.addHook("preClose", async () => {
    for (const controller of open) controller.abort();
  });
  app.setErrorHandler((error, request, reply) => sendProblem(world, request, reply, error));
  app.setNotFoundHandler((request, reply) => {
    const { pages } = options;
    const isPage = pages !== undefined && isPageRequest(request);
    const page = isPage ? sendPage(pages, request, reply) : null;
    if (page !== null) return page;
    const failure = new Failure("not-found", "There is nothing under this method and path.");
    return sendProblem(world, request, reply, failure);
  });
  const all = [...routes, healthRoute, metricsRoute(metrics)].map(withStrictInput);
  const checkReplies = options.checkReplies ?? false;
  const serve = (scope: FastifyInstance, declared: ServedRoute): void => {
    scope.route({
      method: declared.method,
      url: fastifyPath(declared.path),
      bodyLimit: declared.bodyBytesMax ?? BODY_BYTES_MAX,
      config: { declared },
      handler(request, reply) {
        const { admission } = request;
        assert(admission !== null, "a handler ran without the gate");
        return answer({ world, route: declared, request, reply, admission, open, checkReplies });
      },
    });
  };
  for (const declared of all) if (declared.isBodyStreamed === undefined) serve(app, declared);
  app.register(async (scope) => {
    takeStreams(scope);
    for (const declared of all) if (declared.isBodyStreamed === true) serve(scope, declared);
  });
  return app;
}

/** What every request passes: its form, the gate, and at its end the account of it. */
function guard(app: FastifyInstance, of: { world: World; metrics: Metrics }): void {
  const { world, metrics } = of;
  const doors = makeDoors(world);
  const refusals = startRefusals(world);
  app.decorateRequest("admission", null);
  app.decorateRequest("caller", null);
  app.decorateRequest("refusal", null);
  app.addHook("onRequest", async (request, reply) => {
    setSecurityHeaders(reply, request);
    const fault = formFault(request.raw);
    if (fault !== null) throw new Failure("invalid", fault);
    const declared = request.routeOptions.config.declared;
    if (declared !== undefined)
      request.admission = await admit({ world, doors }, request, declared);
    else if (!request.is404) throw new Failure("forbidden", "This route has no rule of access.");
  });
  app.addHook("onResponse", async (request, reply) => {
    observe(world, metrics, request, reply);
    noteRefusal(refusals, request);
  });
  app.addHook("onClose", () => refusals.close());
}

/** `/hosts/{host}` → `/hosts/:host`; a literal colon would be read as a name. */
function fastifyPath(path: string): string {
  return path.replaceAll(":", "::").replace(/\{([A-Za-z][A-Za-z0-9]*)\}/g, ":$1");
}

/** Two years, as browsers ask of names that they are to remember. */
const HSTS = "max-age=63072000; includeSubDomains";

/** ASVS 5.0 V3.4: nothing may be framed, guessed at, or kept; pages loosen this for themselves. */
function setSecurityHeaders(reply: FastifyReply, request: FastifyRequest): void {
  // RFC 6797 §7.2: only over TLS, where it means something.
  if (request.protocol === "https") reply.header("strict-transport-security", HSTS);
  reply.headers({
    "x-request-id": request.id,
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  });
}

function sendProblem(
  world: World,
  request: FastifyRequest,
  reply: FastifyReply,
  thrown: unknown,
): FastifyReply {
  const failure = failureOf(thrown);
  const { status } = failureTable[failure.code];
  const entry = { requestId: request.id, code: failure.code, err: failure.cause };
  if (status >= 500) world.log.error(entry, "a request failed");
  if (status === 401) reply.header("www-authenticate", "Bearer");
  if (status === 429) reply.header("retry-after", String(failure.facts["retryAfter"] ?? 900));
  request.refusal = failure;
  if (routeOf(request).startsWith("/scim/")) {
    const scim = scimProblemOf(failure);
    return reply
      .code(Number(scim.status))
      .header("content-type", "application/scim+json; charset=utf-8")
      .send(JSON.stringify(scim));
  }
  return reply
    .code(status)
    .header("content-type", "application/problem+json; charset=utf-8")
    .send(JSON.stringify(problemOf(failure, request.id)));
}

/** Every "no" to somebody is recorded; that something is not there is an answer. */
function noteRefusal(refusals: Refusals, request: FastifyRequest): void {
  const { refusal, caller, method } = request;
  if (refusal === null) return;
  const { code } = refusal;
  const route = routeOf(request);
  if (refusalEvent({ method, route, code }) === null) return;
  const permission = refusal.facts["permission"];
  refusals.note({
    subject: caller,
    method,
    route,
    code,
    permission: typeof permission === "string" ? permission : null,
  });
}

function routeOf(request: FastifyRequest): string {
  return request.routeOptions.config.declared?.path ?? "(none)";
}

/** One line a request. No header, query or body: they may hold secrets and names. */
function observe(
  world: World,
  metrics: Metrics,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const route = routeOf(request);
  const { method } = request;
  const status = reply.statusCode;
  metrics.observeRequest({ method, route, status, seconds: reply.elapsedTime / 1000 });
  world.log[status === 401 || status === 403 ? "warn" : "debug"](
    {
      requestId: request.id,
      method,
      route,
      status,
      ms: Math.round(reply.elapsedTime),
      subject: request.caller,
      via: request.admission?.actor.via ?? null,
    },
    "request",
  );
}

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Listens on the configured address; a port in use is said so, not thrown at the user. */
export async function startServer(
  world: World,
  routes: readonly ServedRoute[],
  options: ServerOptions = {},
): Promise<RunningServer> {
  const app = buildServer(world, routes, options);
  const { host, port } = world.config;
  try {
    await app.listen({ host, port });
  } catch (cause) {
    await app.close();
    if ((cause as NodeJS.ErrnoException).code !== "EADDRINUSE") throw cause;
    throw new Failure(
      "blocked",
      `Port ${port} on ${host} is in use by another program. Stop it, or choose another with --port or FETTLE_PORT.`,
      { cause },
    );
  }
  const address = app.server.address();
  assert(typeof address === "object" && address !== null, "the server listens on a port");
  const shown = host === "127.0.0.1" || host === "::1" ? "localhost" : host;
  return {
    url: `http://${shown.includes(":") ? `[${shown}]` : shown}:${address.port}`,
    port: address.port,
    close: async () => {
      await app.close();
    },
  };
}
