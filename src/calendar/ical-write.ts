import { sha256 } from "../base/digest.ts";
import { type Instant, instantToText } from "../base/instant.ts";
import type { EntryTime } from "./model.ts";
import { hostsText, kindLabel, toldToText } from "./words.ts";

/**
 * The calendar as iCalendar (RFC 5545), each time an event of its own in UTC: whoever subscribes sees
 * exactly the times that are enforced, and needs neither our rules nor our zones.
 */
export function writeIcal(times: readonly EntryTime[], now: Instant): string {
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Fettle//Calendar//EN",
    "CALSCALE:GREGORIAN",
    "METHOD:PUBLISH",
    "X-WR-CALNAME:Fettle",
    ...times.flatMap((time) => eventLines(time, now)),
    "END:VCALENDAR",
  ];
  return `${lines.flatMap(folded).join("\r\n")}\r\n`;
}

function eventLines(time: EntryTime, now: Instant): string[] {
  const { entry, from, to, zone } = time;
  const about = [
    `${kindLabel(entry.kind)} for ${hostsText(entry.hosts)} (${entry.origin}), ${zone}`,
    ...(entry.reason === null ? [] : [entry.reason]),
    ...time.told.map(toldToText),
  ];
  const uid = sha256(`${entry.origin}\n${entry.kind}\n${entry.name}\n${zone}\n${from}`).slice(
    0,
    32,
  );
  return [
    "BEGIN:VEVENT",
    `UID:${uid}@fettle`,
    `DTSTAMP:${stamp(now)}`,
    `DTSTART:${stamp(from)}`,
    `DTEND:${stamp(to)}`,
    `SUMMARY:${escaped(`${kindLabel(entry.kind)}: ${entry.name}`)}`,
    `DESCRIPTION:${escaped(about.join("\n"))}`,
    `CATEGORIES:${escaped(entry.kind)}`,
    `TRANSP:${entry.isClosing ? "OPAQUE" : "TRANSPARENT"}`,
    "END:VEVENT",
  ];
}

function stamp(instant: Instant): string {
  return `${instantToText(instant).slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
}

/** §3.3.11. */
function escaped(text: string): string {
  return text.replaceAll(/[\\;,]/g, (sign) => `\\${sign}`).replaceAll(/\r?\n/g, "\\n");
}

const LINE_BYTES_MAX = 75;

/** §3.1: no line is longer than 75 bytes; what goes on begins with a space, and no character is cut. */
function folded(line: string): string[] {
  const out: string[] = [];
  let part = "";
  let bytes = 0;
  for (const sign of line) {
    const size = Buffer.byteLength(sign);
    if (bytes + size > LINE_BYTES_MAX) {
      out.push(part);
      part = " ";
      bytes = 1;
    }
    part += sign;
    bytes += size;
  }
  return [...out, part];
}
