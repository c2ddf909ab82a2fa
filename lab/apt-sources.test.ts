import { expect, test } from "vitest";
import { findMirrors, parseDeb822Sources, parseOneLineSources } from "./apt-sources.ts";

const deb822 = `# a comment
Types: deb deb-src
URIs: http://mirror.example/debian/
Suites: bookworm
 bookworm-updates
Components: main contrib
# another
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Enabled: no
Types: deb
URIs: http://disabled.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: https://security.example/debian-security
Suites: bookworm-security
Components: main
`;

test("mirrors are found in deb822 sources, over continued lines and past disabled stanzas", () => {
  expect(findMirrors(parseDeb822Sources(deb822))).toEqual({
    main: "http://mirror.example/debian",
    updates: "http://mirror.example/debian",
    security: "https://security.example/debian-security",
  });
});

test("mirrors are found in one-line sources, with options, comments and deb-src lines", () => {
  const text = `# deb http://commented.example/debian bookworm main
deb-src http://source.example/debian bookworm main
deb [arch=amd64 signed-by=/k.gpg] http://one.example/debian bookworm main # here
deb http://two.example/debian bookworm-updates main non-free
deb\thttp://three.example/debian-security  bookworm-security  main
deb https://other.example/apt stable other
`;
  expect(findMirrors(parseOneLineSources(text))).toEqual({
    main: "http://one.example/debian",
    updates: "http://two.example/debian",
    security: "http://three.example/debian-security",
  });
});

test("a machine of another Debian release tells the archive's address as well", () => {
  const text = `deb http://a.example/debian trixie main
deb http://b.example/debian-security trixie-security main`;
  expect(findMirrors(parseOneLineSources(text))).toEqual({
    main: "http://a.example/debian",
    updates: "http://a.example/debian",
    security: "http://b.example/debian-security",
  });
});

test("missing and unusable sources are refused with what to do", () => {
  expect(() => findMirrors([])).toThrow("enable the Debian sources");
  const local = `deb file:/srv/mirror bookworm main
deb file:/srv/security bookworm-security main`;
  expect(() => findMirrors(parseOneLineSources(local))).toThrow("plain http and https");
  const forged = `deb http://a.example/x;} bookworm main
deb http://b.example/y bookworm-security main`;
  expect(() => findMirrors(parseOneLineSources(forged))).toThrow("plain http and https");
});
