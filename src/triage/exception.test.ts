import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HostId, SubjectId } from "../base/ids.ts";
import { DAY_MS } from "../base/instant.ts";
import { type Labels, parseSelector, type Requirement, selects } from "../base/labels.ts";
import {
  type Exception,
  type ExceptionId,
  exceptionAfter,
  exceptionMoves,
  exceptionStates,
} from "./exception.ts";
import { brokenAssumption } from "./exception-broken.ts";
import { mayDecide } from "./exception-decision.ts";
import { caseEffect, complianceOf } from "./exception-effect.ts";
import { exceptionLimits, untilProblem } from "./exception-limits.ts";
import { coversFinding, coversHost, isWithin, sharesFindings } from "./exception-scope.ts";

function anException(some: Partial<Exception> = {}): Exception {
  return {
    id: "x" as ExceptionId,
    number: 1,
    state: "approved",
    scope: {
      vulnerabilities: ["CVE-1"],
      package: null,
      hosts: { kind: "labels", selector: [] },
    },
    patch: null,
    reasonClass: "legacy",
    reason: "because",
    owner: "owner" as SubjectId,
    control: "a firewall",
    evidence: "https://wiki.example/",
    controlLabel: null,
    until: 50 * DAY_MS,
    renews: null,
    renewal: 0,
    assumes: { exploited: [], isExposed: false, fixable: [], hosts: 1 },
    requestedBy: "alice" as SubjectId,
    requesterPerson: "alice" as SubjectId,
    requestedAt: 0,
    approvedBy: "bob" as SubjectId,
    approvedAt: DAY_MS,
    movedAt: DAY_MS,
    closedReason: null,
    ...some,
  };
}

it("has the same states in the table as in the database's check", () => {
  const sql = readFileSync(
    new URL("../db/migrations/0018-exceptions.sql", import.meta.url),
    "utf8",
  );
  const check = /exception_state check \(state in\s*\(([^)]*)\)/.exec(sql)?.[1] ?? "";
  const states = [...check.matchAll(/'([a-z]+)'/g)].map((match) => match[1]);
  expect(states.sort()).toEqual([...exceptionStates].sort());
});

it("is in force only by approval, and what has ended stays ended", () => {
  for (const from of exceptionStates) {
    for (const verb of ["approve", "refuse", "withdraw", "expire", "revoke", "end"] as const) {
      const to = exceptionAfter(from, verb);
      if (to === "approved") expect([from, verb]).toEqual(["requested", "approve"]);
      if (!["requested", "approved"].includes(from)) expect(to).toBeNull();
    }
  }
  expect(Object.keys(exceptionMoves.approved)).toEqual(["expire", "revoke", "end"]);
});

