import { expect, test } from "vitest";
import { releaseName, systemName } from "./release-name.ts";

test.each([
  ["Debian:12", "Debian 12"],
  ["Ubuntu:22.04:LTS", "Ubuntu 22.04 LTS"],
  ["Ubuntu:Pro:18.04:LTS", "Ubuntu Pro 18.04 LTS"],
  ["Alpine:v3.19", "Alpine v3.19"],
  ["openSUSE:Leap 15.6", "openSUSE Leap 15.6"],
  ["npm", "npm"],
  ["", ""],
  ["Red Hat:enterprise_linux:9::appstream", "Red Hat:enterprise_linux:9::appstream"],
])("%s reads %s", (ecosystem, told) => {
  expect(releaseName(ecosystem)).toBe(told);
});

test.for([
  ["debian", "12", "Debian 12"],
  ["opensuse-leap", "15.6", "openSUSE Leap 15.6"],
  ["arch", "", "Arch Linux"],
  ["constructor", "1", "constructor 1"],
  ["nixos", "24.05", "nixos 24.05"],
] as const)("%s %s is %s", ([distribution, release, name]) => {
  expect(systemName({ distribution, release })).toBe(name);
});
