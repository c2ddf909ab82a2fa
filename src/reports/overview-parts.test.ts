import { expect, it } from "vitest";
import type { PatchId } from "../base/ids.ts";
import { DAY_MS } from "../base/instant.ts";
import type { CaseEffect } from "../triage/exception-effect.ts";
import type { Patch } from "../triage/model.ts";
import { deadlinesPart } from "./overview-parts.ts";

function aCase(number: number, at: number | null): Patch {
  const id = `case-${number}` as PatchId;
  return { id, number, title: "t", urgency: "high", state: "triage", deadline: { at } } as Patch;
}

it("counts what is wholly excepted apart, and as at risk only when that is about to end", () => {
  const now = 100 * DAY_MS;
  const cases = [90, 90, 90, 101, null].map((day, at) =>
    aCase(at + 1, day === null ? null : day * DAY_MS),
  );
  const effect = (at: number, isExcepted: boolean): CaseEffect => ({
    ...{ at: at * DAY_MS, isExcepted, hostsExcepted: 1, hosts: 1, by: [] },
  });
  const effects = new Map([
    ["case-1" as PatchId, effect(150, true)],
    ["case-2" as PatchId, effect(102, true)],
    ["case-3" as PatchId, effect(90, false)],
  ]);
  const part = deadlinesPart(cases, effects, now);
  expect(part).toMatchObject({ overdue: 1, soon: 2, excepted: 2 });
  expect(part.items.map((item) => item.ref)).toEqual(["P-3", "P-4", "P-2"]);
  expect(deadlinesPart(cases, new Map(), now)).toMatchObject({ overdue: 3, soon: 1, excepted: 0 });
});
