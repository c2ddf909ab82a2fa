import type { Condition, Due, ImpactLevel, Period, Preset, Row } from "./deadline-preset.ts";

/** The presets that ship. Change a row only with its preset's version: stored dates name both. */
const days = (amount: number): Period => ({ amount, unit: "days" });
const hours = (amount: number): Period => ({ amount, unit: "hours" });
const months = (amount: number): Period => ({ amount, unit: "months" });
const row = (id: string, when: Condition, due: Due): Row => ({ id, when, due });

/** CISA, Binding Operational Directive 26-04, table of 16 rows; K, E, A, T as in its text. */
const bodRows: readonly Row[] = [
  {
    id: "bod-26-04/known-exploited-total",
    when: { kev: true, total: true, any: [{ exposed: true }, { automatable: true }] },
    due: days(3),
    needsForensicTriage: true,
  },
  row("bod-26-04/known-exploited-open", { kev: true, exposed: true, automatable: true }, days(3)),
  row(
    "bod-26-04/open-automatable-total",
    { kev: false, exposed: true, automatable: true, total: true },
    days(3),
  ),
  row("bod-26-04/known-exploited", { kev: true }, days(14)),
  row(
    "bod-26-04/open-automatable-or-total",
    { exposed: true, any: [{ automatable: true }, { total: true }] },
    days(14),
  ),
  row(
    "bod-26-04/open-or-automatable",
    { any: [{ exposed: true }, { automatable: true }] },
    days(60),
  ),
  row("bod-26-04/other", {}, "next-upgrade"),
];

const bodAssumes = { kev: false, exposed: true, automatable: false, total: true } as const;

/** Days by reach and likelihood: open and likely, closed and likely, not likely. */
function vdrRows(
  id: string,
  level: ImpactLevel,
  [open, closed, unlikely]: readonly Period[],
): Row[] {
  return [
    row(`${id}/${level}/open-likely`, { level, likely: true, exposed: true }, open ?? days(0)),
    row(`${id}/${level}/likely`, { level, likely: true }, closed ?? days(0)),
    row(`${id}/${level}/unlikely`, { level }, unlikely ?? days(0)),
  ];
}

function vdrModerate(id: string, levels: readonly ImpactLevel[]): readonly Row[] {
  const table: Readonly<Record<string, readonly Period[]>> = {
    N5: [days(2), days(4), days(16)],
    N4: [days(4), days(8), days(64)],
    N3: [days(16), days(32), days(128)],
    N2: [days(48), days(128), days(192)],
  };
  return levels.flatMap((level) => vdrRows(id, level, table[level] ?? []));
}

