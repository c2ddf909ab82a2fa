import { describe, expect, test } from "vitest";
import { testPasskey } from "../../test/builders/passkey.ts";
import { parsePublicKeyLine } from "../base/ssh-key.ts";
import { makeMachineKey } from "../base/sshsig.ts";
import { classOfKey } from "./key-class.ts";

const server = "fettle.acme.example";

function classOf(application: string): string {
  const verdict = classOfKey(parsePublicKeyLine(testPasskey(application).line)!, server);
  return verdict.ok ? verdict.class : verdict.why;
}

describe("the class of a key", () => {
  test("is told by the application that its line names", () => {
    const file = parsePublicKeyLine(makeMachineKey().publicKeyLine)!;
    expect(classOfKey(file, server)).toEqual({ ok: true, class: "ssh" });
    expect(classOf("ssh:")).toBe("sk");
    expect(classOf("ssh:work")).toBe("sk");
    expect(classOf(server)).toBe("page");
    expect(classOf("desk.acme.example")).toBe("desk");
    expect(classOf("desk.fettle.acme.example")).toBe("desk");
  });

  test("is never desk for a domain that the server itself may ask for", () => {
    for (const parent of ["acme.example", "example"]) {
      expect(classOf(parent)).toContain("can be asked for by this server too");
    }
  });

  test("is none for what is no host name", () => {
    for (const site of [
      "",
      "Desk.acme.example",
      "https://desk.acme.example",
      "desk.acme.example.",
    ]) {
      expect([site, classOf(site)]).toEqual([site, expect.stringContaining("not the host name")]);
    }
  });
});
