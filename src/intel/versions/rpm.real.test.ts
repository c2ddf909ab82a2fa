import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { compareByRpm } from "../../../test/builders/rpm-order.ts";
import { chance, madePair } from "../../../test/builders/versions.ts";
import { compareRpm } from "./rpm.ts";

const PAIRS = 10_000;

it.skipIf(!existsSync("/usr/bin/rpm"))(`orders ${PAIRS} generated pairs as rpm does`, () => {
  const from = chance(20_261_122);
  const pairs = Array.from({ length: PAIRS }, () => madePair("rpm", from));
  const { answers: told } = compareByRpm(pairs);
  expect(told).toHaveLength(PAIRS);
  const wrong = pairs.flatMap(([a, b], at) =>
    compareRpm(a, b) === told[at] ? [] : [`${a} ${b}: ${compareRpm(a, b)}, not ${told[at]}`],
  );
  expect(wrong).toEqual([]);
  expect(new Set(told)).toEqual(new Set([-1, 0, 1]));
});
