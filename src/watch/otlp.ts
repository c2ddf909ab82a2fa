import { createHash } from "node:crypto";
import type { Json, JsonObject } from "../base/json.ts";
import { eventSentence } from "../ledger/event-sentence.ts";
import { type Severity, severityOf } from "./event-severity.ts";
import type { Told } from "./model.ts";

/**
 * Events as log records, and what they began and ended as spans, in the JSON form of OTLP 1.x (ids in
 * hex, 64-bit numbers as text). A case is one trace: its id without dashes is the trace id, so every
 * event, span and line that carries the case is found by one search. Pure.
 */
export interface Resource {
  readonly deployment: string;
  readonly version: string;
}

/** SeverityNumber of the OpenTelemetry log data model. */
const severities: Readonly<Record<Severity, readonly [number, string]>> = {
  error: [17, "ERROR"],
  warning: [13, "WARN"],
  notice: [10, "INFO2"],
  info: [9, "INFO"],
};

const NOTHING_MAX_DEPTH = 6;

export function logsBody(events: readonly Told[], of: Resource): JsonObject {
  const logRecords = events.map(logRecord);
  return {
    resourceLogs: [{ resource: resourceOf(of), scopeLogs: [{ scope: scopeOf(of), logRecords }] }],
  };
}

function logRecord(event: Told): JsonObject {
  const [severityNumber, severityText] = severities[severityOf(event)];
  const time = nanoseconds(event.at);
  return {
    timeUnixNano: time,
    observedTimeUnixNano: time,
    severityNumber,
    severityText,
    eventName: event.type,
    body: { stringValue: eventSentence(event) },
    attributes: attributesOf(event),
    ...(event.patch === null ? {} : { traceId: traceIdOf(event.patch) }),
  };
}

function attributesOf(event: Told): Json[] {
  return [
    { key: "fettle.ledger.index", value: { intValue: String(event.index) } },
    ...Object.entries({
      "fettle.event.id": event.id,
      "fettle.actor": event.actor,
      "fettle.object": event.object,
      "fettle.case": event.patch,
      "fettle.change": event.change,
      "fettle.plan": event.plan,
    }).flatMap(([key, value]) => (value === null ? [] : [{ key, value: { stringValue: value } }])),
    { key: "fettle.facts", value: anyValue(event.facts, 0) },
  ];
}

/** AnyValue of opentelemetry/proto/common/v1/common.proto; null is a value that is not set. */
function anyValue(value: Json, depth: number): JsonObject {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "number") {
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  }
  if (value === null || depth >= NOTHING_MAX_DEPTH) return {};
  if (Array.isArray(value)) {
    return { arrayValue: { values: value.map((one) => anyValue(one, depth + 1)) } };
  }
  const values = Object.entries(value as JsonObject).map(([key, one]) => ({
    key,
    value: anyValue(one, depth + 1),
  }));
  return { kvlistValue: { values } };
}

export function resourceOf(of: Resource): JsonObject {
  return {
    attributes: Object.entries({
      "service.name": "fettle",
      "service.namespace": of.deployment,
      "service.version": of.version,
    }).map(([key, value]) => ({ key, value: { stringValue: value } })),
  };
}

export function scopeOf(of: Resource): JsonObject {
  return { name: "fettle.ledger", version: of.version };
}

export function nanoseconds(at: number): string {
  return `${at}000000`;
}

/** The case's UUID is 16 bytes, as a trace id is (W3C Trace Context §3.2.2.3). */
export function traceIdOf(patch: string): string {
  return patch.replaceAll("-", "");
}

/** Eight bytes from what the span is about, so that it is the same whoever sends it, and again. */
export function spanIdOf(about: string): string {
  return createHash("sha256").update(`fettle span ${about}`).digest("hex").slice(0, 16);
}
