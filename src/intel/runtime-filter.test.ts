import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RuntimeSet } from "../inventory/runtime.ts";
import { LOOK_FRESH_MS, runtimeFilter, runtimeJudge } from "./runtime-filter.ts";

const NETWORK = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
const LOCAL = "CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";

const empty: RuntimeSet = {
  isWhole: true,
  used: [],
  idle: [],
  listening: [],
  modules: [],
  disabled: [],
};

const idle = (flags: Record<string, string>): Partial<RuntimeSet> => ({
  idle: Object.entries(flags).map(([name, own]) => ({ name, flags: own })),
});
const used = (name: string, isRun = true) => ({ name, isRun, isStale: false, processes: [name] });
const listens = (
  name: string | null,
  reach: "loopback" | "any" | "address",
): RuntimeSet["listening"][number] => ({
  ...{ protocol: "tcp", port: 8080, reach, package: name, process: "d" },
});

function verdict(
  set: Partial<RuntimeSet>,
  question: Partial<Parameters<ReturnType<typeof runtimeJudge>>[0]>,
  now = 1_000,
) {
  const look = { set: { ...empty, ...set }, since: 0, asOf: 1_000 };
  return runtimeJudge(
    look,
    now,
  )({ vectors: [NETWORK], programFiles: [], packages: [], isKernel: false, ...question });
}

describe("code that is not in memory", () => {
  test("a service that does not run is said not to run", () => {
    expect(
      verdict(idle({ ftpd: "d", "ftpd-common": "" }), { packages: ["ftpd", "ftpd-common"] }),
    ).toEqual({
      kind: "not-running",
      reason:
        "ftpd: the service is not active, and no process has a program or library of it in memory.",
    });
  });

  test("a library that nobody maps is said not to be loaded", () => {
    const said = verdict(idle({ libfoo1: "l", "libfoo-dev": "" }), {
      packages: ["libfoo1", "libfoo-dev"],
    });
    expect(said.kind).toBe("not-loaded");
  });

  test.each([
    ["p", "programs that anybody can start"],
    ["u", "set-user-ID"],
    ["c", "cron"],
    ["s", "socket"],
    ["i", "interpreter"],
    ["a", "service is active"],
    ["h", "the system calls it"],
    ["m", "plug-ins"],
    ["k", "kernel"],
  ])("one binary of the source with the flag %s keeps all of it", (flag, word) => {
    const said = verdict(idle({ ftpd: "d", "ftpd-x": flag }), { packages: ["ftpd", "ftpd-x"] });
    expect(said.kind).toBeNull();
    expect(said.reason).toContain(word);
  });

  test("one binary of the source in memory keeps all of it", () => {
    const set = { ...idle({ libfoo1: "l" }), used: [used("food")] };
    expect(verdict(set, { packages: ["food", "libfoo1"], vectors: [LOCAL] }).kind).toBeNull();
  });

  test("documentation alone is neither running nor loaded", () => {
    expect(verdict(idle({ "foo-doc": "" }), { packages: ["foo-doc"] }).kind).toBeNull();
  });

  test("a package that the look does not name is not judged", () => {
    expect(verdict(idle({ ftpd: "d" }), { packages: ["ftpd", "ftpd-new"] }).kind).toBeNull();
    expect(verdict(idle({ ftpd: "d" }), { packages: [] }).kind).toBeNull();
  });
});

describe("a look that is not good enough", () => {
  test("says nothing when it could not read all processes", () => {
    const set = { ...idle({ ftpd: "d" }), isWhole: false };
    expect(verdict(set, { packages: ["ftpd"] }).kind).toBeNull();
  });

  test("says nothing when it is older than a day", () => {
    const question = { packages: ["ftpd"] };
    const set = idle({ ftpd: "d" });
    expect(verdict(set, question, 1_000 + LOOK_FRESH_MS).kind).toBe("not-running");
    expect(verdict(set, question, 1_001 + LOOK_FRESH_MS).kind).toBeNull();
  });

  test("never says of code in memory that it is not, whatever else it saw", () => {
    const flags = fc.array(fc.constantFrom("a", "c", "d", "h", "i", "k", "l", "m", "p", "s", "u"));
    fc.assert(
      fc.property(flags, fc.boolean(), fc.boolean(), (own, isRun, isNetwork) => {
        const set = { ...idle({ other: [...new Set(own)].join("") }), used: [used("one", isRun)] };
        const vectors = [isNetwork ? NETWORK : LOCAL];
        const { kind } = verdict(set, { packages: ["one", "other"], vectors });
        return kind === null;
      }),
    );
  });
});

