import { Transform } from "node:stream";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Failure } from "../base/failure.ts";
import { type JsonFault, jsonFault } from "../base/json-doubles.ts";

/**
 * How bodies are read: one reader for all JSON, which refuses what two programs could understand
 * differently; text and bytes for the routes that take files. ASVS 5.0 V1.5.3, V5.2.1, V15.3.6.
 */
const JSON_DEPTH_MAX = 32;
const JSON_KEYS_MAX = 100_000;

/** A sender gets this long to begin, then must keep to the rate. */
const SLOW_GRACE_MS = 10_000;
const BYTES_A_SECOND_MIN = 1_024;

export interface BodyPace {
  readonly graceMs: number;
}

export function takeBodies(app: FastifyInstance, pace: BodyPace = { graceMs: SLOW_GRACE_MS }) {
  app.addHook("preParsing", async (request, reply, payload) => {
    refuseCompressed(request);
    const steady = steadyBody(pace);
    // Whoever is cut off must not go on with what the server takes for a next request.
    steady.once("error", () => reply.header("connection", "close"));
    payload.once("error", (cause) => steady.destroy(cause));
    return payload.pipe(steady);
  });
  app.removeContentTypeParser(["text/plain", "application/json"]);
  const jsonTypes = ["application/json", "application/scim+json"];
  app.addContentTypeParser(jsonTypes, { parseAs: "buffer" }, (_request, body, done) => {
    try {
      done(null, parseJsonBody(body as Buffer));
    } catch (cause) {
      done(cause as Error);
    }
  });
  app.addContentTypeParser(FORM, { parseAs: "string" }, (request, body, done) => {
    try {
      // A page of any site can send a form, so only the one route that must reads them.
      const isTaken = request.routeOptions.config.declared?.isBodyForm === true;
      if (!isTaken) throw new Failure("invalid", "This route takes no form. Send JSON.");
      done(null, parseFormBody(body as string));
    } catch (cause) {
      done(cause as Error);
    }
  });
  app.addContentTypeParser(/^text\//, { parseAs: "string" }, (_request, body, done) => {
    done(null, body);
  });
  app.addContentTypeParser(
    "application/octet-stream",
    { parseAs: "buffer" },
    (_request, body, done) => done(null, body),
  );
}

const FORM = "application/x-www-form-urlencoded";
const FORM_FIELDS_MAX = 20;

/** Only what the standards of others send so: a provider's logout token. A name stands once. */
function parseFormBody(text: string): Readonly<Record<string, string>> {
  const fields = [...new URLSearchParams(text)];
  const names = new Set(fields.map(([name]) => name));
  if (fields.length > FORM_FIELDS_MAX || names.size !== fields.length || names.has("__proto__")) {
    throw new Failure("invalid", "A form has few fields here, and each once.");
  }
  return Object.fromEntries(fields);
}

/** Files larger than memory go on as they come; their handler keeps to the limit of their route. */
export function takeStreams(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("application/octet-stream", (_request, payload, done) =>
    done(null, payload),
  );
}

/** The value of a JSON body. Bytes that are no UTF-8 would be read as something else than was sent. */
export function parseJsonBody(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw new Failure("invalid", "The body is not UTF-8 (RFC 8259 §8.1).");
  }
  const fault = jsonFault(text, {
    depthMax: JSON_DEPTH_MAX,
    keysMax: JSON_KEYS_MAX,
    refusesReserved: true,
  });
  if (fault !== null) throw new Failure("invalid", faultText(fault));
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure("invalid", "The body is not whole JSON.");
  }
}

// A byte order mark is no part of JSON (RFC 8259 §8.1); kept, the parser refuses it.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function faultText({ kind, key, line }: JsonFault): string {
  const named = JSON.stringify(key.slice(0, 80));
  switch (kind) {
    case "deep":
      return `JSON is nested at most ${JSON_DEPTH_MAX} deep here.`;
    case "many":
      return `JSON has at most ${JSON_KEYS_MAX} keys here.`;
    case "double":
      return `The key ${named} stands twice in one object of the body (line ${line}), so it is not clear which value holds.`;
    case "reserved":
      return `The key ${named} of the body (line ${line}) is none that any request has.`;
  }
}

/** Nothing is unpacked, so nothing can grow; files that are packed themselves say so inside. */
function refuseCompressed(request: FastifyRequest): void {
  const encoding = request.headers["content-encoding"];
  if (encoding === undefined || encoding.toLowerCase() === "identity") return;
  throw new Failure(
    "invalid",
    "Bodies are taken as they are, without Content-Encoding. Send it uncompressed.",
  );
}

/** Passes on what comes, and breaks off where less than 1 KiB a second does. */
function steadyBody(pace: BodyPace): Transform {
  const startedAt = performance.now();
  let bytes = 0;
  const steady = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  const look = setInterval(() => {
    const seconds = (performance.now() - startedAt) / 1000;
    if (bytes >= seconds * BYTES_A_SECOND_MIN) return;
    steady.destroy(new Failure("invalid", "The body came too slowly and was not waited for."));
  }, pace.graceMs);
  look.unref();
  steady.once("close", () => clearInterval(look));
  steady.once("end", () => clearInterval(look));
  return steady;
}
