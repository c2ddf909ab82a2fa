import { expect, test } from "vitest";
import { aHost, aMove, aPlanInput, movesOf, testRings } from "../../test/builders/plan.ts";
import { parseRings } from "../policy/rings.ts";
import { parseBody, stepToText } from "./body.ts";
import { checkPlan } from "./checker.ts";
import { planToText } from "./plan-story.ts";
import { plan } from "./planner.ts";
import { wayBackOf } from "./way-back.ts";

const [pair] = aPlanInput().resolutions;
const libc = movesOf([aMove({ name: "libc6" }), aMove({ name: "openssl" })]);

function planned(reboots: string) {
  const policy = parseRings(
    `${testRings}\nhooks: [{ when: "service=web", drain: out, rejoin: in }]\nreboots: ${reboots}\n`,
  );
  const labels = { ring: "canary", service: "web" };
  const hosts = [aHost("a", { labels }), aHost("b"), aHost("c", { labels: { ring: "1" } })];
  const input = aPlanInput({ hosts, policy, resolutions: [{ ...pair!, outcome: libc }] });
  const made = plan(input);
  expect(checkPlan(made, input, policy)).toEqual([]);
  const bodies = (made.plan?.bodies ?? []).map(({ text }) => {
    const body = parseBody(text);
    if (!body.ok) throw new Error(body.why);
    return body.value;
  });
  const words = bodies.map(({ steps }) =>
    steps.map((step) => stepToText(step).split(" ").slice(0, 2).join(" ")),
  );
  return { made, bodies, words };
}

test("a host reboots behind its restarts, before it goes back to its traffic and is probed", () => {
  const { made, bodies, words } = planned('[{ when: "ring=canary", after: needed }]');
  expect(words.find((steps) => steps.includes("run out"))).toEqual([
    ...["run out", "upgrade libc6", "upgrade openssl", "restart nginx.service", "reboot"],
    ...["run in", "probe web-health"],
  ]);
  // The rule does not select the host of the next ring.
  expect(words.filter((steps) => steps.includes("reboot"))).toHaveLength(2);
  expect(words).toHaveLength(3);
  const drained = bodies.find(({ steps }) => steps[0]?.verb === "run");
  expect(drained?.undo.map(({ at }) => at)).toEqual([1, 2, 3, 6]);
  expect(wayBackOf(drained!).says.join(" ")).toContain("Does not boot again");
  expect(made.report).toMatchObject({ needsReboot: true, reboots: 2 });
  expect(planToText(made)).toContain("\nreboots 2 hosts\n");
});

test("a plan that reboots nobody says that it takes effect only after a reboot", () => {
  const { made, words } = planned("[]");
  expect(words.flat()).not.toContain("reboot");
  expect(made.report).toMatchObject({ needsReboot: true, reboots: 0 });
  expect(planToText(made)).toContain("\ntakes effect fully only after a reboot\n");
});

test("a reboot that only the policy wants counts as one", () => {
  const { made } = planned("[{ after: [openssl] }]");
  expect(made.report).toMatchObject({ needsReboot: true, reboots: 3 });
});
