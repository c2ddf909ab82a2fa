import { expect, test } from "vitest";
import type { components } from "../../client/schema.d.ts";
import { missedText } from "./host.ts";

const one: components["schemas"]["MissedRollout"] = {
  ...{ rollout: "R-7", title: "Upgrade openssl", patch: "P-1", plan: "9".repeat(64) },
  ...({ rolloutState: "stopped", kind: "missed" } as const),
  since: "2026-11-21T22:00:00.000Z",
  word: { name: "missed", tone: "attention", label: "missed it" },
  why: "the host cannot be reached since 2026-11-21T21:59:00.000Z: no route to \u001b[31mhost",
  fate: "nothing",
  outlook: "nothing sees to it: plan for what R-7 missed",
  ...{ command: "fettle plan create --catch-up R-7", href: "/rollouts/R-7" },
};

test("rollouts that went past a host are told with what will become of each", () => {
  const taken = {
    ...one,
    fate: "taken",
    outlook: "R-9 has it and sees to it",
    command: null,
  } as const;
  const lines = missedText([one, taken]).split("\n");
  expect(lines[0]).toBe("Rollouts without it, newest first");
  expect(lines[1]).toMatch(/^ {2}R-7 Upgrade openssl: missed it since \S/);
  expect(lines[2]).toContain("since 2026-11-21 21:59:00Z: no route");
  // A host's own words draw nothing on the terminal.
  expect(lines[2]).not.toContain("\u001b");
  expect(lines[3]).toBe(
    "      nothing sees to it: plan for what R-7 missed: fettle plan create --catch-up R-7",
  );
  expect(lines[6]).toBe("      R-9 has it and sees to it");
});
