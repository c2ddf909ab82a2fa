import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ecosystemOf } from "./ecosystem.ts";
import {
  type Inspection,
  notedInspection,
  parseInspection,
  UNSEEN_PROCESSES,
} from "./inspection.ts";
import { packageSetDigest, packageSetText } from "./package-set.ts";

const DIGEST = "ab".repeat(32);

const good = [
  "host h-00112233445566778899",
  "os debian 12 bookworm",
  "arch amd64",
  "kernel 6.1.0-18-amd64",
  "kernel-installed 6.1.76-1",
  `boot ${"0f".repeat(16)}`,
  "uptime 4000",
  "clock 1700000000",
  "hostname web-1",
  "zone Europe/Berlin",
  `program 0.1.0 ${DIGEST}`,
  "machine -",
  "virt none",
  "reboot yes newer kernel installed",
  "service nginx active 812",
  "restart nginx: worker process\t813\t/usr/lib/libssl.so.3",
  "pkg openssl\tamd64\t3.0.11-1~deb12u1\topenssl\t3.0.11-1~deb12u1\tinstalled\tmanual",
  "pkg libssl3\tamd64\t3.0.11-1~deb12u1\topenssl\t3.0.11-1~deb12u1\thold\tauto",
  "built etcd-server\tamd64\t3.4.23-4\tgolang-1.19\t1.19.8-2",
  `offer openssl\tamd64\t3.0.13-1~deb12u1\t${DIGEST}\t1430000\tDebian\tbookworm-security\tmain\topenssl\t3.0.13-1~deb12u1`,
  "lists ok 1699990000 -",
  "source https://user:secret@deb.example.org/debian bookworm main contrib signed",
  "held vim",
  "note two bytes dropped",
];

function inspected(lines: readonly string[]): Inspection {
  const result = parseInspection(lines);
  if (result.kind !== "inspection") throw new Error(result.problem);
  return result.inspection;
}

describe("parsing an inspection", () => {
  test.each([
    ["signed index-signed", { isSigned: true, isIndexSigned: true }],
    ["signed index-unsigned", { isSigned: true, isIndexSigned: false }],
    ["signed", { isSigned: true, isIndexSigned: null }],
    ["unsigned", { isSigned: false, isIndexSigned: null }],
  ])("reads a source that is %s", (said, expected) => {
    const source = `source https://rpm.example.org/os baseos - ${said}`;
    const { facts } = inspected(good.map((line) => (line.startsWith("source ") ? source : line)));
    expect(facts.sources).toMatchObject([{ components: "-", ...expected }]);
  });

  test("reads every kind of line", () => {
    const found = inspected(good);
    expect(found.badLineCount).toBe(0);
    expect(found.ecosystem).toBe("Debian:12");
    expect(found.header).toEqual({ distribution: "debian", release: "12", channel: "bookworm" });
    expect(found.packages).toHaveLength(2);
    expect(found.built).toEqual([
      {
        ...{ name: "etcd-server", arch: "amd64", version: "3.4.23-4" },
        ...{ source: "golang-1.19", sourceVersion: "1.19.8-2" },
      },
    ]);
    expect(found.offers).toHaveLength(1);
    expect(found.facts.zone).toBe("Europe/Berlin");
    expect(found.facts.program).toEqual({ version: "0.1.0", digest: DIGEST });
    expect(found.facts.held).toEqual(["libssl3", "vim"]);
    expect(found.facts.manual).toEqual(["openssl"]);
    expect(found.facts.reboot).toEqual({ isNeeded: true, reason: "newer kernel installed" });
    expect(found.facts.restarts[0]?.unit).toBe("nginx: worker process");
    expect(found.facts.sources[0]?.components).toBe("main contrib");
    expect(found.facts.lists).toEqual({ state: "ok", newestAt: 1_699_990_000_000 });
    expect(found.protocolId).toBe("h-00112233445566778899");
  });

  test("reads what host program is installed, or that none is, and takes no other word for it", () => {
    const said = (line: string) => {
      const { facts, badLineCount } = inspected(
        good.map((one) => (one.startsWith("program ") ? line : one)),
      );
      return { program: facts.program, badLineCount };
    };
    expect(said("program -")).toEqual({ program: null, badLineCount: 0 });
    const program = { version: null, digest: DIGEST };
    expect(said(`program - ${DIGEST}`)).toEqual({ program, badLineCount: 0 });
    for (const bad of ["program", "program 1.0", `program v1 ${DIGEST}`, `program 1 ${DIGEST}0`]) {
      expect(said(bad), bad).toEqual({ program: null, badLineCount: 1 });
    }
    expect(inspected([...good, `program 9 ${DIGEST}`]).badLineCount).toBe(1);
  });

  test("never keeps the password of a repository's address, wherever it stands", () => {
    const more = [
      "note refresh: E: Failed to fetch https://user:secret@deb.example.org/x 401",
      "what https://user:secret@deb.example.org/x",
    ];
    const lines = good.map((line) =>
      line.startsWith("lists ")
        ? "lists stale 1699990000 old http://u:p@secret@deb.example.org/ bookworm"
        : line.replace(
            /^reboot .*/,
            "reboot yes files of //user:secret@deb.example.org/y are newer",
          ),
    );
    const found = JSON.stringify(inspected([...lines, ...more]));
    expect(found).not.toContain("secret");
    expect(found).toContain("https://deb.example.org/x 401");
    expect(found).toContain("files of //deb.example.org/y are newer");
  });

  test("counts and names a bad line and keeps the rest", () => {
    const hostile = [
      `pkg ${"x".repeat(10_000)}\tamd64\t1\tx\t1\tinstalled\tauto`,
      "pkg evil\tamd64\t1; rm -rf /\tevil\t1\tinstalled\tauto",
      "pkg short\tamd64",
      "pkg openssl\tamd64\t3.0.11-1~deb12u1\topenssl\t3.0.11-1~deb12u1\tinstalled\tmanual",
      "constructor x",
      "",
    ];
    const found = inspected([...hostile, ...good]);
    expect(found.badLineCount).toBe(6);
    expect(found.packages).toHaveLength(2);
    expect(found.facts.notes.join("\n")).toContain("line 2 cannot be read");
    expect(found.facts.notes.every((note) => note.length < 200)).toBe(true);
  });

  test("refuses an answer without a package or a release", () => {
    const noPackage = good.filter((line) => !line.startsWith("pkg "));
    expect(parseInspection(noPackage).kind).toBe("unusable");
    const noRelease = good.filter((line) => !line.startsWith("os "));
    expect(parseInspection(noRelease).kind).toBe("unusable");
    expect(parseInspection([]).kind).toBe("unusable");
  });

  test("takes missing package lists as unknown offers, never as none", () => {
    const without = good.map((line) =>
      line.startsWith("lists ") ? "lists none 0 no lists" : line,
    );
    const found = inspected(without.filter((line) => !line.startsWith("offer ")));
    expect(found.offers).toBeNull();
    expect(found.facts.notes).toContain("package lists: no lists");
  });

  test("a host of rpm tells the module of a package, and of what architecture it is", () => {
    const rpm = "pkg nodejs\tx86_64\t1:18.19.1-1.el9\tnodejs\t1:18.19.1-1.el9\tinstalled\tauto";
    const read = (line: string) => {
      const result = parseInspection([...good, line]);
      return result.kind === "inspection" ? result.inspection : null;
    };
    const found = read(`${rpm}\tnodejs:18`);
    expect(found?.badLineCount).toBe(0);
    const node = found?.packages.find(({ name }) => name === "nodejs");
    expect(node).toMatchObject({ arch: "x86_64", version: "1:18.19.1-1.el9", module: "nodejs:18" });
    for (const wrong of ["nodejs", "nodejs:18:2024", ":18", "no de:1", "nodejs:18\tmore"]) {
      expect(read(`${rpm}\t${wrong}`)?.badLineCount, wrong).toBe(1);
    }
  });

  test("keeps a half-configured package in the set and says so", () => {
    const half = "pkg bash\tamd64\t5.2\tbash\t5.2\thalf-configured\tauto";
    const found = inspected([...good, half]);
    expect(found.packages.map((p) => p.name)).toContain("bash");
    expect(found.facts.notes[0]).toContain("bash (half-configured)");
  });

  test("notes a clock that is off and processes that could not be seen", () => {
    const found = inspected(good);
    const at = 1_700_000_000_000;
    expect(notedInspection(found, { at, isRoot: true })).toEqual(found);
    const noted = notedInspection(found, { at: at + 120_000, isRoot: false });
    expect(noted.facts.notes).toContain("its clock is 120 s behind");
    expect(noted.facts.notes).toContain(UNSEEN_PROCESSES);
  });

  test("survives any lines whatever", () => {
    const noise = fc.array(fc.oneof(fc.string(), fc.constantFrom(...good)), { maxLength: 60 });
    fc.assert(
      fc.property(noise, (lines) => {
        const result = parseInspection(lines);
        return result.kind === "unusable" || result.inspection.packages.length > 0;
      }),
    );
  });
});

