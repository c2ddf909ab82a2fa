import type { JsonObject } from "../base/json.ts";
import type { Told } from "./model.ts";
import { nanoseconds, type Resource, resourceOf, scopeOf, spanIdOf, traceIdOf } from "./otlp.ts";

/**
 * Spans of a case's trace: a change from its request to its end, in it the rollout, in that each wave.
 * A span is sent when the event that ends it is; what began it is looked up in the ledger. Pure.
 */
interface SpanRule {
  readonly begins: string;
  readonly name: (end: Told) => string;
  /** What both ends share beside the object. */
  readonly sharedFact: string | null;
  /** The object of the span around it, from the event that ends this one. */
  readonly parent: (end: Told) => string | null;
}

const changeObject = (end: Told): string | null =>
  end.change === null ? null : `change:${end.change}`;

const rolloutRule: SpanRule = {
  begins: "rollout.started",
  name: () => "rollout",
  sharedFact: null,
  parent: changeObject,
};
const changeRule: SpanRule = {
  begins: "change.requested",
  name: () => "change",
  sharedFact: null,
  parent: () => null,
};

export const spanEnds: Readonly<Record<string, SpanRule>> = {
  "wave.passed": {
    begins: "wave.opened",
    name: (end) => `wave ${String(end.facts["wave"])}`,
    sharedFact: "wave",
    parent: (end) => end.object,
  },
  "rollout.finished": rolloutRule,
  "change.completed": changeRule,
  "change.failed": changeRule,
  "change.rejected": changeRule,
  "change.withdrawn": changeRule,
};

/** A span that ended without what it was for. */
const FAILED = new Set(["change.failed", "change.rejected", "change.withdrawn"]);

/** The events whose spans end here, with what has to be found to begin them. */
export function endsIn(events: readonly Told[]): readonly Told[] {
  return events.filter((event) => event.patch !== null && spanEnds[event.type] !== undefined);
}

/** Null where nothing has ended, or nothing of what began it is known. */
export function spansBody(
  ends: readonly Told[],
  began: readonly Told[],
  of: Resource,
): JsonObject | null {
  const spans = ends.flatMap((end) => {
    const span = spanOf(end, began);
    return span === null ? [] : [span];
  });
  if (spans.length === 0) return null;
  return {
    resourceSpans: [{ resource: resourceOf(of), scopeSpans: [{ scope: scopeOf(of), spans }] }],
  };
}

function spanOf(end: Told, began: readonly Told[]): JsonObject | null {
  const rule = spanEnds[end.type];
  if (rule === undefined || end.patch === null) return null;
  const start = began.findLast(
    (event) =>
      event.type === rule.begins &&
      event.object === end.object &&
      event.index < end.index &&
      (rule.sharedFact === null || event.facts[rule.sharedFact] === end.facts[rule.sharedFact]),
  );
  if (start === undefined) return null;
  const about = rule.sharedFact === null ? end.object : `${end.object} ${rule.name(end)}`;
  const parent = rule.parent(end);
  return {
    traceId: traceIdOf(end.patch),
    spanId: spanIdOf(about),
    ...(parent === null ? {} : { parentSpanId: spanIdOf(parent) }),
    name: rule.name(end),
    // SPAN_KIND_INTERNAL
    kind: 1,
    startTimeUnixNano: nanoseconds(start.at),
    endTimeUnixNano: nanoseconds(end.at),
    attributes: [
      { key: "fettle.object", value: { stringValue: end.object } },
      { key: "fettle.case", value: { stringValue: end.patch } },
    ],
    status: FAILED.has(end.type) ? { code: 2, message: end.type } : { code: 1 },
  };
}
