import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  aHost,
  aMove,
  aPlanInput,
  ISSUED_AT,
  movesOf,
  testRings,
} from "../../test/builders/plan.ts";
import { sha256 } from "../base/digest.ts";
import { DAY_MS, HOUR_MS, instantFromText } from "../base/instant.ts";
import { type InPieces, inOneGo, PIECE } from "../base/pieces.ts";
import { parseRings } from "../policy/rings.ts";
import { parseBody } from "./body.ts";
import { checkInPieces, checkPlan } from "./checker.ts";
import type { Plan, PlanHost, PlanInput } from "./model.ts";
import { exclusionToText } from "./plan-story.ts";
import { plan, planInPieces, statementTitle } from "./planner.ts";
import { stratified } from "./planner-order.ts";
import { parseStatement } from "./statement.ts";

function planned(input: PlanInput): Plan {
  const { plan: made, report } = plan(input);
  if (made === null) throw new Error(`blocked: ${JSON.stringify(report.blocked)}`);
  return made;
}

function piecesOf<T>(work: InPieces<T>): { readonly result: T; readonly pieces: number } {
  for (let pieces = 1; ; pieces += 1) {
    const step = work.next();
    if (step.done === true) return { result: step.value, pieces };
  }
}

const loose = { uri: "http://loose.example", suite: "stable" };

