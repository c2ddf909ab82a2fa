import { describe, expect, it } from "vitest";
import { orderOf } from "./order.ts";
import { orderOfScheme, type SchemeName } from "./scheme.ts";

/** Rising chains; what is equal stands together, parted by blanks. From the documents named. */
const chains: readonly (readonly [scheme: SchemeName, from: string, chain: readonly string[]])[] = [
  [
    "conan",
    "Conan 2",
    [
      "1.0-alpha 1-alpha 1.0.0-alpha.0",
      "1.0-alpha.2",
      "1.0-alpha.10",
      "1.0 1 1.0.0.0",
      "1.0+b2",
      "1.0+b2.1",
      "1.1.1",
      "1.1.1.3",
      "1.1.1.22",
      "1.1.1k",
      "1.1.1q",
      "1.2",
      "1.a",
      "2022.05",
      "cci.20200101",
    ],
  ],
  [
    "alpm",
    "vercmp(8)",
    [
      "1.0a",
      "1.0alpha",
      "1.0b",
      "1.0beta",
      "1.0p",
      "1.0pre",
      "1.0rc",
      "1.0 0:1.0 1.00",
      "1.0.a",
      "1.0.1",
      "1.1",
      "1.1.1",
      "1.2",
      "2.0",
      "3.0.0",
      "1:0.1",
    ],
  ],
  [
    "semver",
    "SemVer 2.0.0 §11",
    [
      "1.0.0-alpha",
      "1.0.0-alpha.1",
      "1.0.0-alpha.beta",
      "1.0.0-beta",
      "1.0.0-beta.2",
      "1.0.0-beta.11",
      "1.0.0-rc.1",
      "1.0.0 1.0.0+20130313144700",
      "2.0.0",
      "2.1.0",
      "2.1.1",
      "99999999999999999999999.999999999999999999.99999999999999999",
    ],
  ],
  [
    "pypi",
    "PEP 440, summary of permitted suffixes",
    [
      "1.0.dev456",
      "1.0a1 1.0alpha1 1.0-A.1 v1.0_a1",
      "1.0a2.dev456",
      "1.0a12.dev456",
      "1.0a12",
      "1.0b1.dev456",
      "1.0b2",
      "1.0b2.post345.dev456",
      "1.0b2.post345 1.0b2-345",
      "1.0rc1.dev456",
      "1.0rc1 1.0c1 1.0pre1 1.0.preview-1",
      "1.0 1 1.0.0 01.00",
      "1.0+abc.5",
      "1.0+abc.7",
      "1.0+5 1.0+05",
      "1.0.post456.dev34",
      "1.0.post456 1.0.rev456 1.0-456",
      "1.0.15",
      "1.1.dev1",
      "1!0.1",
    ],
  ],
  [
    "maven",
    "Maven's POM reference",
    [
      "1-alpha1 1-a1",
      "1-alpha2",
      "1-beta1 1-b1 1b1",
      "1-milestone1 1m1",
      "1-rc1 1-cr1",
      "1-SNAPSHOT",
      "1 1.0 1-0 1.0.0 1-ga 1.final 1-RELEASE 1.0.0-0.0.0",
      "1-sp",
      "1-foo",
      "1-1",
      "1-1.foo-bar1baz-.1",
      "1-2",
      "1.1",
      "1.7",
      "1.10",
      "99999999999999999999",
    ],
  ],
  ["maven", "MNG-7644", ["2.0.0.RC1 2.0.0-RC1", "2.0.0.RC2", "2.0.0"]],
  [
    "rubygems",
    "Gem::Version",
    ["1.0.a.2 1.0.a2", "1.0.b1", "1.0-rc1 1.0.pre.rc1", "1.0 1 1.0.0", "1.0.1", "1.10"],
  ],
  [
    "packagist",
    "composer/semver",
    [
      "1.0-dev",
      "1.0-alpha1 1.0.0.0-a1 v1.0.0alpha.1",
      "1.0-beta",
      "1.0-beta2 1.0b2",
      "1.0RC1 1.0.0-rc.1",
      "1.0 1 1.0.0 1.0.0.0 1.0-stable 1.0+build5",
      "1.0-p1 1.0pl1 1.0-patch1",
      "1.0.1",
      "1.0.x-dev",
      "1.1",
      "1.x-dev",
      "20190101",
    ],
  ],
  [
    "nuget",
    "NuGet package versioning",
    [
      "1.0.0-ALPHA 1.0.0-alpha",
      "1.0.0-alpha.2",
      "1.0.0-alpha.10",
      "1.0.0-rc",
      "1 1.0 1.0.0 1.0.0.0 1.0.0+meta 1.00.0",
      "1.0.0.1-beta",
      "1.0.0.1",
      "1.0.1",
    ],
  ],
  [
    "pub",
    "pub_semver",
    [
      "1.0.0-alpha",
      "1.0.0-alpha+build",
      "1.0.0",
      "1.0.0+1 01.0.0+01",
      "1.0.0+2",
      "1.0.0+a",
      "1.0.1",
    ],
  ],
  [
    "go",
    "Go's release history",
    [
      "go1.20 1.20.0 v1.20",
      "go1.21beta1",
      "go1.21rc2 1.21.0-rc.2",
      "go1.21rc10",
      "go1.21.0",
      "go1.21.3",
    ],
  ],
  ["hackage", "the Package Versioning Policy", ["1", "1.0", "1.0.0", "1.2", "1.10"]],
  ["cran", "R's package_version", ["0.9", "0.75 0-75 0.075", "0.75.0", "0.75-1 0.75.1", "1.0"]],
  [
    "rpm",
    "rpm-version(7)",
    [
      "1.0~beta1-1",
      "1.0~rc1-1",
      "1.0",
      "1.0-1 0:1.0-1 (none):1.0-1 1_0-01",
      "1.0-1.el9",
      "1.0-1.el9_4",
      "1.0-10",
      "1.0^20240101git1-1",
      "1.0.a-1",
      "1.0.1-1",
      "1:0.1-1",
    ],
  ],
  [
    "apk",
    "apk-package(5)",
    [
      "1.0_alpha",
      "1.0_alpha2",
      "1.0_beta",
      "1.0_pre1",
      "1.0_rc1",
      "1.0",
      "1.0-r1",
      "1.0~ab12",
      "1.0_cvs",
      "1.0_svn1",
      "1.0_git20240101",
      "1.0_p1",
      "1.0_p1-r3",
      "1.0a",
      "1.0.1",
      "1.0.2",
      "1.1",
      "1.10",
    ],
  ],
  [
    "gentoo",
    "the Package Manager Specification",
    [
      "1",
      "1b",
      "1.0_alpha2",
      "1.0_beta1",
      "1.0_pre2",
      "1.0_rc3",
      "1.0 1.0-r0 1.00 1.000",
      "1.0-r1",
      "1.0_p 1.0_p0",
      "1.0_p2",
      "1.0b",
      "1.0.0",
      "1.00100000000 1.001",
      "1.0010000000000000001",
      "1.01",
      "1.1",
      "999999999999999999999999999998",
      "999999999999999999999999999999",
    ],
  ],
  [
    "openssl",
    "OpenSSL's release history",
    [
      "0.9.8",
      "0.9.8z",
      "0.9.8za",
      "0.9.8zh",
      "1.0.2-beta1",
      "1.0.2",
      "1.0.2a",
      "1.1.1-pre9",
      "1.1.1",
      "1.1.1w",
      "3.0.0-alpha1",
      "3.0.0",
      "3.0.14",
      "3.1.0",
      "4.0.0",
    ],
  ],
  ["go", "Go modules", ["v0.0.0-20190101000000-abcdefabcdef", "v0.1.0 0.1 0.1.0+incompatible"]],
  [
    "generic",
    "our own",
    ["1.0-dev1", "1.0-alpha", "1.0beta2", "1.0-rc1", "1.0 v1 1-0", "1.0-post1"],
  ],
];

