import { SaxesParser } from "saxes";

/**
 * Reads XML element by element: whole trees only of the wanted elements, each handed over and then
 * forgotten, so that files of hundreds of megabytes need the memory of one entry. Names lose their
 * prefix. Entities of a document's own are not known to the parser, so none can grow.
 */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Its own characters, without those of its children. */
  readonly text: string;
}

interface Growing extends XmlElement {
  readonly children: XmlElement[];
  text: string;
}

const DEPTH_MAX = 200;

/** Calls back for each wanted element; returns why the text ends early, or null when it is whole. */
export function readXml(
  text: string,
  wanted: ReadonlySet<string>,
  onElement: (element: XmlElement) => void,
): string | null {
  const reader = openXml(wanted, onElement);
  reader.write(text);
  return reader.close();
}

/** A text that comes in pieces: `write` and `close` say what is wrong with it so far, or null. */
export interface XmlReader {
  write(piece: string): string | null;
  close(): string | null;
}

export function openXml(
  wanted: ReadonlySet<string>,
  onElement: (element: XmlElement) => void,
): XmlReader {
  const parser = new SaxesParser({ xmlns: false, position: true });
  const open: Growing[] = [];
  let depth = 0;
  let problem: string | null = null;
  parser.on("error", (error) => {
    problem ??= error.message;
  });
  parser.on("opentag", (tag) => {
    depth++;
    const name = localName(tag.name);
    if (depth > DEPTH_MAX) problem ??= `elements are nested more than ${DEPTH_MAX} deep`;
    if (problem !== null || (open.length === 0 && !wanted.has(name))) return;
    const element: Growing = { name, attributes: { ...tag.attributes }, children: [], text: "" };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on("text", (characters) => {
    const current = open.at(-1);
    if (current !== undefined) current.text += characters;
  });
  parser.on("cdata", (characters) => {
    const current = open.at(-1);
    if (current !== undefined) current.text += characters;
  });
  parser.on("closetag", () => {
    depth--;
    if (problem !== null) return;
    const element = open.pop();
    if (element !== undefined && open.length === 0) onElement(element);
  });
  return {
    write(piece) {
      if (problem === null) parser.write(piece);
      return problem;
    },
    close() {
      if (problem === null) parser.close();
      return problem;
    },
  };
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

export function childrenOf(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

export function childOf(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((child) => child.name === name);
}

export function textOf(element: XmlElement | undefined): string {
  return element?.text.trim() ?? "";
}

/** Every element of a name, however deep. */
export function* descendants(element: XmlElement, name: string): Generator<XmlElement> {
  for (const child of element.children) {
    if (child.name === name) yield child;
    yield* descendants(child, name);
  }
}
