import { Failure } from "../src/base/failure.ts";
import { SUITE } from "./model.ts";

/**
 * Finds the archive addresses in the machine's own apt sources: pure text in, addresses out.
 * Both forms of sources.list(5) are read: one-line (`deb …`) and deb822 (`Types: deb …`).
 */

export interface AptSource {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
}

export interface Mirrors {
  /** Base addresses without a slash at the end. */
  readonly main: string;
  readonly updates: string;
  readonly security: string;
}

export function parseOneLineSources(text: string): readonly AptSource[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s*(.*)$/.exec(withoutComment(line));
    if (match?.[1] === undefined || match[2] === undefined) return [];
    return [{ uri: match[1], suite: match[2], components: words(match[3] ?? "") }];
  });
}

export function parseDeb822Sources(text: string): readonly AptSource[] {
  const lines = text.split("\n").filter((line) => !line.startsWith("#"));
  return lines
    .join("\n")
    .split(/\n\s*\n/)
    .flatMap(parseStanza);
}

function parseStanza(stanza: string): readonly AptSource[] {
  const fields = new Map<string, string>();
  // A line that begins with a blank continues the field before it (deb822(5)).
  for (const line of stanza.replaceAll(/\n[ \t]+/g, " ").split("\n")) {
    const at = line.indexOf(":");
    if (at > 0) fields.set(line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim());
  }
  const isDisabled = /^(no|false|without|off|disable|0)$/i.test(fields.get("enabled") ?? "yes");
  if (isDisabled || !words(fields.get("types") ?? "").includes("deb")) return [];
  const components = words(fields.get("components") ?? "");
  return words(fields.get("uris") ?? "").flatMap((uri) =>
    words(fields.get("suites") ?? "").map((suite) => ({ uri, suite, components })),
  );
}

/**
 * The archive's base address is the same for every release, so a machine of another Debian release
 * tells it as well; the lab's own release is preferred.
 */
export function findMirrors(sources: readonly AptSource[]): Mirrors {
  const usable = sources.filter((source) => source.components.includes("main"));
  const main =
    usable.find((source) => source.suite === SUITE) ??
    usable.find((source) => /^(bullseye|trixie|forky|sid|stable|testing)$/.test(source.suite));
  const security =
    usable.find((source) => source.suite === `${SUITE}-security`) ??
    usable.find((source) => /^[a-z]+-security$/.test(source.suite));
  const updates = usable.find((source) => source.suite === `${SUITE}-updates`) ?? main;
  if (main === undefined || security === undefined || updates === undefined) {
    throw new Failure(
      "unavailable",
      `The apt sources of this machine name no Debian archive with ${main === undefined ? "main" : "security"} packages. The lab takes its mirror addresses from there: enable the Debian sources in /etc/apt, or run the lab on a Debian machine.`,
    );
  }
  return {
    main: checkedUri(main.uri),
    updates: checkedUri(updates.uri),
    security: checkedUri(security.uri),
  };
}

function checkedUri(uri: string): string {
  // The address becomes part of the proxy's configuration, so it may hold nothing but an address.
  if (!/^https?:\/\/[A-Za-z0-9.-]+(:\d+)?(\/[A-Za-z0-9._~/+-]*)?$/.test(uri)) {
    throw new Failure(
      "unavailable",
      `The lab cannot use the apt source ${JSON.stringify(uri)}: its proxy fetches from plain http and https addresses only. Name such a mirror in /etc/apt.`,
    );
  }
  return uri.replace(/\/+$/, "");
}

function withoutComment(line: string): string {
  return line.replace(/#.*$/, "");
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
