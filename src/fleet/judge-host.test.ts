import { describe, expect, test } from "vitest";
import { type Inspection, parseInspection } from "../inventory/inspection.ts";
import type { BodyText } from "../plan/body.ts";
import { judgeHost, unseenHost } from "./judge-host.ts";

const body: BodyText = {
  steps: [
    {
      verb: "upgrade",
      name: "libssl3",
      arch: "amd64",
      from: "3.0.17-1",
      to: "3.0.18-1",
      sha256: "a".repeat(64),
    },
    { verb: "restart", unit: "nginx.service" },
    { verb: "probe", name: "web-health" },
  ],
  transactions: [],
  undo: [],
};

function seen(...more: readonly string[]): Inspection {
  const result = parseInspection([
    "os debian 12 bookworm",
    "arch amd64",
    "kernel 6.1.0",
    `boot ${"0".repeat(32)}`,
    "lists ok 1700000000 -",
    "service nginx active 700",
    "service ssh active 800",
    ...(more.some((line) => line.startsWith("pkg "))
      ? []
      : ["pkg libssl3\tamd64\t3.0.18-1\topenssl\t3.0.18-1\tinstalled\tauto"]),
    "pkg perl\tamd64\t5\tperl\t5\tinstalled\tauto",
    ...more,
  ]);
  if (result.kind !== "inspection") throw new Error(result.problem);
  return result.inspection;
}

const judge = (inspection: Inspection, before: Parameters<typeof judgeHost>[0]["before"] = []) =>
  judgeHost({ body, inspection, before });

describe("a host that was to reboot", () => {
  const rebooted: BodyText = { ...body, steps: [...body.steps, { verb: "reboot" }] };

  test("is verified when nothing wants a reboot any more", () => {
    const judged = judgeHost({ body: rebooted, inspection: seen("reboot no"), before: [] });
    expect(judged.verdict).toBe("verified");
  });

  test("is not verified when it came back with the old kernel", () => {
    const inspection = seen("reboot yes kernel 6.1.0-42-amd64");
    const { verdict, evidence } = judgeHost({ body: rebooted, inspection, before: [] });
    expect(verdict).toBe("unverified");
    expect(evidence.problem).toMatch(/^it still needs the reboot that it had: .*6\.1\.0-42/);
    // One whose job had no reboot only says that it wants one.
    expect(judge(inspection)).toMatchObject({
      verdict: "verified",
      evidence: { isRebootNeeded: true, problem: null },
    });
  });
});

describe("a host that says it is done is verified", () => {
  test("when the version is there, its service runs new code and its probe passed", () => {
    const { verdict, evidence } = judge(seen());
    expect(verdict).toBe("verified");
    expect(evidence).toMatchObject({ packages: [], stale: [], probes: ["web-health"] });
  });

  test("also when somebody's login still runs old code, which is counted", () => {
    const { verdict, evidence } = judge(seen("restart ssh\t901\t/usr/lib/libssl.so.3"));
    expect(verdict).toBe("verified");
    expect(evidence.sessions).toBe(1);
  });

  test("also when a connection of sshd maps a library that was replaced under it", () => {
    const { verdict, evidence } = judge(seen("restart ssh-login\t412\t/usr/lib/libcrypto.so.3"));
    expect(verdict).toBe("verified");
    expect(evidence).toMatchObject({ stale: [], sessions: 1 });
  });

  test("also when a service was stale before and the body does not restart it", () => {
    const stale = { unit: "ssh", pid: 800, file: "/usr/lib/libpam.so.0" };
    expect(judge(seen("restart ssh\t800\t/usr/lib/libpam.so.0"), [stale]).verdict).toBe("verified");
  });
});

test("a kernel of rpm that comes or goes is judged by itself, as others stay beside it", () => {
  const kernel = { name: "kernel-core", arch: "x86_64" };
  const [one, two, three] = ["5.14-1", "5.14-2", "5.14-3"] as const;
  const steps = [
    { verb: "install", ...kernel, from: "-", to: three, sha256: "a".repeat(64) },
    { verb: "remove", ...kernel, from: one, to: "-", sha256: "-" },
  ] as const;
  const withKernels = (...versions: readonly string[]) => {
    const lines = versions.map(
      (version) => `pkg kernel-core\tx86_64\t${version}\tkernel\t${version}\tinstalled\tauto`,
    );
    const inspection = seen(...lines);
    return judgeHost({ body: { steps, transactions: [], undo: [] }, inspection, before: [] });
  };
  expect(withKernels(two, three).verdict).toBe("verified");
  expect(withKernels(one, two, three).evidence.packages).toMatchObject([{ planned: "-" }]);
  expect(withKernels(two).evidence.packages).toMatchObject([{ planned: three, found: two }]);
});

describe("it is not", () => {
  test.each([
    ["with another version", "pkg libssl3\tamd64\t3.0.17-1\topenssl\t3.0.17-1\tinstalled\tauto"],
    ["with the package gone", "pkg zlib1g\tamd64\t1\tzlib\t1\tinstalled\tauto"],
    ["while a restarted service still runs old code", "restart nginx\t700\t/usr/lib/libssl.so.3"],
    ["while another service does since the job", "restart ssh\t800\t/usr/lib/libssl.so.3"],
    ["while an unknown program does", "restart backupd\t77\t/usr/lib/libssl.so.3"],
    ["when the service does not run", "service nginx failed 0"],
  ])("%s", (_name, line) => {
    expect(judge(seen(line)).verdict).toBe("unverified");
  });

  test("when a service the body restarts is as stale as before", () => {
    const stale = { unit: "nginx", pid: 700, file: "/usr/lib/libssl.so.3" };
    const judged = judge(seen("restart nginx\t700\t/usr/lib/libssl.so.3"), [stale]);
    expect(judged.verdict).toBe("unverified");
  });

  test("when nobody could look", () => {
    expect(unseenHost("no answer")).toMatchObject({
      verdict: "unverified",
      evidence: { problem: "no answer" },
    });
  });
});
