import { describe, expect, test } from "vitest";
import { aHost, aMove, aPlanInput, movesOf } from "../../test/builders/plan.ts";
import { sha256 } from "../base/digest.ts";
import { diffStory } from "./diff-story.ts";
import type { Plan, PlanInput } from "./model.ts";
import { type DiffSide, planDiff, planDiffToText } from "./plan-diff.ts";
import { plan } from "./planner.ts";
import { type SignedView, signedView } from "./signed-view.ts";

function planned(input: PlanInput): Plan {
  return plan(input).plan!;
}

function view(made: Plan, some: Partial<Parameters<typeof signedView>[0]> = {}): SignedView {
  return signedView({
    statement: made.statement,
    leaves: made.leaves.map((leaf) => leaf.text),
    bodies: made.bodies.map((body) => body.text),
    ...some,
  });
}

describe("what is shown for signing", () => {
  const made = planned(aPlanInput());
  const bodies = made.bodies.map((body) => body.text);
  const leaves = made.leaves.map((leaf) => leaf.text);

  test("is counted from the documents", () => {
    expect(view(made)).toMatchObject({
      digest: made.digest,
      faults: [],
      hosts: 9,
      hostsWithoutUndo: 0,
      waves: [
        { ring: "canary", hosts: 2 },
        { ring: "1", hosts: 3 },
        { ring: "2", hosts: 4 },
      ],
      moves: [
        { verb: "upgrade", name: "libssl3", hosts: 9 },
        { verb: "upgrade", name: "openssl", hosts: 9 },
      ],
      restarts: [{ unit: "nginx.service", hosts: 9 }],
      probes: [{ name: "web-health", hosts: 9 }],
    });
  });

  test("counts hosts that have no way back", () => {
    const [pair] = aPlanInput().resolutions;
    const outcome = movesOf([aMove({ oldSha256: null })]);
    const input = aPlanInput({
      isIrreversibleAcknowledged: true,
      resolutions: [{ ...pair!, outcome }],
    });
    expect(view(planned(input)).hostsWithoutUndo).toBe(9);
  });

  test.each([
    ["a leaf that is missing", { leaves: leaves.slice(1) }],
    [
      "a leaf of another host",
      { leaves: [leaves[0]!.replace(/h-.{4}/, "h-0000"), ...leaves.slice(1)] },
    ],
    ["leaves in another order", { leaves: [...leaves].reverse() }],
    ["a body with another file", { bodies: [bodies[0]!.replace(/[0-9a-f]{64}/, sha256("evil"))] }],
    ["a body that is missing", { bodies: [] }],
    ["a text that is no body", { bodies: ["rm -rf /\n"] }],
    ["a text that is no statement", { statement: "trust me\n" }],
  ])("refuses %s", (_what, some) => {
    expect(view(made, some).faults).not.toEqual([]);
  });
});

describe("the difference of two plans", () => {
  function side(input: PlanInput): DiffSide {
    const made = planned(input);
    const names = new Map(input.hosts.map((host) => [host.id, host.name]));
    const rings = new Map(made.waves.map((wave) => [wave.number, wave.ring]));
    return {
      ...made,
      hosts: made.leaves.map((leaf) => ({
        name: names.get(leaf.host)!,
        wave: leaf.wave,
        ring: rings.get(leaf.wave)!,
        body: leaf.body,
      })),
    };
  }
  const input = aPlanInput();

  test("is none between a plan and itself", () => {
    const diff = planDiff(side(input), side(input));
    expect(planDiffToText(diff)).toBe("no difference in what is done\n");
    expect(diffStory(diff, side(input), side(input))).toEqual(["Both do exactly the same."]);
  });

  test("names hosts, rings, versions and times", () => {
    const [first, second, ...rest] = input.hosts;
    const moved = { ...second!, labels: { ...second!.labels, ring: "1" } };
    const newer = movesOf([aMove(), aMove({ name: "openssl", to: "3.0.19-1~deb12u1" })]);
    const other: PlanInput = {
      ...input,
      class: "emergency",
      hosts: [first!, moved, ...rest.slice(1), aHost("new-1", { labels: first!.labels })],
      resolutions: [{ ...input.resolutions[0]!, outcome: newer }],
    };
    const diff = planDiff(side(input), side(other));
    expect(diff).toMatchObject({
      fields: [
        { field: "class", from: "normal", to: "emergency" },
        { field: "need", from: "1", to: "2" },
      ],
      hostsAdded: ["new-1"],
      hostsRemoved: ["web-3"],
      ringChanged: [{ host: "web-2", from: "canary", to: "1" }],
    });
    expect(diff.waves.map((wave) => wave.ring)).toEqual(["canary", "1", "2"]);
    const story = diffStory(diff, side(input), side(other));
    expect(story.slice(0, 3)).toEqual([
      "Adds 1 host: new-1.",
      "Leaves out 1 host: web-3.",
      "1 host moves from canary to ring 1: web-2.",
    ]);
    expect(story).toContain(
      "upgrade openssl to 3.0.19-1~deb12u1 instead of 3.0.18-1~deb12u1, on 8 hosts.",
    );
    expect(story).toContain("Class: emergency instead of normal.");
    expect(story.some((line) => /^Wave ring 1 .*soaks .* instead of /.test(line))).toBe(true);
    const text = planDiffToText(diff);
    expect(text).toContain("upgrade openssl amd64 3.0.17-1~deb12u2 3.0.19-1~deb12u1");
    expect(text).toMatch(/to go back: downgrade openssl .*: on 0 -> 8 hosts/);
    expect(text).toContain("+ new-1\n- web-3\nweb-2: ring canary -> 1\n");
  });
});
