import { describe, expect, test } from "vitest";
import { testRings } from "../../test/builders/plan.ts";
import { parseRings } from "./rings.ts";
import { needsReboot, rebootsFor } from "./rings-reboots.ts";

const rules = (text: string) => parseRings(`${testRings}\nreboots: ${text}\n`).reboots;
const host = { labels: { ring: "canary" } };
const upgrade = (name: string) => ({ verb: "upgrade", name });

describe("what the running system keeps using until it boots", () => {
  test.each([
    ...["linux-image-amd64", "linux-image-6.1.0-38-amd64", "libc6", "systemd", "dbus"],
    ...["intel-microcode", "amd64-microcode", "kernel", "kernel-core", "kernel-rt", "glibc"],
    ...["microcode_ctl", "linux-firmware", "dbus-daemon", "dbus-broker"],
  ])("%s", (name) => {
    expect(needsReboot(upgrade(name))).toBe(true);
    expect(needsReboot({ verb: "install", name })).toBe(true);
    expect(needsReboot({ verb: "remove", name })).toBe(false);
  });

  test.each(["openssl", "libc6-dev", "linux-headers-amd64", "kernel-headers", "libsystemd0"])(
    "not %s",
    (name) => expect(needsReboot(upgrade(name))).toBe(false),
  );
});

describe("hosts boot again", () => {
  test("never, where the policy says nothing", () => {
    expect(rebootsFor(parseRings(testRings).reboots, host, [upgrade("libc6")])).toBe(false);
  });

  test("after what needs it, after names and beginnings, and only where the rule selects them", () => {
    const some = rules('[{ after: needed, when: "ring=1" }, { after: [openssl, nginx*] }]');
    const reboots = (name: string, labels = host.labels) =>
      rebootsFor(some, { labels }, [upgrade("zlib1g"), upgrade(name)]);
    expect(reboots("libc6")).toBe(false);
    expect(reboots("libc6", { ring: "1" })).toBe(true);
    expect(reboots("openssl")).toBe(true);
    expect(reboots("openssl-dev")).toBe(false);
    expect(reboots("nginx-common")).toBe(true);
  });

  test("not after a package that goes", () => {
    expect(rebootsFor(rules("[{ after: [a*] }]"), host, [{ verb: "remove", name: "abc" }])).toBe(
      false,
    );
  });

  test.each(["[{ after: always }]", "[{ after: [] }]", "[{ after: ['*'] }]", "[{ when: a=b }]"])(
    "and %s is refused",
    (text) => expect(() => rules(text)).toThrow("rings.yaml cannot be used"),
  );
});
