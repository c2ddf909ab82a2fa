import { describe, expect, test } from "vitest";
import type { HostWay } from "./model.ts";
import { type KnownWays, wayRefusal } from "./own-way.ts";

const known: KnownWays = {
  ownKeyFiles: ["/keys/web"],
  foreign: [{ address: "db-1", port: 22, hostKeys: ["ssh-ed25519 DB"] }],
};

function aWay(change: object = {}): HostWay {
  return {
    kind: "ssh",
    user: "root",
    address: "web-9",
    port: 22,
    identityFile: "/keys/web",
    hostKeys: ["ssh-ed25519 WEB"],
    program: "piped",
    ...change,
  };
}

describe("people whose rights end at some labels", () => {
  test("add machines of their own with the key of their own hosts", () => {
    expect(wayRefusal(aWay(), known)).toBeNull();
    expect(wayRefusal(aWay({ address: "db-1", port: 2222 }), known)).toBeNull();
  });

  test("bring no other key file, not even the server's default", () => {
    for (const identityFile of ["/keys/db", "/keys/web2", null]) {
      expect(wayRefusal(aWay({ identityFile }), known)).toContain("key file");
    }
  });

  test("do not reach a machine of others under a name of their own", () => {
    expect(wayRefusal(aWay({ address: "db-1" }), known)).toContain("cannot be added");
    const sameMachine = aWay({ address: "10.0.0.7", hostKeys: ["ssh-rsa X", "ssh-ed25519 DB"] });
    expect(wayRefusal(sameMachine, known)).toContain("cannot be added");
    expect(wayRefusal({ kind: "local" }, known)).toContain("the machine that the server runs on");
  });
});
