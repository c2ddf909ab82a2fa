import { expect, test } from "vitest";
import type { components } from "../../client/schema.d.ts";
import { overviewText } from "./overview.ts";

type Overview = components["schemas"]["Overview"];

const NOW = Date.parse("2026-05-03T10:00:00Z");

const quiet: Overview = {
  asOf: "2026-05-03T10:00:00Z",
  verdict: { tone: "good", parts: [{ text: "Nothing needs a decision.", href: null }] },
  action: null,
  fleet: {
    hosts: 1200,
    states: [
      { respect: "reach", state: "good", label: "reachable", count: 1199, href: "/hosts" },
      { respect: "reach", state: "bad", label: "unreachable", count: 1, href: "/hosts" },
    ],
  },
  deadlines: { overdue: 0, soon: 0, excepted: 0, items: [] },
  rollouts: [],
  waiting: { forMe: 0, changes: [] },
  trend: [],
  feeds: [{ name: "kev", state: "good", sentence: "Current as of 2 h ago.", href: "/" }],
  firstSteps: [{ done: true, text: "Start the rollout.", command: null, href: null }],
  notShown: [],
};

test("a quiet fleet is its sentence and its states, and nothing that is empty", () => {
  expect(overviewText(quiet, NOW)).toBe(
    [
      "Nothing needs a decision.",
      "",
      "hosts    1200",
      "reached  1,199 reachable, 1 unreachable",
      "feeds    all current",
    ].join("\n"),
  );
});

test("what waits comes before what stands, and no name reaches the terminal as a command", () => {
  const text = overviewText(
    {
      ...quiet,
      action: { text: "Open \u001b[2Jthe case", href: "/" },
      waiting: {
        forMe: 1,
        changes: [
          {
            ref: "C-1",
            title: "nginx\u001b]0;x\u0007\nroot",
            requester: "ada",
            expiresAt: "2026-05-03T12:00:00Z",
            sentence: "",
            href: "/",
          },
        ],
      },
      feeds: [{ name: "kev", state: "attention", sentence: "Old: no load for 9 d.", href: "/" }],
      firstSteps: [
        { done: true, text: "Add a host.", command: "fettle host add", href: null },
        { done: false, text: "Start the rollout.", command: "fettle rollout start", href: null },
      ],
      notShown: [{ part: "deadlines", reason: "This needs the right patch.read." }],
    },
    NOW,
  );
  expect(text).not.toMatch(/[\u001b\u0007]/);
  expect(text).toContain("Next: Open the case.");
  expect(text).toMatch(/C-1 nginx.*root, asked for by ada; ends in 2 h/);
  expect(text.indexOf("Waiting for your approval: 1")).toBeLessThan(text.indexOf("reached"));
  expect(text).toContain("feed kev  Old: no load for 9 d.");
  expect(text).toContain("  Start the rollout.  fettle rollout start");
  expect(text).not.toContain("Add a host");
  expect(text).toContain("Not shown, deadlines: This needs the right patch.read.");
});
