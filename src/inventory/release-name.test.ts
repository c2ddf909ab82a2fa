import { describe, expect, it } from "vitest";
import { ecosystemOfRelease, ecosystemsOfRelease } from "./release-name.ts";

describe("a release as people type it", () => {
  it.each([
    ["bookworm", "Debian:12"],
    ["debian-12", "Debian:12"],
    ["debian-12.13", "Debian:12"],
    ["jammy", "Ubuntu:22.04:LTS"],
    ["ubuntu-25.10", "Ubuntu:25.10"],
    ["almalinux-9", "AlmaLinux:9"],
    ["AlmaLinux 9.4", "AlmaLinux:9"],
    ["rocky-8", "Rocky Linux:8"],
    ["rhel-9.4", "Red Hat:9"],
    ["ol8", "Oracle Linux:8"],
    ["sles-15.4", "SUSE:15.4"],
    ["sles-15-sp4", "SUSE:15.4"],
    ["opensuse-leap-15.5", "openSUSE:Leap 15.5"],
    ["alpine-3.19.1", "Alpine:v3.19"],
    ["alpine-v3.19", "Alpine:v3.19"],
    ["wolfi", "Wolfi"],
    ["debian:bookworm", "Debian:12"],
    ["bookworm-security", "Debian:12"],
    ["Debian GNU/Linux 12 (bookworm)", "Debian:12"],
    ["Ubuntu 22.04.3 LTS", "Ubuntu:22.04:LTS"],
    ["Ubuntu:22.04:LTS", "Ubuntu:22.04:LTS"],
    ["AlmaLinux release 9.4 (Seafoam Ocelot)", "AlmaLinux:9"],
    ["Rocky Linux:9", "Rocky Linux:9"],
    ["Red Hat Enterprise Linux 9.2", "Red Hat:9"],
    ["Oracle Linux Server 8", "Oracle Linux:8"],
    ["SUSE Linux Enterprise Server 15 SP4", "SUSE:15.4"],
    ["openSUSE Leap 15.5", "openSUSE:Leap 15.5"],
    ["al2023", "Amazon Linux:2023"],
    ["arch", "Arch Linux"],
    ["bookworm/updates", "Debian:12"],
    ["bookworm-backports", "Debian:12"],
    ["ubuntu2204", "Ubuntu:22.04:LTS"],
    ["AlmaLinux OS 9", "AlmaLinux:9"],
    ["redhat:enterprise_linux:9", "Red Hat:9"],
    ["sle-15-sp5", "SUSE:15.5"],
    ["sles_sap-15.5", "SUSE:15.5"],
    ["opensuse-tumbleweed", "openSUSE:Tumbleweed"],
    ["alpine edge", "Alpine:edge"],
    ["fc40", "Fedora:40"],
    ["CentOS Linux release 7.9.2009 (Core)", "centos:7"],
    ["photon-5", "Photon OS:5.0"],
    ["azurelinux-3.0", "Azure Linux:3"],
  ])("%s is %s", (text, ecosystem) => {
    expect(ecosystemOfRelease(text)).toBe(ecosystem);
  });

  it.each(["", "atlantis", "debian", "plan-9", "12"])("%j is refused", (text) => {
    expect(() => ecosystemOfRelease(text)).toThrow("is not known");
  });

  it.each([
    ["12", "Debian:12"],
    ["12.13", "Debian:12"],
    ["22.04", "Ubuntu:22.04:LTS"],
    ["bookworm", "Debian:12"],
  ])("of dpkg packages %s is %s", (text, ecosystem) => {
    expect(ecosystemsOfRelease(text, "deb")).toEqual([ecosystem]);
  });

  it("leaves open whose el9 is meant", () => {
    const all = ["AlmaLinux:9", "Rocky Linux:9", "Red Hat:9", "Oracle Linux:9", "centos:9"];
    for (const text of ["el9", "EL9", "9", "9.4"]) {
      const found = ecosystemsOfRelease(text, "rpm").map((each) => each.replace(/\.\d+$/, ""));
      expect(found).toEqual(all);
    }
  });

  it.each(["stable", "debian-sid", "el9", "v3.19", "4", "99"])("of dpkg is refused: %s", (text) => {
    expect(() => ecosystemsOfRelease(text, "deb")).toThrow("is not known");
  });

  it("says why of names that move", () => {
    expect(() => ecosystemOfRelease("stable")).toThrow("codename");
    expect(() => ecosystemOfRelease("Debian sid")).toThrow("No feed speaks of sid");
  });
});