describe("a plan", () => {
  test("gives the same bytes for the same input, whatever the order of hosts", () => {
    const input = aPlanInput();
    const first = plan(input);
    expect(plan(input)).toEqual(first);
    const turned = plan({ ...input, hosts: [...input.hosts].reverse() });
    expect(turned.plan?.statement).toBe(first.plan?.statement);
    expect(turned.plan?.leaves).toEqual(first.plan?.leaves);
  });

  test("is made and judged in pieces that are small, however many hosts it has", () => {
    const hosts = Array.from({ length: 4 * PIECE }, (_, at) => aHost(`h${at}`));
    const input = aPlanInput({ hosts });
    const planning = piecesOf(planInPieces(input));
    expect(planning.result).toEqual(plan(input));
    // To select, to put in order and to write leaves walks over all hosts.
    expect(planning.pieces).toBeGreaterThan(3 * 4);
    const judging = piecesOf(checkInPieces(planning.result, input, input.policy));
    expect(judging.result).toEqual([]);
    // To read leaves, to find their hosts, and the rules about hosts, bodies and files.
    expect(judging.pieces).toBeGreaterThan(6 * 4);
  });

  test("has a wave for each ring that has hosts, and later waves wait for the soak", () => {
    const statement = parseStatement(planned(aPlanInput()).statement);
    if (!statement.ok) throw new Error(statement.why);
    const issued = ISSUED_AT / 1000;
    expect(statement.value.waves).toEqual([
      { number: 1, ring: "canary", notBefore: issued, notAfter: issued + 7 * 86_400 },
      { number: 2, ring: "1", notBefore: issued + 60, notAfter: issued + 7 * 86_400 },
      { number: 3, ring: "2", notBefore: issued + 120, notAfter: issued + 7 * 86_400 },
    ]);
  });

  test("shares one body between hosts whose steps are equal", () => {
    const input = aPlanInput();
    const one = planned(input);
    expect(one.bodies).toHaveLength(1);
    const [first, ...rest] = input.hosts;
    const other = { ...first, services: ["ssh.service"] } as PlanHost;
    const two = planned({ ...input, hosts: [other, ...rest] });
    expect(two.bodies).toHaveLength(2);
  });

  test("holds moves in the resolution's order, then restarts, then probes, and the way back", () => {
    const body = parseBody(planned(aPlanInput()).bodies[0]?.text ?? "");
    if (!body.ok) throw new Error(body.why);
    expect(body.value.steps.map((step) => Object.values(step).slice(0, 2).join(" "))).toEqual([
      "upgrade libssl3",
      "upgrade openssl",
      "restart nginx.service",
      "probe web-health",
    ]);
    expect(body.value.undo.map(({ at, step }) => [at, step])).toEqual([
      [1, { ...undo("libssl3") }],
      [2, { ...undo("openssl") }],
    ]);
  });

  test("undoes an install by a removal and a removal by the old file", () => {
    const moves = [
      aMove({ verb: "install", name: "libnew1", from: "-", oldSha256: null }),
      aMove({ verb: "remove", name: "libold1", to: "-", sha256: "-" }),
    ];
    const input = aPlanInput();
    const [pair] = input.resolutions;
    const body = parseBody(
      planned({ ...input, resolutions: [{ ...pair!, outcome: movesOf(moves) }] }).bodies[0]!.text,
    );
    if (!body.ok) throw new Error(body.why);
    expect(body.value.undo.map(({ step }) => step)).toMatchObject([
      { verb: "remove", name: "libnew1", from: "3.0.18-1~deb12u1", to: "-", sha256: "-" },
      { verb: "install", name: "libold1", from: "-", sha256: sha256("libold1 3.0.17-1~deb12u2") },
    ]);
  });

  test("says why each host is left out", () => {
    const pair = { packageSet: sha256("p"), offerSet: sha256("o") };
    const input = aPlanInput({
      hosts: [
        aHost("good"),
        aHost("local", { mode: "inspect-only" }),
        aHost("new", { inspectedAt: null, packageSet: null, offerSet: null }),
        aHost("old", { inspectedAt: ISSUED_AT - 25 * HOUR_MS }),
        aHost("lost", { labels: { ring: "nine" } }),
        aHost("held", { held: ["libssl3"] }),
        aHost("clean", pair),
        aHost("open", { distrusted: [{ ...loose, because: "unauthenticated" }] }),
        aHost("blocked", { distrusted: [{ ...loose, because: "blocked" }] }),
      ],
      resolutions: [...aPlanInput().resolutions, { ...pair, outcome: { kind: "not-affected" } }],
    });
    const { report } = plan(input);
    expect(report.excluded.map((entry) => [entry.name, entry.because.why])).toEqual([
      ["blocked", "distrusted-source"],
      ["clean", "not-affected"],
      ["held", "held"],
      ["local", "inspect-only"],
      ["lost", "no-ring"],
      ["new", "never-inspected"],
      ["old", "stale-inventory"],
      ["open", "distrusted-source"],
    ]);
  });

  test("takes hosts with unsigned sources only where the policy says so, blocked ones never", () => {
    const distrusted = [{ ...loose, because: "unauthenticated" as const }];
    const text = `${testRings}\nsources: { unauthenticated: allow }\n`;
    const hosts = [aHost("open", { distrusted }), aHost("good")];
    const allowed = { ...aPlanInput({ hosts }), policy: parseRings(text) };
    expect(plan(allowed).report.excluded).toEqual([]);
    const blocked = [{ ...loose, because: "blocked" as const }];
    const both = { ...allowed, hosts: [aHost("bad", { distrusted: blocked }), aHost("good")] };
    const { excluded } = plan(both).report;
    expect(excluded.map(({ because }) => exclusionToText(because))).toEqual([
      "not to be trusted there: http://loose.example stable is blocked",
    ]);
    const failed = [{ ...loose, because: "refused" as const }];
    const third = { ...allowed, hosts: [aHost("bad", { distrusted: failed }), aHost("good")] };
    expect(plan(third).report.excluded).toMatchObject([{ name: "bad" }]);
  });

  test("takes hosts that demand no signed index, unless the policy asks for it", () => {
    const distrusted = [{ ...loose, because: "unsigned-index" as const }];
    const input = aPlanInput({ hosts: [aHost("loose", { distrusted }), aHost("good")] });
    expect(plan(input).report.excluded).toEqual([]);
    const policy = parseRings(`${testRings}\nsources: { unsignedIndex: block }\n`);
    const { excluded } = plan({ ...input, policy }).report;
    expect(excluded.map(({ name, because }) => [name, exclusionToText(because)])).toEqual([
      ["loose", expect.stringContaining("set repo_gpgcheck=1")],
    ]);
  });

  test("is none when nobody can go back and nobody said that this is accepted", () => {
    const input = aPlanInput();
    const [pair] = input.resolutions;
    const moves = [aMove(), aMove({ name: "openssl", oldSha256: null })];
    const lost = { ...input, resolutions: [{ ...pair!, outcome: movesOf(moves) }] };
    expect(plan(lost)).toMatchObject({
      plan: null,
      report: {
        blocked: [
          {
            why: "irreversible",
            packages: ["openssl amd64 3.0.17-1~deb12u2 (no source offers it any more)"],
          },
        ],
        reversibility: "none",
      },
    });
    const accepted = { ...lost, isIrreversibleAcknowledged: true };
    expect(planned(accepted).bodies[0]?.text).not.toContain("undo");
    const strict = parseRings(testRings.replace("irreversible: acknowledged", "irreversible: no"));
    expect(plan({ ...accepted, policy: strict }).plan).toBeNull();
  });

  test("is none without hosts, without an open time, or for an emergency without canary", () => {
    const input = aPlanInput();
    const why = (some: Partial<PlanInput>): string[] =>
      plan({ ...input, ...some }).report.blocked.map((blocker) => blocker.why);
    expect(why({ hosts: [] })).toEqual(["no-hosts"]);
    expect(why({ startsAt: ISSUED_AT + 8 * DAY_MS })).toEqual(["no-window"]);
    expect(why({ class: "emergency", hosts: input.hosts.slice(2) })).toEqual(["no-canary"]);
    const normalOnly = testRings.replace(/ {2}emergency: .*\n/, "");
    expect(why({ class: "emergency", policy: parseRings(normalOnly) })).toEqual([
      "class-not-allowed",
    ]);
  });

  test("writes the open times of a ring into its leaves and ends the wave with the last", () => {
    const nights = testRings.replace(
      "opens: always",
      'opens: [{ days: [sun, mon, tue, wed, thu, fri, sat], from: "22:30", to: "01:00" }]',
    );
    const made = planned(aPlanInput({ policy: parseRings(nights) }));
    expect(made.leaves[0]?.text.match(/^window /gm)).toHaveLength(7);
    expect(made.waves[0]).toMatchObject({
      notBefore: instantFromText("2026-11-21T22:30Z"),
      notAfter: instantFromText("2026-11-28T01:00Z"),
    });
    expect(made.leaves.at(-1)?.text).not.toContain("window");
  });
});

