import { safeText } from "./table.ts";

/** One event as a sentence. Events without a sentence of their own show their facts. */
interface ShownEvent {
  readonly type: string;
  readonly object: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

type Sentence = (facts: Readonly<Record<string, unknown>>) => string;

const text = (value: unknown): string => safeText(value === undefined ? null : String(value));
const short = (value: unknown): string => text(value).slice(0, 12);

const sentences: Readonly<Record<string, Sentence>> = {
  "patch.opened": (f) =>
    `opened the case for ${text(f["source"])} ${text(f["sourceVersion"])}: ${text(f["route"])}, ${text(f["urgency"])}, by the rule "${text(f["rule"])}"`,
  "patch.moved": (f) => `moved the case from ${text(f["from"])} to ${text(f["to"])}`,
  "approval.given": (f) => `approved with the key ${text(f["fingerprint"] ?? f["keyFingerprint"])}`,
};

export function eventText(event: ShownEvent): string {
  const sentence = sentences[event.type];
  if (sentence !== undefined) return sentence(event.facts);
  const facts = Object.entries(event.facts)
    .filter(([, value]) => value !== null && typeof value !== "object")
    .map(([key, value]) => `${key} ${shortened(value)}`);
  const lists = Object.entries(event.facts)
    .filter(([, value]) => Array.isArray(value))
    .map(([key, value]) => `${(value as unknown[]).length} ${key}`);
  return [event.type, ...facts, ...lists].join("  ");
}

function shortened(value: unknown): string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value)
    ? `${short(value)}…`
    : text(value);
}
