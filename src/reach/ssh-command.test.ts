import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hostKeyAlgorithms, parseHostKey } from "./host-key.ts";
import { messageReader } from "./host-message.ts";
import type { HostMessage } from "./model.ts";
import { controlName, remoteCommand, type SshTarget, sshArgs } from "./ssh-command.ts";
import { sshProblem, startProblem } from "./ssh-problem.ts";

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
const target: SshTarget = {
  kind: "ssh",
  user: "root",
  address: "web-1",
  port: 22,
  identityFile: "/k",
  hostKeys: [KEY],
  program: "piped",
};
const key = parseHostKey(KEY);
if (key === null) throw new Error("the test's key is a key");
const args = sshArgs(target, { knownHosts: "/s/k", controlPath: "/s/c" }, [key]);

describe("the command line of ssh", () => {
  test("sets every check before a configuration file can", () => {
    for (const option of [
      "StrictHostKeyChecking=yes",
      'UserKnownHostsFile="/s/k"',
      "GlobalKnownHostsFile=/dev/null",
      "KnownHostsCommand=none",
      "BatchMode=yes",
      "ForwardAgent=no",
      "ClearAllForwardings=yes",
      "PermitLocalCommand=no",
      "HostKeyAlgorithms=ssh-ed25519",
    ]) {
      expect(args).toContain(option);
    }
  });

  test("ends its options before the address", () => {
    expect(args.slice(-2)).toEqual(["--", "web-1"]);
  });

  test("has a remote command whose only variable part is a number", () => {
    const shape = (text: string): string => text.replace(/\d{2,}/g, "N");
    const hostile = { ...target, address: "$(id)", hostKeys: ["'; id"], identityFile: "`id`" };
    expect(shape(remoteCommand(hostile, 12_345))).toBe(shape(remoteCommand(target, 67)));
    expect(remoteCommand({ ...target, user: "ops" }, 10)).toContain("sudo -n sh -c");
    expect(remoteCommand({ ...target, program: "installed" }, 10)).toBe(
      "exec /usr/sbin/fettle-host serve",
    );
  });

  test("names the shared socket after everything that decides who is there", () => {
    const names = [
      target,
      { ...target, user: "ops" },
      { ...target, address: "web-2" },
      { ...target, port: 23 },
      { ...target, identityFile: null },
      { ...target, hostKeys: [] },
    ].map(controlName);
    expect(new Set(names).size).toBe(names.length);
    expect(controlName(target).length).toBe(18);
  });
});

describe("host keys", () => {
  test("are refused when the blob says another type or is cut", () => {
    expect(parseHostKey(KEY.replace("ssh-ed25519 ", "ssh-rsa "))).toBeNull();
    expect(parseHostKey(KEY.slice(0, 30))).toBeNull();
    expect(parseHostKey("ssh-dss AAAA")).toBeNull();
    expect(parseHostKey("")).toBeNull();
    expect(parseHostKey(`${KEY} root@web-1`)?.line).toBe(KEY);
  });

  test("of type RSA are asked for with SHA-2 only", () => {
    expect(hostKeyAlgorithms([{ type: "ssh-rsa", line: "", fingerprint: "" }])).toEqual([
      "rsa-sha2-512",
      "rsa-sha2-256",
    ]);
  });
});

describe("problems", () => {
  test.each([
    ["sudo: a password is required", 1, "sudo-password"],
    ["sudo: a terminal is required to read the password", 1, "sudo-password"],
    ["ops is not in the sudoers file.", 1, "sudo-password"],
    ["sh: 1: exec: /usr/sbin/fettle-host: not found", 127, "program-missing"],
    ["\x1b[31mno space left\x1b[0m", 72, "program-refused"],
  ])("of a start that says %j are %s", (stderr, code, kind) => {
    const problem = startProblem(stderr, code, "web-1");
    expect(problem.kind).toBe(kind);
    expect(problem.message).not.toContain("\x1b");
  });

  test.each([
    ["ssh: Could not resolve hostname nope: Name or service not known", "unreachable"],
    ["Connection timed out during banner exchange", "no-answer"],
    ["Unable to negotiate with 1.2.3.4: no matching cipher found.", "algorithms"],
    ["ops@h: Permission denied (publickey).", "authentication"],
    ["Timeout, server 1.2.3.4 not responding.", "connection-lost"],
  ])("of ssh that says %j are %s", (stderr, kind) => {
    expect(sshProblem(stderr, "web-1")?.kind).toBe(kind);
  });
});

describe("the message reader", () => {
  const text =
    "motd\nfettle-host 1 ready\n@accepted abc 1\n@ask\nfettle ask 1\n@asksig\ns\n@end\n@idle\n";

  test("understands the same bytes however they are cut", () => {
    const whole = messageReader().take(Buffer.from(text));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (sizes) => {
        const reader = messageReader();
        const messages: HostMessage[] = [];
        let at = 0;
        for (let n = 0; at < text.length; n++) {
          const size = sizes[n % sizes.length] ?? 1;
          const taken = reader.take(Buffer.from(text.slice(at, at + size)));
          if ("broken" in taken) return false;
          messages.push(...taken);
          at += size;
        }
        expect(messages).toEqual(whole);
        return true;
      }),
    );
  });

  test("survives any bytes and never lets a control character through", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const reader = messageReader();
        reader.take(Buffer.from("fettle-host 1 ready\n@inspect\n"));
        const taken = reader.take(Buffer.concat([Buffer.from(bytes), Buffer.from("\n@end\n")]));
        if ("broken" in taken) return;
        for (const message of taken) {
          if (message.kind === "note") continue;
          for (const line of message.sections.get("inspect") ?? []) {
            expect(line).toMatch(/^[\t\x20-\x7e]*$/);
          }
        }
      }),
    );
  });

  test("gives up on a preamble without end", () => {
    const reader = messageReader();
    const taken = reader.take(Buffer.alloc(70_000, "x"));
    expect(taken).toHaveProperty("broken");
  });
});