describe("the reach of an exception", () => {
  const keys = ["env", "team", "tier"];
  const values = ["a", "b", "c"];
  const requirement: fc.Arbitrary<Requirement> = fc.oneof(
    fc.record({
      op: fc.constantFrom("in" as const, "not-in" as const),
      key: fc.constantFrom(...keys),
      values: fc.subarray(values, { minLength: 1 }),
    }),
    fc.record({
      op: fc.constantFrom("exists" as const, "absent" as const),
      key: fc.constantFrom(...keys),
    }),
  );
  const selector = fc.array(requirement, { maxLength: 4 });
  const labels = fc
    .tuple(...keys.map(() => fc.option(fc.constantFrom(...values), { nil: null })))
    .map(
      (given): Labels =>
        Object.fromEntries(keys.flatMap((key, at) => (given[at] ? [[key, given[at]]] : []))),
    );

  it("lies within a scope by its words only where no labels at all could lead out of it", () => {
    let within = 0;
    fc.assert(
      fc.property(selector, selector, labels, (narrow, wide, some) => {
        if (!isWithin(narrow, wide)) return;
        within += 1;
        if (selects(narrow, some)) expect(selects(wide, some)).toBe(true);
      }),
      { numRuns: 5000 },
    );
    expect(within).toBeGreaterThan(300);
  });

  it.each([
    ["env=test,team=x", "env=test", true],
    ["env=test", "env in (test,dev)", true],
    ["env in (test,prod)", "env in (test,dev)", false],
    ["", "env=test", false],
    ["team=x", "env=test", false],
    ["env=test", "env!=prod", true],
    ["env!=prod", "env!=prod", true],
    ["!env", "env!=prod", true],
    ["env", "env!=prod", false],
    ["env=test", "", true],
  ])("%s within %s: %s", (narrow, wide, is) => {
    expect(isWithin(parseSelector(narrow), parseSelector(wide))).toBe(is);
  });

  it("is its own vulnerabilities in its own package on its own hosts", () => {
    const openssl = { ecosystem: "Debian:12", source: "openssl" };
    const { scope } = anException({
      scope: {
        vulnerabilities: ["CVE-1"],
        package: openssl,
        hosts: { kind: "labels", selector: parseSelector("env=legacy") },
      },
    });
    expect(coversFinding(scope, { ...openssl, vulnerability: "CVE-1" })).toBe(true);
    expect(coversFinding(scope, { ...openssl, vulnerability: "CVE-2" })).toBe(false);
    expect(coversFinding(scope, { ...openssl, source: "nginx", vulnerability: "CVE-1" })).toBe(
      false,
    );
    expect(coversHost(scope, { id: "h" as HostId, labels: { env: "legacy" } })).toBe(true);
    expect(coversHost(scope, { id: "h" as HostId, labels: {} })).toBe(false);
    const all = anException().scope;
    expect(sharesFindings(scope, all)).toBe(true);
    expect(sharesFindings(scope, { ...all, vulnerabilities: ["CVE-2"] })).toBe(false);
  });
});

describe("limits", () => {
  it("count what was excepted before for the same, however it was asked for", () => {
    const now = 100 * DAY_MS;
    expect(exceptionLimits([], now)).toMatchObject({ renewal: 0, renews: null, refusal: null });
    const first = anException({ state: "expired", movedAt: 50 * DAY_MS });
    expect(exceptionLimits([first], now)).toMatchObject({ renewal: 1, renews: first });
    const third = anException({ number: 3, renewal: 2, state: "revoked", movedAt: 90 * DAY_MS });
    expect(exceptionLimits([first, third], now).refusal).toContain("X-3 was renewal 2 of 2");
    expect(exceptionLimits([third], 460 * DAY_MS).refusal).toBeNull();
    const never = anException({ state: "refused", approvedAt: null, approvedBy: null });
    expect(exceptionLimits([never], now).renewal).toBe(0);
  });

  it("let it last 90 days to the millisecond, and not end before it begins", () => {
    expect(untilProblem(90 * DAY_MS, 0)).toBeNull();
    expect(untilProblem(90 * DAY_MS + 1, 0)).toContain("at most 90 days");
    expect(untilProblem(5, 5)).toContain("over already");
  });
});

describe("what it rests on", () => {
  const assumes = { exploited: ["CVE-1"], isExposed: false, fixable: ["CVE-1"], hosts: 2 };
  const same = { ...assumes, withoutControl: 0 };

  it("holds while nothing turned for the worse", () => {
    expect(brokenAssumption(anException({ assumes }), same)).toBeNull();
    expect(brokenAssumption(anException({ assumes }), { ...same, exploited: [] })).toBeNull();
    const wasExposed = { ...assumes, isExposed: true };
    expect(
      brokenAssumption(anException({ assumes: wasExposed }), { ...same, isExposed: true }),
    ).toBeNull();
  });

  it.each([
    [{ exploited: ["CVE-1", "CVE-2"] }, "known-exploited", "legacy"],
    [{ isExposed: true }, "exposed", "legacy"],
    [{ withoutControl: 1 }, "control-gone", "legacy"],
    [{}, "fix-available", "no-fix"],
  ] as const)("breaks by %j: %s", (change, why, reasonClass) => {
    const broken = brokenAssumption(anException({ assumes, reasonClass }), { ...same, ...change });
    expect(broken?.why).toBe(why);
  });
});

