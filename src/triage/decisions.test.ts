import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DAY_MS } from "../base/instant.ts";
import { atomFeed } from "./atom-feed.ts";
import { parseDebt, pointsOf } from "./debt-policy.ts";
import { costInWords, deferralCost, deferralProblem, deferralStates } from "./deferral.ts";
import { knownIssueStates } from "./known-issue.ts";

const shipped = readFileSync(new URL("../../policies/debt.yaml", import.meta.url), "utf8");

it("has the same states in the tables as in the database's checks", () => {
  const sql = readFileSync(new URL("../db/migrations/0023-deferrals.sql", import.meta.url), "utf8");
  const statesOf = (name: string): string[] => {
    const check = new RegExp(`${name} check \\(state in\\s*\\(([^)]*)\\)`).exec(sql)?.[1] ?? "";
    return [...check.matchAll(/'([a-z]+)'/g)].map((match) => match[1] ?? "").sort();
  };
  expect(statesOf("deferral_state")).toEqual([...deferralStates].sort());
  expect(statesOf("known_issue_state")).toEqual([...knownIssueStates].sort());
});

describe("the debt policy", () => {
  it("ships as a file that can be used, and refuses what it does not know", () => {
    expect(parseDebt(shipped, "debt.yaml").deferral.daysMax).toBe(60);
    expect(() => parseDebt(shipped.replace("daysMax", "dayMax"), "debt.yaml")).toThrow(
      /line \d+.*"dayMax" is not known here/,
    );
    expect(() => parseDebt(shipped.replace("groups: [team", "groups: [TEAM"), "f")).toThrow(
      "the name of a label",
    );
  });

  it("weighs what is exploited above what could be, and nothing as nothing", () => {
    const policy = parseDebt(shipped, "debt.yaml");
    const none = { kev: null, epss: null, ssvc: null, cvss: [] };
    const listed = { addedAt: 0, dueAt: null, isRansomware: false };
    expect(pointsOf(policy, null)).toBe(1);
    expect(pointsOf(policy, none)).toBe(1);
    expect(pointsOf(policy, { ...none, kev: listed })).toBe(101);
    expect(pointsOf(policy, { ...none, kev: { ...listed, isRansomware: true } })).toBe(151);
    expect(pointsOf(policy, { ...none, epss: { score: 0.5, percentile: 0.9 } })).toBe(21);
  });
});

describe("what waiting costs", () => {
  const risk = {
    vulnerability: "CVE-1",
    hosts: 10,
    exposedHosts: 4,
    points: 5,
    isKnownExploited: false,
  };
  const of = {
    risks: [risk],
    exposedFactor: 2,
    from: 0,
    until: 30 * DAY_MS,
    deadline: 20 * DAY_MS,
    policy: "p",
  };

  it("is points for each host and day, exposed hosts with their factor, and days past the date", () => {
    expect(deferralCost(of)).toMatchObject({
      days: 30,
      findingDays: 300,
      pointsPerDay: 5 * 10 + 5 * 4,
      points: 2100,
      daysOverdue: 10,
    });
    expect(deferralCost({ ...of, deadline: -DAY_MS }).daysOverdue).toBe(30);
    expect(deferralCost({ ...of, deadline: 40 * DAY_MS }).daysOverdue).toBe(0);
    expect(costInWords(deferralCost(of)).join(" ")).toContain("overdue for 10 days");
  });

  it("grows with time, hosts and exposure, and is never less than nothing", () => {
    const some = fc.record({
      hosts: fc.nat(1000),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      days: fc.integer({ min: 0, max: 60 }),
    });
    fc.assert(
      fc.property(some, ({ hosts, share, days }) => {
        const exposedHosts = Math.floor(hosts * share);
        const risks = [{ ...risk, hosts, exposedHosts }];
        const cost = deferralCost({ ...of, risks, until: days * DAY_MS });
        const longer = deferralCost({ ...of, risks, until: (days + 1) * DAY_MS });
        expect(cost.points).toBeGreaterThanOrEqual(0);
        expect(longer.points).toBeGreaterThanOrEqual(cost.points);
        expect(cost.pointsPerDay).toBe(5 * (hosts + exposedHosts));
      }),
    );
  });

  it("is not accepted for longer than the policy lets it", () => {
    expect(deferralProblem(60 * DAY_MS, 0, 60)).toBeNull();
    expect(deferralProblem(60 * DAY_MS + 1, 0, 60)).toContain("60 days at most");
    expect(deferralProblem(0, 0, 60)).toContain("over already");
  });
});

it("writes an Atom feed in which no text can be markup", () => {
  const text = `<script>&"'\u0000\u001b]]>`;
  const feed = atomFeed({
    id: "urn:x",
    title: text,
    self: "/feed",
    author: "Fettle",
    updated: 0,
    entries: [
      {
        id: "urn:uuid:1",
        title: text,
        updated: 0,
        published: 0,
        href: "/a?b&c",
        summary: "",
        text,
      },
    ],
  });
  expect(feed).not.toContain("<script>");
  expect(feed).not.toMatch(/[\u0000\u001b]/);
  expect(feed).toContain('href="/a?b&amp;c"');
  expect(feed).toContain("<updated>1970-01-01T00:00:00.000Z</updated>");
  const opened = [...feed.matchAll(/<([a-z]+)(?: [^>]*[^/])?>/g)].map((match) => match[1]).sort();
  const closed = [...feed.matchAll(/<\/([a-z]+)>/g)].map((match) => match[1]).sort();
  expect(opened.filter((name) => name !== "link")).toEqual(closed);
});
