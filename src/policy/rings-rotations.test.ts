import { describe, expect, test } from "vitest";
import { testRings } from "../../test/builders/plan.ts";
import { parseRings } from "./rings.ts";
import { rotationsFor } from "./rings-rotations.ts";

const rules = (text: string) => parseRings(`${testRings}\nrotations: ${text}\n`).rotations;
const host = { labels: { ring: "1" }, services: ["nginx.service"] };
const move = (name: string, verb = "upgrade") => ({ verb, name });

describe("keys that are made anew", () => {
  test("follow the packages, labels and services that the policy names", () => {
    const some = rules(
      "[{ after: [openssl, libssl3*], run: tls }, { when: ring=0, after: [openssl], run: no }, { service: db.service, after: [openssl], run: db }, { service: nginx.service, after: [libgnutls30], run: web }, { after: [openssl], run: tls }]",
    );
    expect(rotationsFor(some, host, [move("openssl")])).toEqual(["tls"]);
    expect(rotationsFor(some, host, [move("libssl3t64"), move("libgnutls30")])).toEqual([
      "tls",
      "web",
    ]);
    expect(rotationsFor(some, host, [move("openssl-dev")])).toEqual([]);
    expect(rotationsFor(some, host, [move("openssl", "remove")])).toEqual([]);
    expect(rotationsFor(parseRings(testRings).rotations, host, [move("openssl")])).toEqual([]);
  });

  test.each([
    ["nothing that it follows", "[{ after: [], run: tls }]"],
    ["no hook", "[{ after: [openssl] }]"],
    ["a path for a hook", "[{ after: [openssl], run: /bin/sh }]"],
    ["a hook that drains", "[{ after: [openssl], run: out }]\nhooks: [{ drain: out, rejoin: in }]"],
  ])("is refused with %s", (_what, text) => {
    expect(() => rules(text)).toThrow(/cannot be used/);
  });
});
