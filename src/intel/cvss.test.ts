import * as calculator from "ae-cvss-calculator";
import { describe, expect, it } from "vitest";
import { chance } from "../../test/builders/versions.ts";
import { scoreCvss, severityOf } from "./cvss.ts";

/**
 * The published formulas once more, in exact decimals instead of binary fractions: a number is a whole
 * count of 10^-places.
 */
interface Decimal {
  readonly count: bigint;
  readonly places: number;
}

function dec(text: string): Decimal {
  const [whole = "0", part = ""] = text.split(".");
  const sign = text.startsWith("-") ? -1n : 1n;
  return { count: sign * BigInt(whole.replace("-", "") + part), places: part.length };
}
const at = (a: Decimal, places: number): bigint => a.count * 10n ** BigInt(places - a.places);
function add(a: Decimal, b: Decimal): Decimal {
  const places = Math.max(a.places, b.places);
  return { count: at(a, places) + at(b, places), places };
}
const neg = (a: Decimal): Decimal => ({ ...a, count: -a.count });
const sub = (a: Decimal, b: Decimal): Decimal => add(a, neg(b));
function mul(...all: readonly Decimal[]): Decimal {
  return all.reduce((a, b) => ({ count: a.count * b.count, places: a.places + b.places }));
}
const less = (a: Decimal, b: Decimal): boolean => sub(a, b).count < 0n;
const lower = (a: Decimal, b: Decimal): Decimal => (less(a, b) ? a : b);
const one = dec("1");
const ten = dec("10");
const power = (a: Decimal, n: number): Decimal => mul(...Array.from({ length: n }, () => a));
const floorDiv = (a: bigint, b: bigint): bigint => (a - (((a % b) + b) % b)) / b;
/** v3.0: up to one decimal. v3.1: what lies beyond the fifth decimal is rounded away first. */
function roundUp(a: Decimal, version: string): Decimal {
  const unit = 10n ** BigInt(Math.max(a.places - 1, 0));
  if (version === "3.0")
    return { count: -floorDiv(-at(a, Math.max(a.places, 1)), unit), places: 1 };
  const fine = at(a, Math.max(a.places, 5));
  const grain = 10n ** BigInt(Math.max(a.places, 5) - 5);
  const whole = floorDiv(2n * fine + grain, 2n * grain);
  return { count: -floorDiv(-whole, 10_000n), places: 1 };
}
function roundHalfUp(a: Decimal): Decimal {
  const unit = 10n ** BigInt(Math.max(a.places, 1) - 1);
  return { count: floorDiv(2n * at(a, Math.max(a.places, 1)) + unit, 2n * unit), places: 1 };
}
const number = (a: Decimal): number => Number(a.count) / 10 ** a.places;

type Metrics = Readonly<Record<string, string>>;
const table3: Readonly<Record<string, string>> = {
  ...{ AVN: "0.85", AVA: "0.62", AVL: "0.55", AVP: "0.2", ACL: "0.77", ACH: "0.44" },
  ...{ UIN: "0.85", UIR: "0.62", CH: "0.56", CL: "0.22", CN: "0" },
  ...{ RH: "1.5", RM: "1", RL: "0.5", RX: "1", EX: "1", EH: "1", EF: "0.97", EP: "0.94" },
  ...{ EU: "0.91", RLX: "1", RLU: "1", RLW: "0.97", RLT: "0.96", RLO: "0.95" },
  ...{ RCX: "1", RCC: "1", RCR: "0.96", RCU: "0.92", PRN: "0.85", PRL: "0.62", PRH: "0.27" },
};
const w3 = (key: string): Decimal => dec(table3[key] ?? "none");

