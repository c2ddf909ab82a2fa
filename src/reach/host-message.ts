import {
  GREETING,
  type GroupName,
  groupNames,
  type HostMessage,
  innerSections,
  LINE_BYTES_MAX,
  type NoteName,
  noteNames,
  PREAMBLE_BYTES_MAX,
} from "./model.ts";

/**
 * Reads the bytes of a host: splits lines, makes them printable ASCII (each other byte becomes `?`),
 * waits for the greeting and puts lines together to messages. Pure state, no I/O.
 */
export interface MessageReader {
  /** Takes bytes, returns the messages they complete, or why the host is not understood. */
  take(bytes: Uint8Array): readonly HostMessage[] | { readonly broken: string };
  readonly hasGreeted: () => boolean;
  /** True when the host stopped in the middle of a message. */
  readonly isInside: () => boolean;
}

interface OpenGroup {
  readonly name: GroupName;
  readonly heading: string;
  readonly sections: Map<string, string[]>;
  current: string[];
}

export function messageReader(): MessageReader {
  const lines = lineSplitter();
  let hasGreeted = false;
  let preambleBytes = 0;
  let group: OpenGroup | null = null;

  const line = (text: string): HostMessage | { broken: string } | null => {
    if (!hasGreeted) {
      hasGreeted = text === GREETING;
      return null;
    }
    if (group === null) {
      const begun = beginning(text);
      if (begun === null) return { broken: `an unexpected line: ${text.slice(0, 80)}` };
      if (begun.kind === "note") return begun;
      group = begun.group;
      return null;
    }
    if (text === "@end") {
      const { name, heading, sections } = group;
      group = null;
      return { kind: "group", name, heading, sections };
    }
    const inner = text.startsWith("@") ? text.slice(1) : null;
    if (inner === null) group.current.push(text);
    else if (!innerSections[group.name].includes(inner) || group.sections.has(inner)) {
      return { broken: `an unexpected section: ${text.slice(0, 80)}` };
    } else {
      group.current = [];
      group.sections.set(inner, group.current);
    }
    return null;
  };

  return {
    hasGreeted: () => hasGreeted,
    isInside: () => group !== null,
    take(bytes) {
      if (!hasGreeted) preambleBytes += bytes.length;
      const messages: HostMessage[] = [];
      for (const text of lines(bytes)) {
        const result = line(text);
        if (result !== null && "broken" in result) return result;
        if (result !== null) messages.push(result);
      }
      if (!hasGreeted && preambleBytes > PREAMBLE_BYTES_MAX) {
        return {
          broken:
            "other output where the host program's greeting should be; take away what prints when this user logs in (profile, banner, forced command)",
        };
      }
      return messages;
    },
  };
}

function beginning(
  text: string,
): { kind: "group"; group: OpenGroup } | (HostMessage & { kind: "note" }) | null {
  const match = /^@([a-z]+)(?: (.*))?$/.exec(text);
  const [name = "", rest = ""] = [match?.[1], match?.[2]];
  if ((noteNames as readonly string[]).includes(name)) {
    return { kind: "note", name: name as NoteName, text: rest };
  }
  if (!(groupNames as readonly string[]).includes(name)) return null;
  const current: string[] = [];
  const sections = new Map([[name, current]]);
  return { kind: "group", group: { name: name as GroupName, heading: rest, sections, current } };
}

const LF = 0x0a;

/** Lines of printable ASCII and tabs; bytes beyond the limit of a line are dropped. */
function lineSplitter(): (bytes: Uint8Array) => readonly string[] {
  let kept: Buffer[] = [];
  let keptBytes = 0;
  const keep = (part: Uint8Array): void => {
    const room = LINE_BYTES_MAX - keptBytes;
    if (room <= 0 || part.length === 0) return;
    // A copy, so that a short rest does not hold a whole chunk in memory.
    const copy = Buffer.from(part.subarray(0, room));
    kept.push(copy);
    keptBytes += copy.length;
  };
  return (bytes) => {
    const done: string[] = [];
    let from = 0;
    for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, from)) {
      keep(bytes.subarray(from, at));
      done.push(harmless(Buffer.concat(kept).toString("latin1")));
      kept = [];
      keptBytes = 0;
      from = at + 1;
    }
    keep(bytes.subarray(from));
    return done;
  };
}

/**
 * Text of a host as anybody may show it: no control character can move a terminal's cursor, no byte
 * outside ASCII can pose as another letter.
 */
export function harmless(text: string): string {
  return text.replace(/[^\t\x20-\x7e]/g, "?");
}
