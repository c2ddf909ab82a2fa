import { describe, expect, test } from "vitest";
import { sshProblem, startProblem } from "./ssh-problem.ts";

const where = "root@10.0.0.7 (port 22)";

/** What OpenSSH 9.2 wrote in each case, without the lines before it. */
describe("what OpenSSH's client says", () => {
  test.each([
    [
      "Host key for fettle-host has changed and you have requested strict checking.\nHost key verification failed.",
      "host-key-changed",
    ],
    [
      "No ED25519 host key is known for fettle-host and you have requested strict checking.\nHost key verification failed.",
      "host-key-unknown",
    ],
    [
      "Unable to negotiate with 10.0.0.7 port 22: no matching cipher found. Their offer: 3des-cbc",
      "algorithms",
    ],
    [
      'Load key "/etc/fettle/ops": error in libcrypto\nroot@10.0.0.7: Permission denied (publickey).',
      "identity-file",
    ],
    ["root@10.0.0.7: Permission denied (publickey).", "authentication"],
    [
      "Connection timed out during banner exchange\nConnection to 10.0.0.7 port 22 timed out",
      "no-answer",
    ],
    ["ssh: Could not resolve hostname web-9: Name or service not known", "unreachable"],
    ["ssh: connect to host 10.0.0.7 port 22: Connection refused", "unreachable"],
    ["ssh: connect to host 10.0.0.7 port 22: No route to host", "unreachable"],
    ["Connection reset by 10.0.0.7 port 22", "connection-lost"],
  ])("%s", (said, kind) => {
    const problem = sshProblem(said, where);
    expect(problem?.kind).toBe(kind);
    expect(problem?.message).toContain(where);
    expect(problem?.message, "says what to do").toMatch(
      /(Check|check|Look|look|Update|must|If it stays so)/,
    );
  });

  test("is nothing we know", () => {
    expect(sshProblem("something else", where)).toBeNull();
  });
});

describe("a host program that did not start", () => {
  test.each([
    ["sudo: a password is required", 1, "sudo-password", "asks for a password"],
    ["ops is not in the sudoers file.", 1, "sudo-password", "may not use sudo"],
    [
      "sh: 1: /usr/sbin/fettle-host: not found",
      127,
      "program-missing",
      "Put it at /usr/sbin/fettle-host",
    ],
    [
      "mktemp: failed to create file: No space left on device",
      71,
      "program-refused",
      "No space left on device. Free space there",
    ],
    [
      "head: write error: No space left on device",
      72,
      "program-refused",
      "could not be stored in /tmp on",
    ],
    ["\u001b[2Jbye", 1, "program-refused", "it said: ?[2Jbye. Log in there as the same user"],
    ["", 3, "program-refused", "it ended with code 3"],
  ])("%s (%s)", (said, code, kind, words) => {
    const problem = startProblem(said, code, where);
    expect(problem.kind).toBe(kind);
    expect(problem.message).toContain(words);
    expect(problem.message).toContain(where);
  });
});