function exact3(version: string, m: Metrics) {
  const base = (isModified: boolean): Decimal => {
    const v = (name: string): string => {
      const modified = m[`M${name}`] ?? "X";
      return isModified && modified !== "X" ? modified : (m[name] ?? "");
    };
    const isChanged = v("S") === "C";
    const left = ["C", "I", "A"].map((name) => {
      const requirement = isModified ? w3(`R${m[`${name}R`] ?? "X"}`) : one;
      return sub(one, mul(w3(`C${v(name)}`), requirement));
    });
    const full = sub(one, mul(...left));
    const iss = isModified ? lower(full, dec("0.915")) : full;
    const isNew = isModified && version === "3.1";
    const bent = isNew
      ? power(sub(mul(iss, dec("0.9731")), dec("0.02")), 13)
      : power(sub(iss, dec("0.02")), 15);
    const impact = isChanged
      ? sub(mul(dec("7.52"), sub(iss, dec("0.029"))), mul(dec("3.25"), bent))
      : mul(dec("6.42"), iss);
    if (impact.count <= 0n) return dec("0.0");
    const privileges = isChanged
      ? dec({ N: "0.85", L: "0.68", H: "0.5" }[v("PR")] ?? "none")
      : w3(`PR${v("PR")}`);
    const easy = mul(dec("8.22"), w3(`AV${v("AV")}`), w3(`AC${v("AC")}`), privileges);
    const sum = add(impact, mul(easy, w3(`UI${v("UI")}`)));
    return roundUp(lower(isChanged ? mul(dec("1.08"), sum) : sum, ten), version);
  };
  const temporal = (score: Decimal): number =>
    number(
      roundUp(
        mul(score, w3(`E${m["E"] ?? "X"}`), w3(`RL${m["RL"] ?? "X"}`), w3(`RC${m["RC"] ?? "X"}`)),
        version,
      ),
    );
  return {
    base: number(base(false)),
    temporal: temporal(base(false)),
    environmental: temporal(base(true)),
  };
}

const table2: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  AV: { L: "0.395", A: "0.646", N: "1" },
  AC: { H: "0.35", M: "0.61", L: "0.71" },
  Au: { M: "0.45", S: "0.56", N: "0.704" },
  C: { N: "0", P: "0.275", C: "0.660" },
  R: { L: "0.5", M: "1", H: "1.51", ND: "1" },
  E: { U: "0.85", POC: "0.9", F: "0.95", H: "1", ND: "1" },
  RL: { OF: "0.87", TF: "0.9", W: "0.95", U: "1", ND: "1" },
  RC: { UC: "0.9", UR: "0.95", C: "1", ND: "1" },
  CDP: { N: "0", L: "0.1", LM: "0.3", MH: "0.4", H: "0.5", ND: "0" },
  TD: { N: "0", L: "0.25", M: "0.75", H: "1", ND: "1" },
};

function exact2(m: Metrics) {
  const w = (name: string, of = name): Decimal => dec(table2[of]?.[m[name] ?? "ND"] ?? "none");
  const impact = (isAdjusted: boolean): Decimal => {
    const left = ["C", "I", "A"].map((name) =>
      sub(one, mul(w(name, "C"), isAdjusted ? w(`${name}R`, "R") : one)),
    );
    const score = mul(dec("10.41"), sub(one, mul(...left)));
    return isAdjusted ? lower(score, ten) : score;
  };
  const easy = mul(dec("20"), w("AV"), w("AC"), w("Au"));
  const base = (of: Decimal): Decimal => {
    const sum = sub(add(mul(dec("0.6"), of), mul(dec("0.4"), easy)), dec("1.5"));
    return roundHalfUp(mul(sum, dec(of.count === 0n ? "0" : "1.176")));
  };
  const temporal = (of: Decimal): Decimal => roundHalfUp(mul(of, w("E"), w("RL"), w("RC")));
  const adjusted = temporal(base(impact(true)));
  const damage = mul(sub(ten, adjusted), w("CDP"));
  const environmental = number(roundHalfUp(mul(add(adjusted, damage), w("TD"))));
  return {
    base: number(base(impact(false))),
    temporal: number(temporal(base(impact(false)))),
    environmental: Math.max(0, environmental),
  };
}

const words = (text: string): [string, string[]][] =>
  text.split(" ").map((word) => {
    const [name = "", values = ""] = word.split(":");
    return [name, values.includes(",") ? values.split(",") : [...values]];
  });
const base3 = words("AV:NALP AC:LH PR:NLH UI:NR S:UC C:HLN I:HLN A:HLN");
const more3 = words(
  "E:XUPFH RL:XOTWU RC:XURC CR:XLMH IR:XLMH AR:XLMH MAV:XNALP MAC:XLH MPR:XNLH MUI:XNR MS:XUC MC:XNLH MI:XNLH MA:XNLH",
);
const base2 = words("AV:LAN AC:HML Au:MSN C:NPC I:NPC A:NPC");
const more2 = words(
  "E:U,POC,F,H,ND RL:OF,TF,W,U,ND RC:UC,UR,C,ND CDP:N,L,LM,MH,H,ND TD:N,L,M,H,ND CR:L,M,H,ND IR:L,M,H,ND AR:L,M,H,ND",
);
const base4 = words("AV:NALP AC:LH AT:NP PR:NLH UI:NPA VC:HLN VI:HLN VA:HLN SC:HLN SI:HLN SA:HLN");
const more4 = words(
  "E:XAPU CR:XHML IR:XHML AR:XHML MAV:XNALP MAC:XLH MAT:XNP MPR:XNLH MUI:XNPA MVC:XHLN MVI:XHLN MVA:XHLN MSC:XHLN MSI:XSHLN MSA:XSHLN",
);

