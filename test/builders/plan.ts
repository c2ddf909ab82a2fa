import { readFileSync } from "node:fs";
import { sha256 } from "../../src/base/digest.ts";
import type { HostId, PatchId } from "../../src/base/ids.ts";
import { HOUR_MS, type Instant } from "../../src/base/instant.ts";
import { emptyCalendar } from "../../src/calendar/model.ts";
import { noSourcesRead, type SignedFile } from "../../src/inventory/signed-proof.ts";
import type { PlanHost, PlanInput, Resolution, ResolutionOutcome } from "../../src/plan/model.ts";
import { parseRings, type RingsPolicy } from "../../src/policy/rings.ts";

/** Builders of planner input: a test names only what it is about. */

export const ISSUED_AT: Instant = Date.UTC(2026, 10, 21, 22, 0, 0);

export const testRings = readFileSync(new URL("./rings.yaml", import.meta.url), "utf8");

export function uuidOf(text: string): string {
  const hex = sha256(text);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `7${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}

export function aHost(name: string, some: Partial<PlanHost> = {}): PlanHost {
  return {
    id: uuidOf(name) as HostId,
    name,
    protocolId: `h-${sha256(name).slice(0, 20)}`,
    labels: { ring: "canary" },
    mode: "managed",
    inspectedAt: ISSUED_AT - HOUR_MS,
    packageSet: sha256("packages A"),
    offerSet: sha256("offers A"),
    services: ["nginx.service", "ssh.service"],
    held: [],
    distrusted: [],
    read: noSourcesRead,
    os: "debian 12",
    way: "ssh",
    zone: null,
    ...some,
  };
}

export type Move = Resolution["moves"][number];

export function aMove(some: Partial<Move> = {}): Move {
  const name = some.name ?? "libssl3";
  const [from, to] = [some.from ?? "3.0.17-1~deb12u2", some.to ?? "3.0.18-1~deb12u1"];
  return {
    verb: "upgrade",
    name,
    arch: "amd64",
    from,
    to,
    sha256: sha256(`${name} ${to}`),
    sizeBytes: 2_000_000,
    oldSha256: sha256(`${name} ${from}`),
    ...some,
  };
}

export function movesOf(
  moves: readonly Move[],
  affectedServices: readonly string[] = ["nginx.service"],
  sets = "A",
): ResolutionOutcome {
  const packageSet = sha256(`packages ${sets}`);
  const offerSet = sha256(`offers ${sets}`);
  return {
    kind: "moves",
    resolution: { packageSet, offerSet, moves, affectedServices, around: null },
  };
}

/** Two canaries, three hosts in ring 1, four in ring 2, all with the same sets. */
export function aPlanInput(some: Partial<PlanInput> = {}): PlanInput {
  const hosts = ["canary", "canary", "1", "1", "1", "2", "2", "2", "2"].map((ring, at) =>
    aHost(`web-${at + 1}`, {
      labels: { ring, service: "web", zone: at % 2 === 0 ? "a" : "b" },
    }),
  );
  return {
    deployment: "acme",
    change: "c-88",
    patch: uuidOf("patch") as PatchId,
    target: { ecosystem: "Debian:12", source: "openssl", sourceVersion: "3.0.18-1~deb12u1" },
    title: "openssl to 3.0.18-1~deb12u1",
    requester: "carol",
    class: "normal",
    issuedAt: ISSUED_AT,
    startsAt: null,
    hostPolicy: 1,
    policy: parseRings(testRings),
    calendar: emptyCalendar,
    jobSeconds: null,
    isIrreversibleAcknowledged: false,
    hosts,
    resolutions: [
      {
        packageSet: sha256("packages A"),
        offerSet: sha256("offers A"),
        outcome: movesOf([aMove({ name: "libssl3" }), aMove({ name: "openssl" })]),
      },
    ],
    signed: [],
    isKnownExploited: false,
    members: [],
    supersedes: [],
    rule: null,
    ...some,
  };
}

/** Every source of every host is read, and names the files of the usual plan since a day ago. */
export function aSignedInput(some: Partial<PlanInput> = {}): PlanInput {
  const usual = aPlanInput();
  const read = { sources: [1], archs: ["amd64"], isAll: true };
  const signed = ["libssl3", "openssl"].map((name) => aSignedFile(aMove({ name })));
  return { ...usual, hosts: usual.hosts.map((host) => ({ ...host, read })), signed, ...some };
}

export function aSignedFile(move: Move, some: Partial<SignedFile> = {}): SignedFile {
  const { name, arch, to: version, sha256: digest } = move;
  return {
    ...{ source: 1, uri: "https://deb.example.org/debian", suite: "bookworm" },
    ...{ name, arch, version, sha256: digest, isGone: false },
    ...{ firstSeen: ISSUED_AT - 24 * HOUR_MS, dated: ISSUED_AT - HOUR_MS },
    ...{ list: "main/binary-amd64/Packages", signedBy: "A".repeat(40) },
    ...some,
  };
}

/** The policy with three days of age demanded, and exceptions. */
export function ageing(text: string, younger = "[]"): RingsPolicy {
  return parseRings(`${text}\nsources: { minimumAge: 3d, younger: ${younger} }\n`);
}
