import { expect, test } from "vitest";
import { readCsv } from "../src/inventory/host-list.ts";
import {
  bridgeName,
  HOSTS_MAX,
  hostList,
  linkName,
  parseEffects,
  parsePendingUpdates,
  planHosts,
  runId,
} from "./model.ts";

function ringSizes(count: number): Record<string, number> {
  const sizes: Record<string, number> = {};
  for (const host of planHosts(count)) {
    const ring = host.labels["ring"] ?? "none";
    sizes[ring] = (sizes[ring] ?? 0) + 1;
  }
  return sizes;
}

test("six hosts are one canary, two in ring1 and three in ring2", () => {
  expect(ringSizes(6)).toEqual({ canary: 1, ring1: 2, ring2: 3 });
});

test("every size has a canary and gives each host one ring", () => {
  for (let count = 1; count <= HOSTS_MAX; count += 1) {
    const sizes = ringSizes(count);
    expect(sizes["canary"]).toBeGreaterThanOrEqual(1);
    expect(Object.values(sizes).reduce((sum, size) => sum + size, 0)).toBe(count);
    expect(Object.keys(sizes).every((ring) => ["canary", "ring1", "ring2"].includes(ring))).toBe(
      true,
    );
  }
});

test("the list of hosts is read back by the reader of host lists, odd names of folders included", () => {
  const [plan] = planHosts(1);
  const host = { ...plan!, address: "10.213.64.11", port: 22, hostKey: "ssh-ed25519 AAAA" };
  const identityFile = '/srv/a "b", c/operator';
  const { rows, problems } = readCsv(hostList([host], identityFile));
  expect(problems).toEqual([]);
  expect(rows).toMatchObject([
    {
      ...{ name: "web-1", address: "10.213.64.11", port: "22", user: "root", identityFile },
      ...{ hostKey: "ssh-ed25519 AAAA", labels: plan!.labels },
    },
  ]);
});

test("interface names fit the kernel's 15 bytes and differ between runs", () => {
  const one = runId("/srv/state", "lab");
  const other = runId("/srv/state", "test");
  expect(one).toMatch(/^[0-9a-f]{6}$/);
  expect(one).not.toBe(other);
  expect(bridgeName(one).length).toBeLessThanOrEqual(15);
  expect(linkName(one, HOSTS_MAX).length).toBeLessThanOrEqual(15);
});

test("ground-truth lines are read, and a torn one is not taken for an effect", () => {
  const line = "lab-good 2.0 configure 614e109b-bd3a-4a72-a7eb-9c07085e09fb 12.50\n";
  expect(parseEffects(line)).toEqual([
    {
      package: "lab-good",
      version: "2.0",
      action: "configure",
      bootId: "614e109b-bd3a-4a72-a7eb-9c07085e09fb",
      uptimeSeconds: 12.5,
    },
  ]);
  expect(() => parseEffects("lab-good 2.0 configure\n")).toThrow("five fields");
  expect(parseEffects("")).toEqual([]);
});

test("pending updates name their archive, new packages are not updates, lab packages are not real", () => {
  const simulation = [
    "Inst libperl5.36 [5.36.0-7+deb12u3] (5.36.0-7+deb12u4 Debian-Security:12/oldstable-security [amd64]) [perl:amd64 ]",
    "Inst tzdata [2025b-0] (2026f-0 Debian:12.15/oldstable, Debian-Security:12/oldstable-security [all])",
    "Inst lab-new (2.0 Fettle-Lab:lab [all])",
    "Inst lab-good [1.0] (2.0 Fettle-Lab:lab [all])",
    "Conf lab-good (2.0 Fettle-Lab:lab [all])",
  ].join("\n");
  expect(parsePendingUpdates(simulation)).toEqual([
    {
      name: "libperl5.36",
      installed: "5.36.0-7+deb12u3",
      offered: "5.36.0-7+deb12u4",
      origin: "Debian-Security:12/oldstable-security",
      isReal: true,
    },
    {
      name: "tzdata",
      installed: "2025b-0",
      offered: "2026f-0",
      origin: "Debian:12.15/oldstable",
      isReal: true,
    },
    { name: "lab-good", installed: "1.0", offered: "2.0", origin: "Fettle-Lab:lab", isReal: false },
  ]);
});