function everyVector(metrics: readonly [string, string[]][]): Metrics[] {
  return metrics.reduce<Metrics[]>(
    (all, [name, values]) => all.flatMap((m) => values.map((value) => ({ ...m, [name]: value }))),
    [{}],
  );
}
const textOf = (prefix: string, m: Metrics): string =>
  prefix +
  Object.entries(m)
    .map((pair) => pair.join(":"))
    .join("/");
const { below, pick } = chance(20_261_124);
const anyVector = (metrics: readonly [string, string[]][]): Metrics =>
  Object.fromEntries(
    metrics.map(([name, values]) => [name, pick(values as [string, ...string[]])]),
  );

describe.each(["3.0", "3.1"])("CVSS %s", (version) => {
  it("scores all 2,592 base vectors as the formulas do", () => {
    const all = everyVector(base3);
    expect(all).toHaveLength(2_592);
    const wrong = all.filter((m) => {
      const { scores } = scoreCvss(textOf(`CVSS:${version}/`, m));
      const { base, temporal, environmental } = exact3(version, m);
      return (
        scores?.base !== base ||
        scores.temporal !== temporal ||
        scores.environmental !== environmental
      );
    });
    expect(wrong).toEqual([]);
  });

  it("scores temporal and environmental metrics as the formulas do", () => {
    const wrong: unknown[] = [];
    for (let n = 0; n < 2_000; n++) {
      const optional = Object.entries(anyVector(more3)).filter(() => below(4) > 0);
      const m = { ...anyVector(base3), ...Object.fromEntries(optional) };
      const text = textOf(`CVSS:${version}/`, m);
      const { base, temporal, environmental } = scoreCvss(text).scores!;
      const want = exact3(version, m);
      const isRight =
        base === want.base && temporal === want.temporal && environmental === want.environmental;
      if (!isRight) wrong.push({ text, want, base, temporal, environmental });
    }
    expect(wrong).toEqual([]);
  });
});

it("scores CVSS 2.0 as the formulas do, all 729 base vectors among them", () => {
  const all = [
    ...everyVector(base2),
    ...Array.from({ length: 2_000 }, () => ({ ...anyVector(base2), ...anyVector(more2) })),
  ];
  const wrong = all.filter((m) => {
    const { base, temporal, environmental } = scoreCvss(textOf("", m)).scores!;
    const want = exact2(m);
    return base !== want.base || temporal !== want.temporal || environmental !== want.environmental;
  });
  expect(wrong).toEqual([]);
});

describe("CVSS 4.0", () => {
  it("scores as an implementation that is not ours, threat and environment too", () => {
    const wrong: unknown[] = [];
    for (let n = 0; n < 1_000; n++) {
      const optional = Object.entries(anyVector(more4)).filter(() => below(3) > 0);
      const m = { ...anyVector(base4), ...(n % 2 ? Object.fromEntries(optional) : {}) };
      const text = textOf("CVSS:4.0/", m);
      const { overall } = new calculator.Cvss4P0(text).calculateScores();
      const ours = scoreCvss(text).scores!.environmental;
      if (ours !== overall) wrong.push({ text, ours, overall });
    }
    expect(wrong).toEqual([]);
  });

  it("rounds a half up where binary fractions would lose it", () => {
    const half =
      "CVSS:4.0/AV:A/AC:L/AT:P/PR:H/UI:N/VC:H/VI:L/VA:N/SC:H/SI:N/SA:N/MAV:L/MVI:L/MSC:L";
    expect(scoreCvss(half).scores?.environmental).toBe(5.7);
  });

  it.each([
    ["VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", [10, 10, 10], "CVSS-B", "critical"],
    ["VC:N/VI:N/VA:N/SC:N/SI:N/SA:N", [0, 0, 0], "CVSS-B", "none"],
    ["VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:U", [9.3, 8.1, 8.1], "CVSS-BT", "high"],
    ["VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/MVC:L/MVI:L/MVA:L", [9.3, 9.3, 6.9], "CVSS-BE", "medium"],
    ["VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:P/CR:L/IR:L/AR:L", [9.3, 8.9, 7.9], "CVSS-BTE", "high"],
    ["VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/S:P/AU:Y/U:Red", [9.3, 9.3, 9.3], "CVSS-B", "critical"],
  ])("names what %s defines", (rest, [base, temporal, environmental], nomenclature, severity) => {
    const { scores } = scoreCvss(`CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/${rest}`);
    expect(scores).toMatchObject({ base, temporal, nomenclature, severity });
    expect(scores?.environmental).toBe(environmental);
  });
});

