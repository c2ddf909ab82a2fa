import fc from "fast-check";
import { expect, test } from "vitest";
import { aHost, aMove, aPlanInput, movesOf, testRings } from "../../test/builders/plan.ts";
import { parseRings } from "../policy/rings.ts";
import { parseBody, stepToText } from "./body.ts";
import { checkPlan } from "./checker.ts";
import type { PlanHost, PlanInput } from "./model.ts";
import { planToText } from "./plan-story.ts";
import { plan } from "./planner.ts";

const both = `
  - { when: "service=web", drain: lb-out, rejoin: lb-in }
  - { service: db.service, drain: db-out, rejoin: db-in }`;

function hooked(hosts: readonly PlanHost[], hooks = both, some: Partial<PlanInput> = {}) {
  const policy = parseRings(`${testRings}\nhooks:${hooks}\n`);
  const input = aPlanInput({ hosts, policy, ...some });
  const made = plan(input);
  expect(checkPlan(made, input, policy)).toEqual([]);
  const bodies = (made.plan?.bodies ?? []).map(({ text }) => {
    const body = parseBody(text);
    if (!body.ok) throw new Error(body.why);
    return body.value;
  });
  return { ...made, bodies };
}

const web = (name: string, services: readonly string[] = ["nginx.service"]): PlanHost =>
  aHost(name, { labels: { ring: "canary", service: "web" }, services });

test("a host is drained before its packages, and back after its restarts and before its probes", () => {
  const { bodies } = hooked([web("a", ["nginx.service", "db.service"])]);
  const [body] = bodies;
  expect(body?.steps.map(stepToText).map((step) => step.split(" ").slice(0, 2).join(" "))).toEqual([
    "run lb-out",
    "run db-out",
    "upgrade libssl3",
    "upgrade openssl",
    "restart nginx.service",
    "run db-in",
    "run lb-in",
    "probe web-health",
  ]);
  const undo = body?.undo.map(({ at, step }) => `${at} ${stepToText(step)}`.split(" ").slice(0, 3));
  expect(undo?.map((words) => words.join(" "))).toEqual([
    "1 run lb-in",
    "2 run db-in",
    "3 downgrade libssl3",
    "4 downgrade openssl",
    "6 run db-out",
    "7 run lb-out",
  ]);
});

test("keys are made anew between the packages and the restarts, and nothing undoes it", () => {
  const policy = `${both}
rotations:
  - { service: nginx.service, after: [libssl*], run: new-tls }
  - { after: [gnutls], run: never }`;
  const made = hooked([web("a"), web("b"), web("c", [])], policy);
  const steps = made.bodies.map((body) =>
    body.steps.map(stepToText).map((step) => step.split(" ").slice(0, 2).join(" ")),
  );
  expect(steps).toContainEqual([
    ...["run lb-out", "upgrade libssl3", "upgrade openssl", "run new-tls"],
    ...["restart nginx.service", "run lb-in", "probe web-health"],
  ]);
  expect(made.bodies.flatMap(({ undo }) => undo.map(({ step }) => stepToText(step)))).not.toContain(
    "run new-tls",
  );
  expect(made.report.rotations).toEqual([{ run: "new-tls", hosts: 2, names: ["a", "b"] }]);
  expect(planToText(made)).toContain("makes keys anew by hook new-tls after the packages");
});

test("hosts of equal packages and hooks share a body, and the plan says who drains by what", () => {
  const made = hooked([web("b"), web("a"), web("c", ["db.service"]), aHost("d")]);
  expect(made.bodies).toHaveLength(3);
  expect(made.report.drains).toEqual([
    { drain: "db-out", rejoin: "db-in", hosts: 1, names: ["c"] },
    { drain: "lb-out", rejoin: "lb-in", hosts: 3, names: ["a", "b", "c"] },
  ]);
  expect(planToText(made)).toContain(
    "drains by hook lb-out before the packages, and back by lb-in before the probes: a, b, c\n",
  );
});

test("a host that cannot go back to its versions can still go back to its traffic", () => {
  const [pair] = aPlanInput().resolutions;
  const lost = { ...pair!, outcome: movesOf([aMove({ oldSha256: null })]) };
  const some = { resolutions: [lost], isIrreversibleAcknowledged: true };
  const { bodies } = hooked([web("a")], both, some);
  expect(bodies[0]?.undo.map(({ at, step }) => `${at} ${stepToText(step)}`)).toEqual([
    "1 run lb-in",
    "4 run lb-out",
  ]);
});

test("rules that contradict each other or name one hook for both are refused", () => {
  const bad = [
    "{ drain: out, rejoin: out }",
    "{ drain: out, rejoin: in }, { drain: out, rejoin: back }",
    "{ drain: out, rejoin: in }, { drain: off, rejoin: in }",
    "{ drain: out }",
    "{ drain: ../out, rejoin: in }",
    "{ drain: out, rejoin: in, undo: no }",
  ];
  for (const rules of bad) {
    expect(() => parseRings(`${testRings}\nhooks: [${rules}]\n`), rules).toThrow("rings.yaml");
  }
});

test("whatever rules and services: every drain comes first, with one rejoin, and the checker agrees", () => {
  const names = ["a", "b", "c"] as const;
  const rule = fc.record({
    name: fc.constantFrom(...names),
    when: fc.constantFrom("", "service=web", "zone=a"),
    service: fc.constantFrom(null, "nginx.service", "db.service"),
  });
  const host = fc.record({
    labels: fc.record({
      ring: fc.constantFrom("canary", "1"),
      service: fc.constantFrom("web", "db"),
      zone: fc.constantFrom("a", "b"),
    }),
    services: fc.subarray(["nginx.service", "db.service"]),
  });
  fc.assert(
    fc.property(
      fc.array(rule, { maxLength: 5 }),
      fc.array(host, { minLength: 1, maxLength: 6 }),
      (rules, hosts) => {
        const texts = rules.map(
          ({ name, when, service }) =>
            `{ drain: out-${name}, rejoin: in-${name}${when && `, when: ${when}`}${service === null ? "" : `, service: ${service}`} }`,
        );
        const fleet = hosts.map((some, at) => aHost(`h${at}`, some));
        for (const { steps } of hooked(fleet, ` [${texts.join(", ")}]`).bodies) {
          const runs = steps.flatMap((step) => (step.verb === "run" ? [step.hook] : []));
          const drains = runs.filter((hook) => hook.startsWith("out-"));
          expect(runs).toEqual([
            ...drains,
            ...drains.toReversed().map((hook) => hook.replace("out-", "in-")),
          ]);
          expect(steps.slice(0, drains.length).every(({ verb }) => verb === "run")).toBe(true);
        }
      },
    ),
    { numRuns: 60 },
  );
});
