import { describe, expect, it } from "vitest";
import { ecosystemOfRelease } from "./release-name.ts";

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
  ])("%s is %s", (text, ecosystem) => {
    expect(ecosystemOfRelease(text)).toBe(ecosystem);
  });

  it.each(["", "atlantis", "debian", "plan-9", "12"])("%j is refused", (text) => {
    expect(() => ecosystemOfRelease(text)).toThrow("is not known");
  });
});