it("is approved by a person other than the requester, through whatever they came, and nobody else", () => {
  const people = ["alice", "bob", "carol"] as const;
  fc.assert(
    fc.property(
      fc.constantFrom(...people),
      fc.constantFrom(...people),
      fc.boolean(),
      fc.boolean(),
      fc.constantFrom(...exceptionStates),
      (requester, person, isPerson, covers, state) => {
        const asked = anException({ state, requesterPerson: requester as SubjectId });
        const decider = {
          subject: "a-token" as SubjectId,
          person: person as SubjectId,
          isPerson,
          covers,
        };
        const isFree = isPerson && person !== requester && covers && state === "requested";
        expect(mayDecide("approve", asked, decider) === null).toBe(isFree);
        const mayTakeBack = person === requester && state === "requested";
        expect(mayDecide("withdraw", asked, decider) === null).toBe(mayTakeBack);
        expect(mayDecide("revoke", asked, decider) === null).toBe(covers && state === "approved");
      },
    ),
  );
});

describe("the date of a case", () => {
  const now = 10 * DAY_MS;
  const of = { deadline: 20 * DAY_MS, vulnerabilities: ["CVE-1", "CVE-2"] };
  const one = anException({ number: 1, until: 50 * DAY_MS });
  const both = anException({
    number: 2,
    until: 40 * DAY_MS,
    scope: { ...one.scope, vulnerabilities: ["CVE-1", "CVE-2"] },
  });

  it("moves only where every vulnerability is excepted on every host, to the first end", () => {
    const reached = [{ by: [1, 2], hosts: 5 }];
    expect(caseEffect({ ...of, exceptions: [one, both], reached }, now)).toMatchObject({
      at: 40 * DAY_MS,
      isExcepted: true,
      hostsExcepted: 5,
      hosts: 5,
    });
    const only = caseEffect({ ...of, exceptions: [one], reached: [{ by: [1], hosts: 5 }] }, now);
    expect(only).toMatchObject({ at: of.deadline, isExcepted: false, hostsExcepted: 0 });
    const some = [...reached, { by: [], hosts: 1 }];
    const partly = caseEffect({ ...of, exceptions: [one, both], reached: some }, now);
    expect(partly).toMatchObject({
      at: of.deadline,
      isExcepted: false,
      hostsExcepted: 5,
      hosts: 6,
    });
  });

  it("is the old one again when the exception is over, and never an earlier one", () => {
    const reached = [{ by: [2], hosts: 5 }];
    const later = caseEffect({ ...of, exceptions: [both], reached }, 41 * DAY_MS);
    expect(later).toMatchObject({ at: of.deadline, isExcepted: false });
    const far = caseEffect({ ...of, deadline: 60 * DAY_MS, exceptions: [both], reached }, now);
    expect(far).toMatchObject({ at: 60 * DAY_MS, isExcepted: true });
    const late = caseEffect({ ...of, deadline: 5 * DAY_MS, exceptions: [both], reached }, now);
    expect(late).toMatchObject({ at: 40 * DAY_MS, isExcepted: true });
  });

  it("counts what is excepted apart, and what is not known never as good", () => {
    const open = { deadline: 20, effective: 20, isExcepted: false, isKnown: true, isOpen: true };
    expect(complianceOf(open, 10)).toBe("in-time");
    expect(complianceOf(open, 20)).toBe("overdue");
    expect(complianceOf({ ...open, effective: 40, isExcepted: true }, 30)).toBe("excepted");
    expect(complianceOf({ ...open, isOpen: false }, 30)).toBe("compliant");
    expect(complianceOf({ ...open, isOpen: false, isKnown: false }, 30)).toBe("unknown");
  });
});
