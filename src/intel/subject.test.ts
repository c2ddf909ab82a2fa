import { describe, expect, it } from "vitest";
import { aPackage } from "../../test/builders/intel.ts";
import { isRunningKernel } from "./exposure.ts";
import { subjectOf } from "./subject.ts";

describe("what a package is judged as", () => {
  it("is its source and source version", () => {
    const p = aPackage({
      name: "libssl3",
      version: "3.0.1-1+b2",
      source: "openssl",
      sourceVersion: "3.0.1-1",
    });
    expect(subjectOf(p)).toMatchObject({ source: "openssl", version: "3.0.1-1", role: "ordinary" });
  });

  it("loses the mark of a rebuild only where no source version is given", () => {
    expect(subjectOf(aPackage({ name: "bash", version: "5.2-2+b8" })).version).toBe("5.2-2");
    const own = aPackage({ name: "a", version: "2.0", sourceVersion: "1.0-1+b1" });
    expect(subjectOf(own).version).toBe("1.0-1+b1");
  });

  it("tells a kernel's image from what else its source builds", () => {
    const role = (name: string) =>
      subjectOf(aPackage({ name, source: "linux", version: "6.1.1-1" })).role;
    expect(role("linux-image-6.1.0-9-amd64")).toBe("kernel-image");
    expect(role("linux-image-6.1.0-9-amd64-unsigned")).toBe("kernel-image");
    expect(role("linux-image-6.1.0-9-amd64-dbg")).toBe("kernel-support");
    expect(role("linux-libc-dev")).toBe("kernel-support");
    expect(role("linux-image-amd64")).toBe("kernel-support");
    expect(subjectOf(aPackage({ name: "libatm1", source: "linux-atm" })).role).toBe("ordinary");
  });

  it("has blind spots for backports and for packages of other publishers", () => {
    expect(subjectOf(aPackage({ name: "a", version: "2.0-1~bpo12+1" })).blindSpot).toBe("backport");
    expect(subjectOf(aPackage({ name: "a", origin: "Docker" })).blindSpot).toBe("foreign-origin");
    expect(subjectOf(aPackage({ name: "a", origin: "Debian-Security" })).blindSpot).toBeNull();
  });

  it("finds the shim that was signed", () => {
    const p = aPackage({
      name: "shim-signed",
      version: "1.51~1+deb12u1+16.1-2~deb12u1",
      source: "shim-signed",
      sourceVersion: "1.51~1+deb12u1",
    });
    expect(subjectOf(p)).toMatchObject({ source: "shim", version: "16.1-2~deb12u1" });
  });
});

describe("the running kernel", () => {
  it("is known by its release, signed or not", () => {
    expect(isRunningKernel("linux-image-6.1.0-9-amd64", "6.1.0-9-amd64")).toBe(true);
    expect(isRunningKernel("linux-image-6.1.0-9-amd64-unsigned", "6.1.0-9-amd64")).toBe(true);
    expect(isRunningKernel("linux-image-unsigned-6.8.0-31-generic", "6.8.0-31-generic")).toBe(true);
    expect(isRunningKernel("linux-image-6.1.0-9-amd64", "6.1.0-10-amd64")).toBe(false);
    expect(isRunningKernel("6.1.0-9-amd64", "6.1.0-9-amd64")).toBe(false);
  });
});