describe("a vector", () => {
  const three = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
  const four = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H";
  it.each([
    ["", "empty"],
    ["CVSS:3.1", "before its first metric"],
    ["CVSS:3.2/AV:N", "prefix"],
    ["CVSS:1.0/AV:N/AC:L/Au:N/C:C/I:C/A:C", "prefix"],
    ["cvss:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "no metric"],
    ["cvss:3.1/AV:N", "metric"],
    [`${three}/`, "not a metric"],
    [three.replace("/A:H", ""), "A is missing"],
    [`${three}/AV:N`, "twice"],
    [`${three}/E:X/E:X`, "twice"],
    [three.replace("C:H", "C:X"), 'cannot be "X"'],
    [three.replace("AV:N", "AV:n"), 'cannot be "n"'],
    [`${three}/AT:N`, "no metric"],
    [four.replace("AV:N/AC:L", "AC:L/AV:N"), "out of order"],
    [`${four}/CR:H/E:A`, "out of order"],
    [`${four}/SI:S`, 'cannot be "S"'],
    [`${four}/RL:O`, "no metric"],
    ["AV:N/AC:L/Au:N/C:C/I:C", "A is missing"],
    ["(AV:N/AC:L/Au:N/C:C/I:C/A:C", "no metric"],
    [`CVSS:3.1/${"AV:N/".repeat(200)}`, "too long"],
    ["CVSS:3.1/constructor:N", "no metric"],
  ])("%j has no score, and says why", (text, why) => {
    expect(scoreCvss(text)).toMatchObject({ scores: null });
    expect(scoreCvss(text).problem).toContain(why);
  });

  it.each([
    "AC:L/AV:N/A:C/C:C/I:C/Au:N",
    "(AV:N/AC:L/Au:N/C:C/I:C/A:C)",
    "CVSS:2.0/AV:N/AC:L/Au:N/C:C/I:C/A:C",
    "CVSS:2.0/(AV:N/AC:L/Au:N/C:C/I:C/A:C)",
    "  AV:N/AC:L/Au:N/C:C/I:C/A:C\t",
  ])("of version 2 is read as people write it: %j", (text) => {
    expect(scoreCvss(text).scores).toMatchObject({ version: "2.0", base: 10 });
  });

  it("of version 3 may stand in any order", () => {
    const [prefix = "", ...metrics] = three.split("/");
    const turned = [prefix, ...metrics.reverse()].join("/");
    expect(scoreCvss(turned).scores?.base).toBe(9.8);
  });

  it("stands for its temporal score where it defines no environment", () => {
    const changed = three.replace("S:U", "S:C").replace("UI:N", "UI:R");
    expect(scoreCvss(changed).scores).toMatchObject({
      base: 9.6,
      environmental: 9.7,
      overall: 9.6,
      severity: "critical",
    });
    expect(scoreCvss(`${three}/E:U`).scores).toMatchObject({ overall: 9, severity: "critical" });
    expect(scoreCvss(`${three}/MAV:P`).scores).toMatchObject({ overall: 6.8, severity: "medium" });
    expect(scoreCvss("AV:N/AC:L/Au:N/C:C/I:C/A:C/TD:L").scores).toMatchObject({
      base: 10,
      overall: 2.5,
      severity: "low",
      baseSeverity: "high",
    });
  });

  it("is rated by the scale of its version", () => {
    const rated = [0, 0.1, 3.9, 4, 6.9, 7, 8.9, 9, 10].map((score) => severityOf(score, "3.1"));
    expect(rated.join(" ")).toBe("none low low medium medium high high critical critical");
    expect([0, 3.9, 4, 7, 10].map((score) => severityOf(score, "2.0")).join(" ")).toBe(
      "low low medium high high",
    );
  });
});
