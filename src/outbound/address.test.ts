import { describe, expect, test } from "vitest";
import {
  literalOf,
  reachOfAnybody,
  reachOfOperators,
  reachOfPolicy,
  refusalOf,
} from "./address.ts";

const linkLocal = ["169.254.169.254", "fe80::1", "224.0.0.1", "255.255.255.255", "fd00:ec2::254"];
const hiding = ["::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "2001:0:1::1"];
const thisMachine = ["127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1"];
const ofOnesOwn = [
  ...["10.1.2.3", "172.16.0.1", "172.31.255.254", "192.168.1.1", "100.64.0.1", "198.18.0.1"],
  ...["fc00::1", "fd12:3456::1", "fec0::1", "::ffff:10.0.0.1", "240.0.0.1", "192.0.2.1"],
];
const ofTheInternet = ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8"];

describe("addresses of publishers, people and redirects", () => {
  const anybody = reachOfAnybody([]);
  test.each([...linkLocal, ...hiding, ...thisMachine, ...ofOnesOwn])("do not lead to %s", (ip) => {
    expect(refusalOf(ip, anybody)).toContain(ip);
  });
  test.each(ofTheInternet)("lead to %s", (ip) => {
    expect(refusalOf(ip, anybody)).toBeNull();
  });

  test("lead to the networks that the configuration names, and no further", () => {
    const named = reachOfAnybody(["10.1.0.0/16", "fd12::/16"]);
    expect(refusalOf("10.1.2.3", named)).toBeNull();
    expect(refusalOf("fd12:3456::1", named)).toBeNull();
    expect(refusalOf("10.2.2.3", named)).toContain("outbound.networks");
    expect(refusalOf("169.254.169.254", named)).not.toBeNull();
    expect(refusalOf("1.1.1.1", named)).toBeNull();
  });
});

describe("policy", () => {
  test.each([...linkLocal, ...hiding, ...thisMachine])("does not ask %s", (ip) => {
    expect(refusalOf(ip, reachOfPolicy(null))).not.toBeNull();
  });

  test("asks everything else, and only named networks where it names them", () => {
    expect(refusalOf("10.1.2.3", reachOfPolicy(null))).toBeNull();
    const named = reachOfPolicy(["10.0.0.0/8", "127.0.0.0/8"]);
    expect(refusalOf("10.1.2.3", named)).toBeNull();
    expect(refusalOf("127.0.0.1", named)).toBeNull();
    expect(refusalOf("1.1.1.1", named)).toContain("no network that the policy names");
  });
});

describe("what operators wrote", () => {
  test.each([...thisMachine, ...ofOnesOwn, ...ofTheInternet])("may be %s", (ip) => {
    expect(refusalOf(ip, reachOfOperators)).toBeNull();
  });
  test.each([...linkLocal, ...hiding])("is never %s", (ip) => {
    expect(refusalOf(ip, reachOfOperators)).not.toBeNull();
  });
});

test("a host is an address or a name, also in the writings that URLs make plain", () => {
  expect(literalOf("[::1]")).toBe("::1");
  expect(literalOf("mirror.example")).toBeNull();
  // Octal, hexadecimal and one number: URL's host parser turns all of them into four numbers.
  for (const written of ["0177.0.0.1", "0x7f.1", "2130706433", "127.1"]) {
    expect(literalOf(new URL(`http://${written}/`).hostname)).toBe("127.0.0.1");
  }
});
