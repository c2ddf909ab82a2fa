import { expect, it } from "vitest";
import { aRollout, aTarget } from "../../../test/builders/shown-rollout.ts";
import { rolloutExit, rolloutText } from "./rollout.ts";

const rollout = aRollout();

it("draws each host with a shape of its own and says what the running one does", () => {
  const text = rolloutText(
    rollout,
    [aTarget({}), aTarget({ name: "web-2", standing: "running", sentence: "installs" })],
    0,
  );
  expect(text).toContain("■▣");
  expect(text).toContain("▣ web-2: installs");
  expect(text).toContain("gate … 1 of 2 verified, 2 needed, soak 1 min");
  expect(text).toContain("at once 1/2");
  expect(text).toContain("waits: soaks for 1 min");
  expect(text).toContain("weaker: a stolen server owns the host");
});

it("shows counts where there are too many hosts to draw", () => {
  expect(rolloutText(rollout, [], 0)).toContain("canary  2 hosts  1 verified · 1 running");
});

it("says how it ended by its exit code: failed before blocked, blocked before done", () => {
  const none = { running: 0, checking: 0, waiting: 0, verified: 2, hosts: 2 };
  const exit = (state: "finished" | "halted" | "stopped", over: object): number =>
    rolloutExit(aRollout({ state, outcomes: { ...rollout.outcomes, ...none, ...over } }));
  expect(exit("finished", {})).toBe(0);
  expect(exit("finished", { skipped: 1 })).toBe(0);
  expect(exit("finished", { notStarted: 1 })).toBe(3);
  expect(exit("finished", { appliedUnverified: 1 })).toBe(1);
  expect(exit("halted", { waiting: 1 })).toBe(3);
  expect(exit("halted", { waiting: 1, rolledBack: 1 })).toBe(1);
  expect(exit("stopped", {})).toBe(3);
});

it("says of a halted one why, once, and what its reader may do about it", () => {
  const action = (verb: "resume" | "stop" | "halt", label: string, allowed = true) => ({
    ...{ verb, label, allowed, reason: null },
  });
  const halted = aRollout({
    ...{ state: "halted", ref: "R-2", haltReason: "1 host failed" },
    now: "halted: 1 host failed; nothing starts until somebody resumes",
    actions: [
      action("halt", "Halt", false),
      action("resume", "Resume"),
      action("stop", "Stop for good", false),
    ],
  });
  const text = rolloutText(halted, [], 0);
  expect(text.split("1 host failed")).toHaveLength(2);
  expect(text).toContain('  Resume  fettle rollout resume R-2 --reason "…"');
  expect(text).not.toContain("rollout stop");
  expect(rolloutText({ ...halted, now: "canary: 1 running" }, [], 0)).toContain(
    "halted: 1 host failed",
  );
  expect(rolloutText({ ...halted, state: "running" }, [], 0)).not.toContain("rollout resume");
});
