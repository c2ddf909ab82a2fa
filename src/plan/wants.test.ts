import { describe, expect, test } from "vitest";
import { sha256 } from "../base/digest.ts";
import { compareDeb } from "../intel/versions/deb.ts";
import type { Offer, Package } from "../inventory/model.ts";
import { wantsFor } from "./wants.ts";

const target = { ecosystem: "Debian:12", source: "openssl", sourceVersion: "3.0.18-1~deb12u1" };

function installed(name: string, version: string, some: Partial<Package> = {}): Package {
  return {
    ecosystem: "Debian:12",
    name,
    version,
    arch: "amd64",
    source: "openssl",
    sourceVersion: version,
    origin: "Debian",
    module: "",
    ...some,
  };
}

function offer(name: string, version: string): Offer {
  return {
    name,
    arch: "amd64",
    version,
    sha256: sha256(name + version),
    sizeBytes: 1,
    origin: "Debian",
    suite: "stable-security",
    component: "main",
    source: "openssl",
    sourceVersion: version,
  };
}

const wants = (packages: readonly Package[], offers: readonly Offer[]) =>
  wantsFor({ target, packages, offers, compare: compareDeb });

describe("what a patch wants of a host", () => {
  const old = "3.0.17-1~deb12u2";
  const fixed = "3.0.18-1~deb12u1";

  test("every older package of the source goes to the patch's version", () => {
    const packages = [
      installed("libssl3", old),
      installed("openssl", fixed),
      installed("openssl", old),
    ];
    const offers = [offer("libssl3", fixed), offer("openssl", fixed), offer("libssl3", old)];
    expect(wants(packages, offers)).toEqual({
      kind: "wants",
      wants: [
        { name: "libssl3", arch: "amd64", version: fixed },
        { name: "openssl", arch: "amd64", version: fixed },
      ],
    });
  });

  test("the patch's version is preferred to a newer one, and a newer one to nothing", () => {
    const newer = "3.0.19-1~deb12u1";
    const packages = [installed("libssl3", old)];
    const version = (offers: readonly Offer[]): string => JSON.stringify(wants(packages, offers));
    expect(version([offer("libssl3", newer), offer("libssl3", fixed)])).toContain(fixed);
    expect(version([offer("libssl3", newer)])).toContain(newer);
  });

  test("other sources, releases and newer packages are not affected", () => {
    const packages = [
      installed("libssl3", old, { source: "openssl3" }),
      installed("libssl3", old, { ecosystem: "Debian:13" }),
      installed("libssl3", "3.0.19-1"),
    ];
    expect(wants(packages, [offer("libssl3", fixed)])).toEqual({ kind: "not-affected" });
  });

  test("a fix for only some of the source's packages is no fix", () => {
    const packages = [installed("libssl3", old), installed("openssl", old)];
    expect(wants(packages, [offer("libssl3", fixed)])).toEqual({ kind: "fix-not-offered" });
  });

  test("a version without an order is a problem, not a guess", () => {
    expect(wants([installed("libssl3", "what ever")], [])).toMatchObject({ kind: "not-resolved" });
  });
});
