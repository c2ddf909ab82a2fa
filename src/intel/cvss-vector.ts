/**
 * CVSS vector strings of all versions, read strictly: a vector that its specification does not allow
 * has no score, only a reason. CVSS v2.0 guide §2.4; v3.0 and v3.1 specification §6; v4.0 §7.
 */
export type CvssVersion = "2.0" | "3.0" | "3.1" | "4.0";

export interface CvssVector {
  readonly version: CvssVersion;
  /** Every metric of the version; what the vector leaves out is `X` (`ND` in version 2). */
  readonly metrics: Readonly<Record<string, string>>;
}

export type ParsedVector =
  | { readonly vector: CvssVector; readonly problem: null }
  | { readonly vector: null; readonly problem: string };

interface Metric {
  readonly place: number;
  readonly values: readonly string[];
}

interface Grammar {
  readonly metrics: ReadonlyMap<string, Metric>;
  readonly mandatory: readonly string[];
  /** Every metric, not defined. */
  readonly undefinedMetrics: Readonly<Record<string, string>>;
  /** Version 4 fixes the order (§7); in version 2 people write any, which can mean one thing only. */
  readonly isOrdered: boolean;
}

/** A word is a metric with its values: one letter each, or parted by commas. */
function grammarOf(
  base: string,
  optional: string,
  options: { readonly undefinedValue: "X" | "ND"; readonly isOrdered: boolean },
): Grammar {
  const words = `${base} ${optional}`.split(" ").map((word) => word.split(":"));
  const metrics = words.map(([name = "", values = ""], place): [string, Metric] => [
    name,
    { place, values: values.includes(",") ? values.split(",") : [...values] },
  ]);
  return {
    metrics: new Map(metrics),
    mandatory: base.split(" ").map((word) => word.slice(0, word.indexOf(":"))),
    undefinedMetrics: Object.fromEntries(metrics.map(([name]) => [name, options.undefinedValue])),
    isOrdered: options.isOrdered,
  };
}

const threeBase = "AV:NALP AC:LH PR:NLH UI:NR S:UC C:HLN I:HLN A:HLN";
const threeOptional =
  "E:XUPFH RL:XOTWU RC:XURC CR:XLMH IR:XLMH AR:XLMH " +
  "MAV:XNALP MAC:XLH MPR:XNLH MUI:XNR MS:XUC MC:XNLH MI:XNLH MA:XNLH";
const three = grammarOf(threeBase, threeOptional, { undefinedValue: "X", isOrdered: false });

const grammars: Readonly<Record<CvssVersion, Grammar>> = {
  "2.0": grammarOf(
    "AV:LAN AC:HML Au:MSN C:NPC I:NPC A:NPC",
    "E:U,POC,F,H,ND RL:OF,TF,W,U,ND RC:UC,UR,C,ND " +
      "CDP:N,L,LM,MH,H,ND TD:N,L,M,H,ND CR:L,M,H,ND IR:L,M,H,ND AR:L,M,H,ND",
    { undefinedValue: "ND", isOrdered: false },
  ),
  "3.0": three,
  "3.1": three,
  "4.0": grammarOf(
    "AV:NALP AC:LH AT:NP PR:NLH UI:NPA VC:HLN VI:HLN VA:HLN SC:HLN SI:HLN SA:HLN",
    "E:XAPU CR:XHML IR:XHML AR:XHML MAV:XNALP MAC:XLH MAT:XNP MPR:XNLH MUI:XNPA " +
      "MVC:XHLN MVI:XHLN MVA:XHLN MSC:XHLN MSI:XSHLN MSA:XSHLN " +
      "S:XNP AU:XNY R:XAUI V:XDC RE:XLMH U:X,Clear,Green,Amber,Red",
    { undefinedValue: "X", isOrdered: true },
  ),
};

/** Longer than any vector that names every metric. */
const LENGTH_MAX = 512;

export function parseCvss(given: string): ParsedVector {
  if (given.length > LENGTH_MAX) return bad("it is too long for a vector");
  const text = given.trim();
  if (text === "") return bad("it is empty");
  const prefix = /^CVSS:([^/]*)\//.exec(text);
  if (prefix === null) {
    if (text.startsWith("CVSS:")) return bad("it ends before its first metric");
    return parseMetrics("2.0", withoutBrackets(text));
  }
  const version = prefix[1] ?? "";
  // No specification of version 2 has a prefix, but several databases write one.
  if (version === "2.0") return parseMetrics("2.0", withoutBrackets(text.slice(prefix[0].length)));
  if (version !== "3.0" && version !== "3.1" && version !== "4.0") {
    return bad(`CVSS version ${JSON.stringify(version)} has no such prefix`);
  }
  return parseMetrics(version, text.slice(prefix[0].length));
}

/** The guide of version 2 shows vectors in parentheses now and then. */
function withoutBrackets(text: string): string {
  return text.startsWith("(") && text.endsWith(")") ? text.slice(1, -1) : text;
}

function parseMetrics(version: CvssVersion, text: string): ParsedVector {
  const grammar = grammars[version];
  const metrics: Record<string, string> = { ...grammar.undefinedMetrics };
  const seen = new Set<string>();
  let last = -1;
  for (const part of text.split("/")) {
    const colon = part.indexOf(":");
    const name = part.slice(0, colon);
    const value = part.slice(colon + 1);
    if (colon < 1) return bad(`${JSON.stringify(part)} is not a metric with a value`);
    const metric = grammar.metrics.get(name);
    if (metric === undefined) return bad(`CVSS ${version} has no metric ${JSON.stringify(name)}`);
    if (!metric.values.includes(value)) return bad(`${name} cannot be ${JSON.stringify(value)}`);
    if (seen.has(name)) return bad(`${name} stands twice`);
    if (grammar.isOrdered && metric.place < last) return bad(`${name} stands out of order`);
    seen.add(name);
    metrics[name] = value;
    last = metric.place;
  }
  const missing = grammar.mandatory.find((name) => !seen.has(name));
  if (missing !== undefined) return bad(`the mandatory metric ${missing} is missing`);
  return { vector: { version, metrics }, problem: null };
}

function bad(problem: string): ParsedVector {
  return { vector: null, problem };
}