describe("the published order", () => {
  it.each(chains)("of %s by %s", (scheme, _, chain) => {
    const order = orderOfScheme(scheme)!;
    const ranked = chain.flatMap((equal, rank) => equal.split(" ").map((text) => ({ text, rank })));
    for (const a of ranked) {
      for (const b of ranked) {
        expect(order(a.text, b.text), `${a.text} ${b.text}`).toBe(Math.sign(a.rank - b.rank));
      }
    }
  });
});

const refused: Readonly<Partial<Record<SchemeName, readonly string[]>>> = {
  semver: [
    "1",
    "1.2",
    "v1.2.3",
    "1.2.3-0123",
    "1.1.2+.123",
    "01.1.1",
    "1.2.3.4",
    "1.0.0-",
    "+meta",
  ],
  pypi: ["1.0-foo", "1.0+", "1.0+a+b", "french toast", "1.0a1b2", "1..0", "!1"],
  rubygems: ["1beta", "1.0..1", ".1", "1.0_1", "a"],
  packagist: ["1.0-foo", "1.0.0.0.0", "1.2.3.#", "foo", "1.0-beta.x"],
  nuget: ["1.2.3.4.5", "v1.0", "1.0-", "1.0-a..b", "1.0 beta"],
  pub: ["1.0", "1", "1.0.0.0", "1.0.0-"],
  go: ["v1.0-rc.1", "v1+incompatible", "1-0"],
  gentoo: ["1.0bc", "1.0A", "1.0_foo", "1-r", ".1", "1.0~1", "1.0-1"],
  openssl: ["1.0", "2.0.0", "1.0.2A", "1.0.2-rc1", "3.0", "v3.0.0"],
  hackage: ["1.0.01", "1.0-rc1", "1.", ""],
  cran: ["1", "1.0a", "1..0", "1.0-"],
  apk: ["1.0bc", "1.0A", "1.0_foo", "1-r", "1.0-r1-r2", ".1", "a", "1.0p1", "1_p1.0"],
  deb: ["1.0 1", "1_0", "v1.0", "1:", ":1", "1-"],
  rpm: ["", "1:", " 1"],
  generic: ["foo", "", "latest"],
};

