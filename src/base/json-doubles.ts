/**
 * The first key that stands twice in one object of a JSON text, and the first place nested deeper than
 * allowed. Readers differ in which of two values they take, so a document with both can say one thing
 * to whoever checked it and another to us. Broken text is the parser's to refuse.
 */
export interface JsonFault {
  readonly kind: "double" | "deep";
  readonly line: number;
  /** The key as it is written. */
  readonly key: string;
}

export function jsonFault(text: string, depthMax: number): JsonFault | null {
  // One set of keys per open object; arrays hold null.
  const open: (Set<string> | null)[] = [];
  let isKeyNext = false;
  for (let i = 0; i < text.length; i++) {
    const sign = text[i];
    if (sign === '"') {
      const end = endOfString(text, i);
      const keys = open.at(-1);
      if (isKeyNext && keys != null) {
        const key = text.slice(i + 1, end);
        if (keys.has(plainKey(key))) return { kind: "double", line: lineAt(text, i), key };
        keys.add(plainKey(key));
        isKeyNext = false;
      }
      i = end;
    } else if (sign === "{" || sign === "[") {
      open.push(sign === "{" ? new Set() : null);
      if (open.length > depthMax) return { kind: "deep", line: lineAt(text, i), key: "" };
      isKeyNext = sign === "{";
    } else if (sign === "}" || sign === "]") {
      open.pop();
      isKeyNext = false;
    } else if (sign === ",") isKeyNext = open.at(-1) != null;
  }
  return null;
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === '"') return i;
  }
  return text.length;
}

/** `\u0061` and `a` are the same key. */
function plainKey(key: string): string {
  if (!key.includes("\\")) return key;
  try {
    return JSON.parse(`"${key}"`) as string;
  } catch {
    return key;
  }
}

function lineAt(text: string, at: number): number {
  let line = 1;
  for (let i = text.indexOf("\n"); i >= 0 && i < at; i = text.indexOf("\n", i + 1)) line++;
  return line;
}
