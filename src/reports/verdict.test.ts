import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nothingKnown } from "../intel/known-since.ts";
import { type PastFacts, pastVerdictOn, type VerdictFacts, verdictOn } from "./verdict.ts";

const clean: VerdictFacts = {
  hosts: 40,
  neverInspected: 0,
  stale: 0,
  notFullyKnown: 0,
  hasNoFeed: false,
  exploited: { vulnerabilities: 0, hosts: 0 },
  open: { vulnerabilities: 0, hosts: 0 },
  best: null,
  halted: 0,
  overdue: 0,
};

function said(some: Partial<VerdictFacts>): string {
  const { tone, parts } = verdictOn({ ...clean, ...some });
  return `${tone}: ${parts.map((part) => part.text).join("")}`;
}

const best = { name: "openssl 3.0.18", hosts: 38, href: "/patches" };

describe("the verdict", () => {
  it("leads with what is exploited and what one update does about it", () => {
    const exploited = { vulnerabilities: 3, hosts: 41 };
    expect(said({ exploited, best })).toBe(
      "bad: 3 known-exploited flaws reach 41 hosts; one update (openssl 3.0.18) helps 38 of them.",
    );
    expect(said({ exploited: { vulnerabilities: 1, hosts: 1 }, best: { ...best, hosts: 1 } })).toBe(
      "bad: 1 known-exploited flaw reaches 1 host; one update (openssl 3.0.18) helps it.",
    );
    expect(said({ exploited })).toBe(
      "bad: 3 known-exploited flaws reach 41 hosts; no update that clears them is offered yet.",
    );
  });

  it("says in singular and plural what else is wrong", () => {
    const open = { vulnerabilities: 1, hosts: 1 };
    expect(said({ open, overdue: 1, halted: 2, neverInspected: 1, stale: 2 })).toBe(
      "bad: No flaw that is known to be exploited; 1 vulnerability on 1 host. 1 deadline is over. 2 rollouts are halted. Not known: 1 host never inspected, 2 hosts not inspected lately.",
    );
  });

  it("teaches where there is nothing to judge yet", () => {
    expect(said({ hosts: 0 })).toBe("unknown: There are no hosts yet, so nothing is known.");
    expect(said({ hosts: 5, neverInspected: 5 })).toBe(
      "unknown: None of the 5 hosts was inspected yet, so nothing is known.",
    );
    expect(said({ hosts: 1, neverInspected: 1 })).toBe(
      "unknown: The one host was not inspected yet, so nothing is known.",
    );
    expect(said({ hasNoFeed: true })).toBe(
      "unknown: No vulnerability data is loaded, so of 40 hosts nothing can be said.",
    );
  });

  it("is good only when everything is known and nothing is found", () => {
    expect(said({})).toBe(
      "good: No known vulnerability on any of the 40 hosts, all inspected lately.",
    );
    const few = fc.nat(2);
    const facts = fc.record({
      hosts: few,
      neverInspected: few,
      stale: few,
      notFullyKnown: few,
      hasNoFeed: fc.boolean(),
      exploited: fc.record({ vulnerabilities: few, hosts: few }),
      open: fc.record({ vulnerabilities: few, hosts: few }),
      best: fc.constant(null),
      halted: few,
      overdue: few,
    });
    fc.assert(
      fc.property(facts, (some) => {
        const isClean =
          some.hosts > 0 &&
          !some.hasNoFeed &&
          some.neverInspected + some.stale + some.notFullyKnown === 0 &&
          some.exploited.vulnerabilities + some.open.vulnerabilities === 0 &&
          some.halted + some.overdue === 0;
        expect(verdictOn(some).tone === "good").toBe(isClean);
      }),
    );
  });

  it("links every number to the list behind it", () => {
    const facts = {
      ...clean,
      exploited: { vulnerabilities: 3, hosts: 41 },
      best,
      overdue: 1,
      halted: 2,
      stale: 3,
    };
    for (const part of verdictOn(facts).parts) {
      if (/^\d/.test(part.text)) expect(part.href, part.text).not.toBeNull();
    }
  });
});

describe("the verdict on a past day", () => {
  const none = { vulnerabilities: 0, hosts: 0 };
  const quiet = { hosts: 4, unknownHosts: 0, exploited: none, open: none, nothingKnown: null };
  const told = (some: Partial<PastFacts>): string => {
    const { tone, parts } = pastVerdictOn({ ...quiet, ...some });
    return `${tone}: ${parts.map((part) => part.text).join("")}`;
  };

  it("is never good, as how fresh data was then is not kept", () => {
    expect(told({})).toMatch(/^unknown: Nothing was found on 4 hosts/);
    expect(told({ open: { vulnerabilities: 1, hosts: 2 }, unknownHosts: 1 })).toBe(
      "attention: No flaw that was known to be exploited; 1 vulnerability on 2 hosts. Not known: 1 host not inspected yet.",
    );
    const exploited = { vulnerabilities: 1, hosts: 1 };
    expect(told({ open: { vulnerabilities: 3, hosts: 2 }, exploited })).toBe(
      "bad: 1 known-exploited flaw reached 1 host; in all 3 vulnerabilities on 2 hosts.",
    );
  });

  it("says before anything was known when that began", () => {
    const feed = Date.parse("2026-05-10T08:00:00Z");
    const host = Date.parse("2026-05-08T08:00:00Z");
    const words = nothingKnown({ feed, host }, host);
    expect(words).toBe(
      "Nothing was known yet: the first feed was loaded on 2026-05-10, the first host was looked at on 2026-05-08.",
    );
    expect(told({ nothingKnown: words })).toBe(`unknown: ${words}`);
    expect(nothingKnown({ feed, host }, feed)).toBeNull();
    expect(nothingKnown({ feed: null, host }, feed)).toContain("no feed was ever loaded");
  });
});