it.each(Object.entries(refused))("of %s leaves out what is no version", (scheme, texts) => {
  const order = orderOfScheme(scheme)!;
  for (const text of texts) {
    expect(order(text, text), text).toBeNull();
    expect(order(text, "1.0.0"), text).toBeNull();
  }
});

it("sees past blanks around a version where its own tool does, and nowhere else", () => {
  for (const scheme of ["deb", "npm", "rubygems", "packagist", "pypi"] as const) {
    expect(orderOfScheme(scheme)?.(" 1.0.0 ", "1.0.0"), scheme).toBe(0);
  }
  for (const scheme of ["rpm", "apk", "semver", "maven"] as const) {
    expect(orderOfScheme(scheme)?.(" 1.0.0 ", "1.0.0"), scheme).toBeNull();
  }
});

it("calls digits higher than any other sign of Maven's, in whatever script", () => {
  const order = orderOfScheme("maven")!;
  expect(order("1", "é")).toBe(1);
  expect(order("1.É", "1.é")).toBe(0);
  expect(order("9", "\u0668")).toBe(1);
});

it("never compares a branch with anything but itself", () => {
  const order = orderOfScheme("packagist")!;
  expect(order("dev-main", "dev-main")).toBe(0);
  expect(order("master", "dev-master")).toBe(0);
  expect(order("dev-main", "1.0")).toBeNull();
  expect(order("dev-main", "dev-other")).toBeNull();
});

it("counts a missing pkgrel of Arch Linux for nothing", () => {
  const order = orderOfScheme("pacman")!;
  expect(order("1.5", "1.5-1")).toBe(0);
  expect(order("1.5-2", "1.5")).toBe(0);
  expect(order("1.5-1", "1.5-2")).toBe(-1);
});

it("leaves open what an unknown word would have to decide", () => {
  const order = orderOfScheme("generic")!;
  expect(order("1.0-foo", "1.0-bar")).toBeNull();
  expect(order("1.0-foo", "1.0")).toBeNull();
  expect(order("1.0-foo", "1.1-bar")).toBe(-1);
});