describe("ports", () => {
  const running = { used: [used("webd")], ...idle({ "webd-common": "" }) };
  const packages = ["webd", "webd-common"];

  test("a service on loopback only is not reached by a flaw of the network", () => {
    const said = verdict({ ...running, listening: [listens("webd", "loopback")] }, { packages });
    expect(said).toEqual({
      kind: "port-unreachable",
      reason: "webd listens on this host's own loopback only (tcp 8080).",
    });
  });

  test.each<[string, Partial<RuntimeSet>, Record<string, unknown>]>([
    ["one open port", { listening: [listens("webd", "loopback"), listens("webd", "any")] }, {}],
    ["an address of a card", { listening: [listens("webd", "address")] }, {}],
    [
      "a port of nobody known",
      { listening: [listens("webd", "loopback"), listens(null, "any")] },
      {},
    ],
    ["a local flaw", { listening: [listens("webd", "loopback")] }, { vectors: [NETWORK, LOCAL] }],
    ["no score", { listening: [listens("webd", "loopback")] }, { vectors: [] }],
    ["no port at all", {}, {}],
    [
      "a program for everybody beside it",
      { listening: [listens("webd", "loopback")], ...idle({ "webd-common": "p" }) },
      {},
    ],
    [
      "a library of it in other programs",
      {
        listening: [listens("webd", "loopback")],
        used: [used("webd"), used("webd-common", false)],
      },
      {},
    ],
  ])("%s keeps the finding", (_what, set, question) => {
    expect(verdict({ ...running, ...set }, { packages, ...question }).kind).toBeNull();
  });

  test("a vector of CVSS 2 and of CVSS 4 say the same", () => {
    const set = { ...running, listening: [listens("webd", "loopback")] };
    const kind = (vectors: string[]) => verdict(set, { packages, vectors }).kind;
    expect(kind(["AV:N/AC:L/Au:N/C:P/I:P/A:P", "CVSS:4.0/AV:N/AC:L/AT:N"])).toBe(
      "port-unreachable",
    );
    expect(kind(["AV:L/AC:L/Au:N/C:P/I:P/A:P"])).toBeNull();
    expect(kind(["CVSS:3.1/MAV:N/AV:L"])).toBeNull();
  });
});

describe("kernel modules", () => {
  const off = (how: "install" | "blacklist", path: string | null) => ({
    disabled: [{ name: "foo_bar", how, path }],
  });
  const path = "kernel/net/foo/foo-bar.ko.xz";
  const asked = {
    isKernel: true,
    packages: ["linux-image-6"],
    programFiles: ["net/foo/foo-bar.c"],
  };

  test("a module that may never be loaded, and is the named file, is switched off", () => {
    expect(verdict(off("install", path), asked).kind).toBe("module-disabled");
  });

  test.each<[string, Partial<RuntimeSet>, readonly string[]]>([
    [
      "it is loaded all the same",
      { ...off("install", path), modules: ["foo_bar"] },
      asked.programFiles,
    ],
    ["it is only on the blacklist", off("blacklist", path), asked.programFiles],
    ["its file is not known", off("install", null), asked.programFiles],
    ["another file is affected too", off("install", path), [...asked.programFiles, "net/core.c"]],
    ["the record names no file", off("install", path), []],
    ["the file has its name in another folder", off("install", path), ["net/foo-bar.c"]],
  ])("nothing is said when %s", (_why, set, programFiles) => {
    expect(verdict(set, { ...asked, programFiles }).kind).toBeNull();
  });
});

test("a verdict is shown with its end, and sets nothing aside", () => {
  const look = { set: empty, since: 5, asOf: 10, host: "web-1" };
  expect(runtimeFilter({ kind: "not-loaded", reason: "r" }, look)).toMatchObject({
    ...{ kind: "not-loaded", since: 5, until: 10 + LOOK_FRESH_MS, isSetAside: false },
  });
  expect(runtimeFilter({ kind: null, reason: "r" }, look)).toBeNull();
});
