import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DAY_MS } from "../base/instant.ts";
import { judgeSupport, modernisationRank, type SupportDates } from "./support.ts";
import { runtimeOf, systemOf } from "./support-products.ts";
import { type RegisterInput, supportRegister } from "./support-register.ts";

const now = Date.parse("2026-11-22T00:00:00Z");
const inDays = (days: number): number => now + days * DAY_MS;

function judge(dates: Partial<SupportDates>, hasExtended = false) {
  const all = { supportEnds: null, extendedEnds: null, ...dates };
  return judgeSupport(all, { now, soonDays: 180, hasExtended });
}

describe("the end of support", () => {
  it("is a day, or only that it is over; without either nothing is known", () => {
    expect(judge({ supportEnds: inDays(400) }).state).toBe("supported");
    expect(judge({ supportEnds: inDays(30) })).toMatchObject({ state: "ends-soon", daysLeft: 30 });
    expect(judge({ supportEnds: inDays(-3) })).toMatchObject({ state: "ended", daysLeft: -3 });
    expect(judge({ supportEnds: true })).toMatchObject({ state: "ended", daysLeft: null });
    expect(judge({ supportEnds: false }).state).toBe("supported");
    expect(judge({}).state).toBe("unknown");
    expect(judgeSupport(null, { now, soonDays: 1, hasExtended: true }).state).toBe("unknown");
  });

  it("is later for hosts that get longer support, and only for them", () => {
    const dates = { supportEnds: inDays(-3), extendedEnds: inDays(700) };
    expect(judge(dates).state).toBe("ended");
    expect(judge(dates, true)).toMatchObject({ state: "extended", daysLeft: 700 });
    expect(judge({ ...dates, extendedEnds: inDays(-1) }, true)).toMatchObject({
      state: "ended",
      daysLeft: -1,
    });
    expect(judge({ ...dates, supportEnds: inDays(3) }, true).state).toBe("supported");
  });

  it("puts more hosts, more risk and longer neglect first, never what is supported", () => {
    const rank = (days: number, hosts: number, exploited: number) =>
      modernisationRank({
        judgement: judge({ supportEnds: inDays(days) }),
        ...{ hosts, exploited, open: 10, unfixed: 5 },
      }).score;
    expect(rank(1000, 500, 9)).toBe(0);
    const count = fc.integer({ min: 1, max: 500 });
    fc.assert(
      fc.property(fc.integer({ min: -2000, max: 170 }), count, count, (days, hosts, exploited) => {
        expect(rank(days, hosts + 1, exploited)).toBeGreaterThanOrEqual(
          rank(days, hosts, exploited),
        );
        expect(rank(days, hosts, exploited + 1)).toBeGreaterThanOrEqual(
          rank(days, hosts, exploited),
        );
        expect(rank(days - 30, hosts, exploited)).toBeGreaterThanOrEqual(
          rank(days, hosts, exploited),
        );
      }),
    );
  });
});

describe("products", () => {
  it("are told by the ecosystem of a host", () => {
    const told = (ecosystem: string) => {
      const system = systemOf(ecosystem);
      return system === null ? null : `${system.product} ${system.cycle}`;
    };
    expect(told("Debian:12")).toBe("debian 12");
    expect(told("Ubuntu:22.04:LTS")).toBe("ubuntu 22.04");
    expect(told("Alpine:v3.19")).toBe("alpine-linux 3.19");
    expect(told("openSUSE:Leap 15.5")).toBe("opensuse 15.5");
    expect(told("SUSE:15.4")).toBe("sles 15.4");
    expect(told("Red Hat:9")).toBe("rhel 9");
    expect(told("npm")).toBeNull();
  });

  it("are told by the name of a package, and by its version where the name does not say", () => {
    const told = (name: string, version: string, ecosystem = "Debian:12") => {
      const runtime = runtimeOf({ ecosystem, name, version });
      return runtime === null ? null : `${runtime.product} ${runtime.cycle}`;
    };
    expect(told("python3.11-minimal", "3.11.2-6")).toBe("python 3.11");
    expect(told("python39-libs", "3.9.18-1.el8")).toBe("python 3.9");
    expect(told("nodejs", "18.19.0+dfsg-6~deb12u2")).toBe("nodejs 18");
    expect(told("postgresql-15", "15.5-0+deb12u1")).toBe("postgresql 15");
    expect(told("openjdk-17-jre-headless", "17.0.9+9-1")).toBe("eclipse-temurin 17");
    expect(told("java-1.8.0-openjdk", "1:1.8.0.392-3.el8")).toBeNull();
    expect(told("java-11-openjdk-headless", "1:11.0.21-3.el8")).toBe("eclipse-temurin 11");
    expect(told("mariadb-server", "1:10.11.6-0+deb12u1")).toBe("mariadb 10.11");
    expect(told("linux-image-6.1.0-18-amd64", "6.1.76-1")).toBe("linux 6.1");
    expect(told("php8.2-cli", "8.2.7-1")).toBe("php 8.2");
    const spring = "org.springframework:spring-core";
    expect(told(spring, "5.3.31", "Maven")).toBe("spring-framework 5.3");
    expect(told("django", "4.2.1", "PyPI")).toBe("django 4.2");
    // What a registry of a language has under that name is a client, or something else.
    for (const name of ["redis", "nginx", "openssl", "python", "vue-router"]) {
      expect(told(name, "1.2.3", "npm")).toBeNull();
    }
    expect(told("libc6", "2.36-9")).toBeNull();
    expect(told("python3-yaml", "6.0-3")).toBeNull();
  });
});

