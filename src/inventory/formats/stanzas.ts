/**
 * Control files of dpkg and apt (deb822(5)): stanzas of `Field: value` lines, parted by empty lines;
 * a line that begins with white space continues the field before it.
 */
export type Stanza = ReadonlyMap<string, string>;

/** Stanza after stanza with the wanted fields, named in lower case. */
export function* stanzas(text: string, wanted: ReadonlySet<string>): Generator<Stanza> {
  let fields = new Map<string, string>();
  let last: string | null = null;
  for (let start = 0; start <= text.length; ) {
    const end = text.indexOf("\n", start);
    const stop = end < 0 ? text.length : end;
    const line = text.slice(start, text.charCodeAt(stop - 1) === 13 ? stop - 1 : stop);
    start = stop + 1;
    if (line.trim() === "") {
      if (fields.size > 0) yield fields;
      fields = new Map();
      last = null;
    } else if (line.startsWith(" ") || line.startsWith("\t")) {
      if (last !== null) fields.set(last, `${fields.get(last) ?? ""}\n${line.trim()}`);
    } else {
      const colon = line.indexOf(":");
      const name = line.slice(0, Math.max(0, colon)).toLowerCase();
      last = wanted.has(name) ? name : null;
      if (last !== null) fields.set(last, line.slice(colon + 1).trim());
    }
  }
  if (fields.size > 0) yield fields;
}

/** `Source: name (version)`; without it the package is its own source. */
export function sourceOf(stanza: Stanza): { readonly source: string; readonly version: string } {
  const match = /^(\S+)(?: \(([^)]*)\))?$/.exec(stanza.get("source") ?? "");
  return {
    source: match?.[1] ?? stanza.get("package") ?? "",
    version: match?.[2] ?? stanza.get("version") ?? "",
  };
}

/** Sources with their versions that `Built-Using` and `Static-Built-Using` name (Debian Policy 7.8). */
export function builtUsing(
  stanza: Stanza,
): readonly (readonly [source: string, version: string])[] {
  const text = `${stanza.get("built-using") ?? ""},${stanza.get("static-built-using") ?? ""}`;
  const found = [
    ...text.matchAll(/(?<![a-z0-9+.-])([a-z0-9][a-z0-9+.-]*)\s{0,9}\(=\s*([^\s)]+)\s*\)/g),
  ];
  return found.map(([, source = "", version = ""]): [string, string] => [source, version]);
}