describe("the canonical text of a package set", () => {
  test("does not depend on the order of the lines or on marks of the host", () => {
    const one = inspected(good);
    fc.assert(
      fc.property(fc.shuffledSubarray(good, { minLength: good.length }), (lines) => {
        const other = inspected(
          lines.map((line) => line.replace("\thold\tauto", "\tinstalled\tmanual")),
        );
        return (
          packageSetDigest(other.header, other.packages) ===
          packageSetDigest(one.header, one.packages)
        );
      }),
    );
  });

  test("changes with any version", () => {
    const one = inspected(good);
    const other = inspected(good.map((line) => line.replaceAll("deb12u1", "deb12u2")));
    expect(packageSetText(one.header, one.packages)).not.toBe(
      packageSetText(other.header, other.packages),
    );
  });

  test("is the text that its documentation shows", () => {
    const { header, packages } = inspected(good);
    expect(packageSetText(header, packages)).toBe(
      [
        "fettle package-set 1",
        "distribution debian",
        "release 12",
        "channel bookworm",
        "libssl3\t3.0.11-1~deb12u1\tamd64\topenssl\t3.0.11-1~deb12u1\t\t",
        "openssl\t3.0.11-1~deb12u1\tamd64\topenssl\t3.0.11-1~deb12u1\t\t",
        "end",
        "",
      ].join("\n"),
    );
  });
});

describe("the ecosystem of a release", () => {
  test.each([
    ["debian", "12", "bookworm", "Debian:12"],
    ["debian", "", "trixie", "debian:trixie"],
    ["ubuntu", "22.04", "jammy", "Ubuntu:22.04:LTS"],
    ["ubuntu", "23.10", "mantic", "Ubuntu:23.10"],
    ["alpine", "3.19.1", "", "Alpine:v3.19"],
    ["rocky", "9.3", "", "Rocky Linux:9"],
    ["nixos", "24.05", "uakari", "nixos:24.05"],
  ])("of %s %s %s is %s", (distribution, release, codename, expected) => {
    expect(ecosystemOf(distribution, release, codename)).toBe(expected);
  });
});