describe("the order of an ecosystem", () => {
  it.each([
    ["Debian:12", "1.0~a", "1.0"],
    ["Ubuntu:22.04:LTS", "1.0~a", "1.0"],
    ["AlmaLinux:9", "1.0~a-1", "1.0-1"],
    ["Rocky Linux:8", "1.0^a-1", "1.0.1-1"],
    ["Red Hat:enterprise_linux:9::appstream", "0:1-1", "1:0-1"],
    ["SUSE:Linux Enterprise Server 15 SP4", "1-150400.1", "1-150400.2"],
    ["openSUSE:Leap 15.6", "1-1", "1-2"],
    ["Mageia:9", "1-1.mga9", "1-2.mga9"],
    ["openEuler:24.03-LTS", "1-1.oe1", "1-2.oe1"],
    ["Alpine:v3.20", "1.0_rc1-r0", "1.0-r0"],
    ["Chainguard", "1.0_rc1-r0", "1.0-r0"],
    ["Wolfi", "1.0-r9", "1.0-r10"],
    ["Arch Linux", "1.0rc1-1", "1.0-1"],
    ["Bitnami", "1.0.0-1", "1.0.0"],
    ["Go", "v1.0.0-rc.1", "1.0.0"],
    ["npm", "1.0.0-rc.1", "1.0.0"],
    ["crates.io", "1.0.0-rc.1", "1.0.0"],
    ["Hex", "1.0.0-rc.1", "1.0.0"],
    ["SwiftURL", "1.0.0-rc.1", "1.0.0"],
    ["ConanCenter", "1.0.0-rc.1", "1.0.0"],
    ["PyPI", "1.0rc1", "1.0"],
    ["Maven", "1.0-rc1", "1.0"],
    ["RubyGems", "1.0.rc1", "1.0"],
    ["NuGet", "1.0.0-rc.1", "1.0.0.0"],
    ["Packagist", "1.0-RC1", "1.0"],
    ["Pub", "1.0.0-rc.1", "1.0.0"],
    ["Hackage", "1.0", "1.0.0"],
    ["CRAN", "1.0-1", "1.0-2"],
  ])("%s is found by the name before the release", (ecosystem, lower, higher) => {
    expect(orderOf(ecosystem)?.(lower, higher)).toBe(-1);
  });

  it("of Alpine also reads what packages were called while apk was at version 2", () => {
    const order = orderOf("Alpine:v3.13")!;
    const rising = ["1.9.5_p1-r0", "1.9.5p", "1.9.5p1-r0", "1.9.5p2_rc1-r0", "1.9.5p2-r0"];
    rising.push("1.9.5p2-r1", "1.9.5p2.1-r0", "1.9.5p10-r0", "1.9.5.1-r0", "1.9.12-r0");
    for (const [a, lower] of rising.entries()) {
      for (const [b, higher] of rising.entries()) {
        expect(order(lower, higher), `${lower} ${higher}`).toBe(Math.sign(a - b));
      }
    }
    expect(order("1.0bc", "1.0")).toBeNull();
    expect(orderOfScheme("apk")?.("1.9.5p1", "1.9.5p2")).toBeNull();
  });

  it.each(["GIT", "Linux", "GitHub Actions", "constructor", "", "debian"])(
    "%j has none",
    (ecosystem) => expect(orderOf(ecosystem)).toBeNull(),
  );
});

describe("texts made to mislead", () => {
  const order = (scheme: SchemeName, a: string, b: string) => orderOfScheme(scheme)?.(a, b);

  it("cuts off no blanks that the tool itself would not", () => {
    expect(order("deb", " 1.0\t", "1.0")).toBe(0);
    expect(order("rubygems", " 1.0\r", "1.0")).toBe(0);
    for (const scheme of ["deb", "rubygems", "rpm", "apk", "semver"] as const) {
      for (const blank of ["\u00a0", "\ufeff", "\u3000"]) {
        expect(order(scheme, `1.0.0${blank}`, "1.0.0"), scheme).toBeNull();
      }
    }
  });

  it("reads the digits of other scripts where the tool does, and nowhere else", () => {
    expect(order("maven", "1.\u0663", "1.3")).toBe(0);
    expect(order("maven", "1.\uff11\u0660", "1.9")).toBe(1);
    for (const scheme of ["deb", "semver", "npm", "nuget", "rubygems", "cran", "apk"] as const) {
      expect(order(scheme, "1.0.\u0663", "1.0.3"), scheme).toBeNull();
    }
  });

  it("answers for versions of a thousand numbers, and at once", () => {
    const long = "1".repeat(500);
    for (const scheme of ["deb", "rpm", "apk", "maven", "pypi", "rubygems", "cran"] as const) {
      expect(order(scheme, `1.${long}0`, `1.${long}1`), scheme).toBe(-1);
      expect(order(scheme, `1${".0".repeat(400)}.1`, `1${".0".repeat(400)}.2`), scheme).toBe(-1);
    }
  });

  it("takes no epoch that does not fit, no sign, and no NUL", () => {
    expect(order("deb", "99999999999999999999:1", "1")).toBeNull();
    expect(order("rpm", "99999999999999999999:1", "99999999999999999998:9")).toBe(1);
    for (const scheme of ["deb", "semver", "npm", "pypi", "nuget", "cran", "hackage"] as const) {
      for (const text of ["", "+1.0.0", "-1.0.0", "1.0.0\0", "1.0.0\0a"]) {
        expect(order(scheme, text, "1.0.0"), `${scheme} ${text}`).toBeNull();
      }
    }
  });
});
