import { describe, expect, it } from "vitest";
import { canonicalEcosystem, channelName, releaseOfChannel } from "./ecosystem-name.ts";

describe("names of ecosystems", () => {
  it.each([
    ["Red Hat:enterprise_linux:9::appstream", "Red Hat:9"],
    ["Red Hat:enterprise_linux:8.4::baseos", "Red Hat:8"],
    ["Red Hat:rhel_eus:9.2::baseos", "Red Hat:eus:9.2"],
    ["Red Hat:openshift:4.12::el8", "Red Hat:openshift:4.12::el8"],
    ["SUSE:Linux Enterprise Module for Basesystem 15 SP4", "SUSE:15.4"],
    ["SUSE:Linux Enterprise Server 15 SP1-LTSS", "SUSE:ltss:15.1"],
    ["SUSE:Linux Enterprise Server 12", "SUSE:12"],
    ["openSUSE:Leap 15.5", "openSUSE:Leap 15.5"],
    ["Ubuntu:Pro:18.04:LTS", "Ubuntu:Pro:18.04:LTS"],
  ])("%s is judged as %s", (name, expected) => {
    expect(canonicalEcosystem(name)).toBe(expected);
  });

  it.each([
    ["Ubuntu:Pro:18.04:LTS", "Ubuntu:18.04:LTS", "Pro"],
    ["Ubuntu:Pro:FIPS-updates:22.04:LTS", "Ubuntu:22.04:LTS", "Pro:FIPS-updates"],
    ["Red Hat:eus:9.2", "Red Hat:9", "eus"],
    ["SUSE:ltss:15.1", "SUSE:15.1", "ltss"],
  ])("%s is a channel of %s", (channel, release, name) => {
    expect(releaseOfChannel(channel)).toBe(release);
    expect(channelName(channel)).toBe(name);
  });

  it.each(["Ubuntu:18.04:LTS", "Red Hat:9", "SUSE:15.4", "Debian:12", "npm"])(
    "%s is no channel",
    (name) => {
      expect(releaseOfChannel(name)).toBeNull();
    },
  );
});
