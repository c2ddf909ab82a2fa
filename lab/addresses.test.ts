import fc from "fast-check";
import { expect, test } from "vitest";
import { hostAddress, overlaps, subnet, subnetCandidates } from "./addresses.ts";

test("a network that the machine routes is never chosen", () => {
  const candidates = subnetCandidates("f50000", ["default", "10.213.245.0/24", "10.213.0.7"]);
  expect(candidates[0]?.prefix).toBe("10.213.246.0/24");
  expect(candidates.map(({ third }) => third)).not.toContain(0);
  expect(candidates).toHaveLength(254);
});

test("a machine that routes the whole range is told so", () => {
  expect(() => subnetCandidates("000000", ["10.0.0.0/8"])).toThrow("no free network");
});

test("networks overlap exactly when one holds the other's first address", () => {
  const octet = fc.integer({ min: 0, max: 255 });
  const network = fc.tuple(octet, octet, octet, octet, fc.integer({ min: 1, max: 32 }));
  fc.assert(
    fc.property(network, network, (left, right) => {
      const text = ([a, b, c, d, length]: typeof left): string => `${a}.${b}.${c}.${d}/${length}`;
      const bits = ([a, b, c, d]: typeof left): string =>
        [a, b, c, d].map((value) => value.toString(2).padStart(8, "0")).join("");
      const length = Math.min(left[4], right[4]);
      const expected = bits(left).slice(0, length) === bits(right).slice(0, length);
      expect(overlaps(text(left), text(right))).toBe(expected);
    }),
  );
});

test("hosts have addresses of their own, none of them the bridge's", () => {
  const network = subnet(7);
  const addresses = new Set(
    Array.from({ length: 200 }, (_, index) => hostAddress(network, index + 1)),
  );
  expect(addresses.size).toBe(200);
  expect(addresses.has(network.gateway)).toBe(false);
  expect([...addresses].every((address) => overlaps(address, network.prefix))).toBe(true);
});