export const presets: readonly Preset[] = [
  {
    id: "bod-26-04",
    title: "CISA BOD 26-04",
    version: "2026-06-10/1.0.0",
    clock: "listing-or-detection",
    rows: bodRows,
    assumes: bodAssumes,
    isInForce: true,
  },
  {
    id: "house",
    title: "House default: BOD 26-04, and a floor by severity",
    version: "2",
    clock: "listing-or-detection",
    rows: [
      ...bodRows.filter(({ due }) => typeof due === "object" && due.amount === 3),
      row("house/open-9", { exposed: true, isScored: true, cvssFrom: 9 }, days(7)),
      row("house/known-exploited", { kev: true }, days(14)),
      row(
        "house/open-automatable-or-total",
        { exposed: true, any: [{ automatable: true }, { total: true }] },
        days(14),
      ),
      {
        ...row("house/unscored", { isScored: false }, days(30)),
        note: "nobody has scored it; the date follows the score as soon as there is one",
      },
      row("house/critical", { severity: ["critical"] }, days(14)),
      row("house/high", { severity: ["high"] }, days(30)),
      row(
        "house/open-or-automatable",
        { any: [{ exposed: true }, { automatable: true }] },
        days(60),
      ),
      row("house/medium", { severity: ["medium"] }, days(90)),
      row("house/low", { severity: ["low"] }, days(180)),
      row("house/other", {}, "next-upgrade"),
    ],
    assumes: bodAssumes,
    isInForce: true,
  },
  {
    id: "pci-dss-6.3.3",
    title: "PCI DSS 4.0.1, requirement 6.3.3; high, medium and low by the preset's own ranking",
    version: "4.0.1/1",
    clock: "release",
    rows: [
      row("pci-dss-6.3.3/critical", { severity: ["critical"] }, months(1)),
      row("pci-dss-6.3.3/high", { severity: ["high"] }, days(30)),
      row("pci-dss-6.3.3/medium", { severity: ["medium"] }, days(90)),
      row("pci-dss-6.3.3/low", { severity: ["low"] }, days(180)),
    ],
    isInForce: true,
  },
  {
    id: "pci-dss-11.3.1",
    title: "PCI DSS 4.0.1, requirement 11.3.1: internal scans",
    version: "4.0.1/1",
    clock: "detection",
    rows: [
      {
        ...row("pci-dss-11.3.1/high", { severity: ["critical", "high"] }, months(3)),
        note: "fixed and scanned again before the next quarterly scan",
      },
      {
        ...row("pci-dss-11.3.1/other", {}, "none"),
        note: "by the targeted risk analysis of 11.3.1.1",
      },
    ],
    isInForce: true,
  },
  {
    id: "pci-dss-11.3.2",
    title: "PCI DSS 4.0.1, requirement 11.3.2: external scans by an approved vendor",
    version: "4.0.1/1",
    clock: "detection",
    rows: [
      {
        ...row("pci-dss-11.3.2/open-4", { exposed: true, cvssFrom: 4 }, months(3)),
        note: "a scan passes with no score of 4.0 or more",
      },
      row("pci-dss-11.3.2/other", {}, "none"),
    ],
    isInForce: true,
  },
  {
    id: "fedramp-vdr-moderate",
    title: "FedRAMP Vulnerability Detection and Response, moderate",
    version: "0.9.43-beta/1",
    clock: "detection",
    rows: vdrModerate("fedramp-vdr-moderate", ["N5", "N4", "N3", "N2"]),
    steps: [
      { what: "evaluate", due: days(5) },
      { what: "after this it counts as an accepted vulnerability", due: days(192) },
    ],
    isInForce: true,
  },
  {
    id: "fedramp-vdr-high",
    title: "FedRAMP Vulnerability Detection and Response, high (N4 and lower as in moderate)",
    version: "0.9.43-beta/1",
    clock: "detection",
    rows: [
      ...vdrRows("fedramp-vdr-high", "N5", [hours(12), days(1), days(8)]),
      ...vdrModerate("fedramp-vdr-high", ["N4", "N3", "N2"]),
    ],
    steps: [
      { what: "evaluate", due: days(2) },
      { what: "after this it counts as an accepted vulnerability", due: days(192) },
    ],
    isInForce: true,
  },
  {
    id: "fedramp-legacy",
    title: "FedRAMP continuous monitoring before VDR",
    version: "1",
    clock: "detection",
    rows: [
      row("fedramp-legacy/high", { severity: ["critical", "high"] }, days(30)),
      row("fedramp-legacy/moderate", { severity: ["medium"] }, days(90)),
      row("fedramp-legacy/low", { severity: ["low"] }, days(180)),
    ],
    isInForce: true,
  },
  {
    id: "nerc-cip-007",
    title: "NERC CIP-007-6, requirement R2",
    version: "6/1",
    clock: "release",
    rows: [
      {
        ...row("nerc-cip-007/apply", {}, days(70)),
        note: "apply, or write a dated mitigation plan, within 35 days of the evaluation",
      },
    ],
    steps: [{ what: "evaluate", due: days(35) }],
    isInForce: true,
  },
  {
    id: "cis-8.1",
    title: "CIS Controls 8.1, safeguards 7.3, 7.4 and 7.7",
    version: "8.1/1",
    clock: "release",
    rows: [row("cis-8.1/monthly", {}, months(1))],
    isInForce: true,
  },
  {
    id: "essential-eight",
    title: "Essential Eight, maturity levels 1 and 2",
    version: "1",
    clock: "release",
    rows: [
      row(
        "essential-eight/open-urgent",
        { exposed: true, any: [{ severity: ["critical"] }, { exploit: true }] },
        hours(48),
      ),
      row("essential-eight/open", { exposed: true }, days(14)),
      row("essential-eight/other", {}, months(1)),
    ],
    isInForce: true,
  },
  {
    id: "essential-eight-3",
    title: "Essential Eight, maturity level 3",
    version: "1",
    clock: "release",
    rows: [
      row(
        "essential-eight-3/urgent",
        { any: [{ severity: ["critical"] }, { exploit: true }] },
        hours(48),
      ),
      row("essential-eight-3/open", { exposed: true }, days(14)),
      row("essential-eight-3/other", {}, months(1)),
    ],
    isInForce: true,
  },
  {
    id: "cyber-essentials",
    title: "UK Cyber Essentials",
    version: "1",
    clock: "release",
    rows: [
      row(
        "cyber-essentials/high",
        { any: [{ severity: ["critical", "high"] }, { cvssFrom: 7 }] },
        days(14),
      ),
      row("cyber-essentials/other", {}, "none"),
    ],
    isInForce: true,
  },
  {
    id: "hipaa-proposed",
    title: "HIPAA Security Rule, as proposed",
    version: "proposed/1",
    clock: "release",
    rows: [
      row("hipaa-proposed/critical", { severity: ["critical"] }, days(15)),
      row("hipaa-proposed/high", { severity: ["high"] }, days(30)),
      row("hipaa-proposed/other", {}, "none"),
    ],
    isInForce: false,
  },
];

export const HOUSE_PRESET = "house";

/** Names under which people know a preset, besides its own. */
const otherNames: Readonly<Record<string, string>> = {
  bod: "bod-26-04",
  pci: "pci-dss-6.3.3",
  "pci-dss": "pci-dss-6.3.3",
  "pci-dss-4.0.1": "pci-dss-6.3.3",
  "fedramp-vdr": "fedramp-vdr-moderate",
  nerc: "nerc-cip-007",
  "nerc-cip-007-6": "nerc-cip-007",
  "house-default": "house",
  cis: "cis-8.1",
  hipaa: "hipaa-proposed",
};

export function presetOf(name: string): Preset | null {
  const lower = name.toLowerCase();
  const id = Object.hasOwn(otherNames, lower) ? otherNames[lower] : lower;
  return presets.find((preset) => preset.id === id) ?? null;
}
