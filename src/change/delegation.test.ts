import { describe, expect, test } from "vitest";
import type { SubjectId } from "../base/ids.ts";
import { DAY_MS } from "../base/instant.ts";
import { delegationRefusal } from "./delegation.ts";

const id = (name: string): SubjectId => name as SubjectId;
const good = {
  isPerson: true,
  from: id("alice"),
  to: { id: id("bob"), isPerson: true, isLive: true },
  span: { startsAt: 0, endsAt: DAY_MS },
  msMax: 30 * DAY_MS,
  now: 0,
  heldByFrom: [],
  handedOnByTo: [],
};

describe("a delegation", () => {
  test("to another person for a bounded time may be made", () => {
    expect(delegationRefusal(good)).toBeNull();
  });

  test.each([
    ["of a service", { isPerson: false }, "Only a person"],
    ["to a service", { to: { ...good.to, isPerson: false } }, "A service cannot approve"],
    ["to somebody who left", { to: { ...good.to, isLive: false } }, "cannot sign in"],
    ["to oneself", { to: { ...good.to, id: id("alice") } }, "approve for yourself"],
    ["without end", { span: { startsAt: 0, endsAt: 31 * DAY_MS } }, "30 days at most"],
    ["that ends before it begins", { span: { startsAt: 5, endsAt: 5 } }, "ends after it begins"],
    ["that began before now", { now: 1 }, "begins now or later"],
    ["handed on", { heldByFrom: [{ startsAt: 0, endsAt: 1 }] }, "never handed on"],
    ["to somebody who is away", { handedOnByTo: [{ startsAt: 5, endsAt: 9 }] }, "to somebody else"],
  ])("R3 %s is refused", (_what, some, text) => {
    expect(delegationRefusal({ ...good, ...some })).toContain(text);
  });

  test("is possible where one that was handed over ends before", () => {
    const held = [{ startsAt: -DAY_MS, endsAt: 0 }];
    expect(delegationRefusal({ ...good, heldByFrom: held })).toBeNull();
  });
});
