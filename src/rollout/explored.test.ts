import { describe, expect, test } from "vitest";
import { explore, realRules } from "../../test/builders/explored-jobs.ts";

const isLong = process.env["FETTLE_TEST_LONG"] === "1";

describe("every order of events of two servers and two hosts", () => {
  const faults = isLong ? 4 : 3;
  test(`keeps each rule, with up to ${faults} faults anywhere`, () => {
    const { states, broken } = explore(faults);
    expect(broken).toBeNull();
    expect(states).toBeGreaterThan(10_000);
  });

  test.each([
    ["a host that does not look before it goes on", { hostLooks: false }, "patched twice"],
    ["permits for older orders", { permitAsksEpoch: false }, "holds no slot"],
    ["leases that end although a permit was given", { beginningHolds: false }, "holds no slot"],
    ["permits that do not read the halt", { permitReadsHalt: false }, "after the halt"],
  ])("finds what goes wrong with %s", (_name, rule, what) => {
    const { broken } = explore(1, { ...realRules, ...rule });
    expect(broken?.what).toContain(what);
    expect(broken?.events.length).toBeGreaterThan(3);
  });
});