describe("the register", () => {
  const dates: Readonly<Record<string, SupportDates>> = {
    "debian 12": { supportEnds: inDays(-100), extendedEnds: inDays(500) },
    "ubuntu 18.04": { supportEnds: inDays(-900), extendedEnds: inDays(200) },
    "python 3.11": { supportEnds: inDays(-10), extendedEnds: null },
  };
  const input = (of: Partial<RegisterInput> = {}): RegisterInput => ({
    ...{ now, soonDays: 180 },
    artifacts: [],
    groups: [
      { id: 0, setId: 1, kernelRunning: null, marks: "", hostCount: 3 },
      { id: 1, setId: 2, kernelRunning: null, marks: "", hostCount: 4 },
      { id: 2, setId: 2, kernelRunning: null, marks: "3,@pro", hostCount: 5 },
    ],
    ecosystems: new Map([
      [1, "Debian:12"],
      [2, "Ubuntu:18.04:LTS"],
    ]),
    runtimes: [
      { product: "python", cycle: "3.11", packageId: 10, carrier: "Debian:12" },
      { product: "python", cycle: "3.11", packageId: 11, carrier: null },
    ],
    members: new Map([
      [1, [10]],
      [2, [11]],
    ]),
    datesOf: ({ product, cycle }) => dates[`${product} ${cycle}`] ?? null,
    exposures: [],
    isExploited: () => false,
    ...of,
  });

  it("counts who gets longer support, and takes the shorter for the whole", () => {
    const told = supportRegister(input()).map((e) => [
      ...[e.title, e.carrier, e.judgement.state],
      ...[e.hosts, e.extendedHosts],
    ]);
    expect(told).toContainEqual(["Debian 12", "Debian:12", "extended", 3, 3]);
    expect(told).toContainEqual(["Ubuntu 18.04", "Ubuntu:18.04:LTS", "ended", 9, 5]);
  });

  it("lets a distribution mend what its publisher gave up, and nobody what came from elsewhere", () => {
    const [own, carried] = supportRegister(input())
      .filter((entry) => entry.kind === "runtime")
      .toSorted((a, b) => (a.carrier < b.carrier ? -1 : 1));
    expect(own).toMatchObject({ carrier: "", judgement: { state: "ended" }, hosts: 9 });
    expect(carried).toMatchObject({
      carrier: "Debian:12",
      judgement: { state: "extended" },
      upstream: { state: "ended" },
      hosts: 3,
    });
  });

  it("tells the risk of a release and of a runtime by the vulnerabilities open on them", () => {
    const exposure = (vulnerability: string, packageIds: number[], isFixed: boolean) => ({
      ...{ ecosystem: "Debian:12", source: "python3.11", vulnerability, packageIds, since: 0 },
      state: isFixed ? ("affected-fix-available" as const) : ("will-not-fix" as const),
      fixedVersion: null,
      ...{ hostCount: 3, loweredHostCount: 0 },
    });
    const exposures = [
      exposure("CVE-1", [10], true),
      exposure("CVE-1", [99], false),
      exposure("CVE-2", [99], true),
    ];
    const entries = supportRegister(input({ exposures, isExploited: (id) => id === "CVE-2" }));
    const of = (carrier: string, kind: string) =>
      entries.find((e) => e.carrier === carrier && e.kind === kind);
    expect(of("Debian:12", "system")).toMatchObject({ open: 2, unfixed: 1, exploited: 1 });
    expect(of("Debian:12", "runtime")).toMatchObject({ open: 1, unfixed: 0, exploited: 0 });
  });
});
