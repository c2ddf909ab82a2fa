import { expect, it } from "vitest";
import { filteredOnce } from "./filtered-reach.ts";
import type { KnownReach } from "./store-exposure.ts";

const pair = (vulnerability: string, source: string) => ({
  ...{ vulnerability, source, ecosystem: "Debian:12", fixedVersion: null, channel: "" },
  ...{ state: "affected-no-fix" as const, packageIds: [1], since: 0 },
});
const reach = {
  pairs: [pair("CVE-2026-0001", "openssl"), pair("CVE-2026-0002", "curl")],
  knowledge: { facts: new Map() },
} as unknown as KnownReach;
const own = [[pair("CVE-2026-0003", "openssl"), pair("CVE-2026-0004", "zlib")]];

it("leaves what the words name, and the same object to whoever asks the same again", () => {
  const first = filteredOnce({ reach, own }, { search: "OpenSSL" });
  expect(first.reach.pairs.map((one) => one.vulnerability)).toEqual(["CVE-2026-0001"]);
  expect(first.own.map((pairs) => pairs.map((one) => one.source))).toEqual([["openssl"]]);
  const again = filteredOnce({ reach, own }, { search: "OpenSSL" });
  expect(again.reach).toBe(first.reach);
  expect(again.own).toBe(first.own);
});

it("looks anew where services changed, and filters nothing where nothing is asked", () => {
  const first = filteredOnce({ reach, own }, { search: "curl" });
  const later = filteredOnce({ reach, own: [[pair("CVE-2026-0005", "curl")]] }, { search: "curl" });
  expect(later.own).not.toEqual(first.own);
  expect(filteredOnce({ reach, own }, {})).toEqual({ reach, own });
  expect(filteredOnce({ reach, own }, { isKev: true }).reach.pairs).toEqual([]);
});
