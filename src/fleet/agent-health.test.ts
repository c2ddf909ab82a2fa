import { expect, test } from "vitest";
import { sha256 } from "../base/digest.ts";
import { DAY_MS, MINUTE_MS } from "../base/instant.ts";
import { type AgentSeen, agentHealth } from "./agent-health.ts";

const NOW = Date.UTC(2026, 10, 23);
const OWN = { version: "0.10.0", digest: sha256("own") };
const seen = (over: Partial<AgentSeen> = {}): AgentSeen => ({
  name: "web-1",
  state: "live",
  stateReason: null,
  stateAt: NOW - 100 * DAY_MS,
  polledAt: NOW - MINUTE_MS,
  nextAt: NOW,
  certificateUntil: NOW + 20 * DAY_MS,
  program: OWN,
  ...over,
});
const kinds = (over: Partial<AgentSeen>, silentDays = 45) => {
  const { state, concerns, proposed } = agentHealth(seen(over), { now: NOW, silentDays, own: OWN });
  return { state, kinds: concerns.map(({ kind }) => kind), proposed };
};

test("a host that calls and whose certificate is renewed has nothing in its way", () => {
  expect(kinds({})).toEqual({ state: "live", kinds: [], proposed: null });
  // Renewal is due with ten days left; the next call brings it.
  expect(kinds({ certificateUntil: NOW + 10 * DAY_MS }).kinds).toEqual([]);
});

test("a certificate that is not renewed is told before it ends, and again after", () => {
  expect(kinds({ certificateUntil: NOW + 8 * DAY_MS }).kinds).toEqual(["certificate-ending"]);
  expect(kinds({ certificateUntil: NOW }).kinds).toEqual(["certificate-over"]);
});

test("a late host is away; one that is silent for the days that were set is proposed for burial", () => {
  const gone = (days: number): Partial<AgentSeen> => ({
    polledAt: NOW - days * DAY_MS,
    nextAt: NOW - days * DAY_MS,
    certificateUntil: NOW + (30 - days) * DAY_MS,
  });
  expect(kinds(gone(1))).toEqual({ state: "away", kinds: ["away"], proposed: null });
  expect(kinds(gone(44)).proposed).toBeNull();
  expect(kinds(gone(45))).toEqual({
    state: "away",
    kinds: ["certificate-over", "silent"],
    proposed: "bury",
  });
  expect(kinds(gone(3), 3)).toEqual({ state: "away", kinds: ["silent"], proposed: "bury" });
});

test("one that never called counts from when it was enrolled", () => {
  const never = { polledAt: null, nextAt: NOW - 50 * DAY_MS };
  expect(kinds({ ...never, stateAt: NOW - 46 * DAY_MS }).proposed).toBe("bury");
  expect(kinds({ ...never, stateAt: NOW - 44 * DAY_MS }).kinds).toEqual(["away"]);
});

test("a quarantine says both ways out, and nothing is proposed while nobody has looked", () => {
  const { concerns, proposed } = agentHealth(
    seen({
      state: "quarantined",
      stateReason: "two machines use its id",
      polledAt: NOW - 90 * DAY_MS,
    }),
    { now: NOW, silentDays: 45, own: OWN },
  );
  expect(concerns.map(({ kind }) => kind)).toEqual(["quarantined"]);
  expect(concerns[0]?.says).toContain("two machines use its id");
  expect(concerns[0]?.wayOut).toMatch(/release.*bury/);
  expect(proposed).toBeNull();
  expect(kinds({ state: "buried" })).toEqual({ state: "buried", kinds: [], proposed: null });
});

test("another host program than the server's is told, with which of the two is to be updated", () => {
  const of = (version: string | null, text = "other") => {
    const program = { version, digest: sha256(text) };
    const rules = { now: NOW, silentDays: 45, own: OWN };
    return agentHealth(seen({ program }), rules).concerns.map(({ says, wayOut }) => says + wayOut);
  };
  expect(of("0.10.0", "own")).toEqual([]);
  // As numbers: 0.9 is older than 0.10.
  for (const older of ["0.9.1", "0.10", "0.10.0", null]) {
    expect(of(older), String(older)).toEqual([expect.stringContaining("Bring the package")]);
  }
  for (const newer of ["0.10.1", "0.11", "1"]) {
    expect(of(newer), newer).toEqual([expect.stringContaining("Update the server.")]);
  }
  expect(kinds({ program: null }).kinds).toEqual([]);
  // Whoever cannot call has more to do than an update.
  const program = { version: "0.1", digest: sha256("old") };
  expect(kinds({ program, certificateUntil: NOW }).kinds).toEqual(["certificate-over"]);
});
