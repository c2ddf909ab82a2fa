import { describe, expect, test } from "vitest";
import {
  ageing,
  aMove,
  aPlanInput,
  aSignedFile,
  aSignedInput,
  ISSUED_AT,
  testRings,
} from "../../test/builders/plan.ts";
import { sha256 } from "../base/digest.ts";
import { HOUR_MS } from "../base/instant.ts";
import { parseRings } from "../policy/rings.ts";
import { checkPlan } from "./checker.ts";
import type { PlanInput } from "./model.ts";
import { exclusionToText, planToText } from "./plan-story.ts";
import { plan } from "./planner.ts";

function outcome(input: PlanInput) {
  const made = plan(input);
  expect(checkPlan(made, input, input.policy)).toEqual([]);
  const whys = new Set(made.report.excluded.map(({ because }) => because.why));
  return { ...made.report, isPlanned: made.plan !== null, whys: [...whys], made };
}

const changed = (edit: Parameters<typeof aSignedFile>[1]) =>
  aSignedInput({
    signed: [
      aSignedFile(aMove({ name: "openssl" })),
      aSignedFile(aMove({ name: "libssl3" }), edit),
    ],
  });

describe("the files of a plan", () => {
  test("are told with the signed index that names each, its date, key and list", () => {
    const { isPlanned, files, warnings, made } = outcome(aSignedInput());
    expect([isPlanned, warnings]).toEqual([true, []]);
    expect(files.map(({ name, by }) => [name, by?.suite, by?.signedBy])).toEqual([
      ["libssl3", "bookworm", "A".repeat(40)],
      ["openssl", "bookworm", "A".repeat(40)],
    ]);
    expect(planToText(made)).toContain(
      `file libssl3 amd64 3.0.18-1~deb12u1 (sha256 ${aMove().sha256}): named by main/binary-amd64/Packages of https://deb.example.org/debian bookworm of 2026-11-21T21:00:00.000Z, signed by ${"A".repeat(40)}, since 2026-11-20T22:00:00.000Z`,
    );
  });

  test("keep their hosts out where the source signs another file of the same name and version", () => {
    const { isPlanned, whys, excluded } = outcome(changed({ sha256: sha256("vendor") }));
    expect([isPlanned, whys]).toEqual([false, ["not-authentic"]]);
    expect(exclusionToText(excluded[0]!.because)).toContain(
      "libssl3 3.0.18-1~deb12u1 is not the file that https://deb.example.org/debian bookworm signs",
    );
  });

  test("keep their hosts out where every source is read and none names them any more", () => {
    for (const edit of [
      { isGone: true },
      { version: "3.0.17-1" },
      { source: 2 },
      { arch: "i386" },
    ]) {
      const { isPlanned, excluded } = outcome(changed(edit));
      expect(isPlanned).toBe(false);
      expect(exclusionToText(excluded[0]!.because)).toContain("stands in no signed list");
    }
  });

  test("are let in and told where the server reads only some of the sources", () => {
    const input = aSignedInput({ signed: [aSignedFile(aMove({ name: "openssl" }))] });
    const partly = { sources: [1], archs: null, isAll: false };
    const hosts = input.hosts.map((host) => ({ ...host, read: partly }));
    const { isPlanned, warnings } = outcome({ ...input, hosts });
    expect([isPlanned, warnings]).toEqual([true, [expect.stringContaining("names libssl3; only")]]);
  });

  test("are kept out where the policy takes only what is proven, and no index names them", () => {
    const policy = parseRings(`${testRings}\nsources: { unproven: block }\n`);
    expect(outcome(aSignedInput({ policy })).isPlanned).toBe(true);
    const input = aSignedInput({ policy, signed: [aSignedFile(aMove({ name: "openssl" }))] });
    const partly = { sources: [1], archs: null, isAll: false };
    const hosts = input.hosts.map((host) => ({ ...host, read: partly }));
    const { isPlanned, excluded } = outcome({ ...input, hosts });
    expect(isPlanned).toBe(false);
    expect(exclusionToText(excluded[0]!.because)).toBe(
      "libssl3 3.0.18-1~deb12u1 stands in no signed list that this server verified, as the policy asks: pin its source with fettle source pin (fettle source check ADDRESS SUITE reads the lists again)",
    );
    // Hosts of which the server reads no source at all.
    expect(outcome({ ...aPlanInput(), policy }).whys).toEqual(["not-authentic"]);
  });

  test("of a source that differs count for its own hosts only", () => {
    const input = changed({ sha256: sha256("vendor"), source: 2 });
    const signed = [...input.signed, aSignedFile(aMove())];
    const [first, ...others] = input.hosts;
    const read = { sources: [2], archs: null, isAll: true };
    const made = outcome({ ...input, signed, hosts: [{ ...first!, read }, ...others] });
    expect(made.excluded.map(({ name }) => name)).toEqual([first!.name]);
  });
});

describe("the minimum age of a policy", () => {
  test("keeps out what stood in a signed index for less, or in none", () => {
    const policy = ageing(testRings);
    expect(outcome(aSignedInput({ policy })).whys).toEqual(["too-young"]);
    expect(outcome({ ...aPlanInput(), policy }).whys).toEqual(["too-young"]);
    const old = aSignedInput({ policy }).signed.map((one) => ({
      ...one,
      firstSeen: ISSUED_AT - 72 * HOUR_MS,
    }));
    expect(outcome(aSignedInput({ policy, signed: old })).isPlanned).toBe(true);
  });

  test("lets in by suite or by known exploits, with the reason told", () => {
    const bySuite = ageing(testRings, "[{ suite: bookworm, reason: fixes of Debian }]");
    const { isPlanned, warnings } = outcome(aSignedInput({ policy: bySuite }));
    expect(isPlanned).toBe(true);
    expect(warnings[0]).toContain("younger than the policy asks, let in as: fixes of Debian");
    const other = ageing(testRings, "[{ suite: sid, reason: no }]");
    expect(outcome(aSignedInput({ policy: other })).isPlanned).toBe(false);
    const byKev = ageing(testRings, "[{ knownExploited: true, reason: attacked now }]");
    expect(outcome(aSignedInput({ policy: byKev })).isPlanned).toBe(false);
    expect(outcome(aSignedInput({ policy: byKev, isKnownExploited: true })).isPlanned).toBe(true);
  });

  test("is written with a reason for each exception, or not at all", () => {
    for (const rules of ["[{ suite: sid }]", "[{ knownExploited: false, reason: x }]", "[{}]"]) {
      expect(() => ageing(testRings, rules)).toThrow();
    }
    expect(() => parseRings(`${testRings}\nsources: { minimumAge: never }\n`)).toThrow("duration");
  });
});
