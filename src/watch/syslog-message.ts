import { instantToText } from "../base/instant.ts";
import { eventSentence } from "../ledger/event-sentence.ts";
import { type Severity, severityOf } from "./event-severity.ts";
import type { Told } from "./model.ts";

/**
 * One event as a syslog message (RFC 5424), and how messages are set apart in a stream (RFC 6587
 * §3.4.1 octet counting, which RFC 5425 §4.3 demands for TLS). Pure.
 */
export interface SyslogForm {
  readonly facility: number;
  readonly hostname: string;
  readonly message: "words" | "entry";
  /** Bytes of one message; what is longer is cut at its end. */
  readonly bytesMax: number;
}

/** RFC 5424 §6.2.1. */
const severities: Readonly<Record<Severity, number>> = { error: 3, warning: 4, notice: 5, info: 6 };

/** RFC 5612 sets this number apart for examples; nobody can hold it against us. */
const ENTERPRISE = 32473;
/** RFC 5424 §6.2.7. */
const MSGID_MAX = 32;
const BOM = "\ufeff";

export function syslogMessage(event: Told, form: SyslogForm): Buffer {
  const priority = form.facility * 8 + severities[severityOf(event)];
  const head = [
    `<${priority}>1`,
    instantToText(event.at),
    form.hostname,
    "fettle",
    "-",
    event.type.slice(0, MSGID_MAX),
    structuredData(event),
  ].join(" ");
  const text = form.message === "entry" ? event.text : plainLine(eventSentence(event));
  return cutTo(Buffer.from(`${head} ${BOM}${text}`), form.bytesMax);
}

/** RFC 6587 §3.4.1: the number of octets, a space, the message. */
export function framed(message: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${message.length} `), message]);
}

function structuredData(event: Told): string {
  const values: Readonly<Record<string, string | number | null>> = {
    ...{ index: event.index, id: event.id, actor: event.actor, object: event.object },
    ...{ case: event.patch, change: event.change, plan: event.plan },
  };
  const parameters = Object.entries(values)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => ` ${name}="${escaped(plainLine(String(value)))}"`);
  return `[fettle@${ENTERPRISE}${parameters.join("")}]`;
}

/** RFC 5424 §6.3.3. */
function escaped(value: string): string {
  return value.replace(/["\\\]]/g, "\\$&");
}

/** What hosts and feeds said must not start a line or steer a terminal at the receiver. */
function plainLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, "\ufffd");
}

/** Never within a character of UTF-8. */
function cutTo(bytes: Buffer, max: number): Buffer {
  if (bytes.length <= max) return bytes;
  let end = max;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end);
}