test("every beginning of a ring's order holds its share of each zone, give or take two", () => {
  const zones = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(zones, (labels) => {
      const members = labels.map((zone, at) => ({ host: aHost(`h${at}`, { labels: { zone } }) }));
      const order = inOneGo(stratified(members));
      expect(order).toHaveLength(members.length);
      for (const zone of new Set(labels)) {
        const total = labels.filter((label) => label === zone).length;
        let taken = 0;
        for (const [at, { host }] of order.entries()) {
          if (host.labels["zone"] === zone) taken += 1;
          const share = ((at + 1) / order.length) * total;
          expect(Math.abs(taken - share)).toBeLessThanOrEqual(2);
        }
      }
    }),
  );
});

test("whatever the fleet, the planner's own plan passes the checker", () => {
  const host = fc.record({
    ring: fc.constantFrom("canary", "1", "2", "none"),
    set: fc.constantFrom("A", "B", "C"),
    isNginx: fc.boolean(),
    isHeld: fc.boolean(),
    mode: fc.constantFrom("managed" as const, "inspect-only" as const),
  });
  fc.assert(
    fc.property(
      fc.array(host, { minLength: 1, maxLength: 40 }),
      fc.constantFrom("normal" as const, "emergency" as const),
      fc.boolean(),
      (hosts, cls, isAccepted) => {
        const input = aPlanInput({
          class: cls,
          isIrreversibleAcknowledged: isAccepted,
          hosts: hosts.map(({ ring, set, isNginx, isHeld, mode }, at) =>
            aHost(`h${at}`, {
              mode,
              labels: { ring, ...(isNginx ? { service: "web" } : {}) },
              services: isNginx ? ["nginx.service"] : [],
              held: isHeld ? ["libssl3"] : [],
              packageSet: sha256(`packages ${set}`),
              offerSet: sha256(`offers ${set}`),
            }),
          ),
          resolutions: ["A", "B", "C"].map((set) => ({
            packageSet: sha256(`packages ${set}`),
            offerSet: sha256(`offers ${set}`),
            outcome:
              set === "C"
                ? movesOf([aMove({ name: "perl", oldSha256: null })], [], set)
                : movesOf([aMove({ name: set === "A" ? "libssl3" : "openssl" })], undefined, set),
          })),
        });
        const result = plan(input);
        expect(checkPlan(result, input, input.policy)).toEqual([]);
        const included = result.plan?.leaves.length ?? 0;
        if (result.plan !== null) {
          expect(included + result.report.excluded.length).toBe(hosts.length);
        }
      },
    ),
    { numRuns: 150 },
  );
});

test("a title keeps to the protocol's byte set", () => {
  expect(statementTitle("  Löse  das\nProblem ")).toBe("L?se das Problem");
  expect(statementTitle("")).toBe("untitled");
  expect(statementTitle("x".repeat(200))).toHaveLength(160);
});

function undo(name: string): Record<string, string> {
  return {
    verb: "downgrade",
    name,
    arch: "amd64",
    from: "3.0.18-1~deb12u1",
    to: "3.0.17-1~deb12u2",
    sha256: sha256(`${name} 3.0.17-1~deb12u2`),
  };
}
