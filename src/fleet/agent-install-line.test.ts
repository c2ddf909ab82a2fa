import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type InstallLine, installLine, lineFault } from "./agent-install-line.ts";

const line: InstallLine = {
  trust: {
    tenant: "acme",
    url: "https://patch.example:7701",
    authority: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    program: "a".repeat(64),
  },
  token: "0".repeat(32),
  policy: "b".repeat(64),
  ring: "canary",
  labels: ["env=prod"],
};

const folder = mkdtempSync(join(tmpdir(), "fettle-line-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function tool(name: string, body: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
  chmodSync(join(folder, name), 0o755);
}

test("a line whose folder cannot be made removes nothing where root stands", () => {
  const home = mkdtempSync(join(folder, "home-"));
  writeFileSync(join(home, "dear"), "");
  for (const body of ["exit 1", "exit 0"]) {
    tool("mktemp", body);
    for (const shell of ["dash", "bash"]) {
      const env = { PATH: `${folder}:/usr/bin:/bin` };
      const ran = spawnSync(shell, ["-c", installLine(line)], { cwd: home, env });
      expect(ran.status).toBe(1);
      expect(readdirSync(home)).toEqual(["dear"]);
    }
  }
});

test("a program of other bytes than the line names is never run, and the folder is gone after it", () => {
  const made = mkdtempSync(join(folder, "made-"));
  tool("mktemp", `echo ${made}`);
  // Serves a program that would leave a mark.
  tool("curl", `echo "touch ${folder}/ran" >"$5"`);
  const env = { PATH: `${folder}:/usr/bin:/bin` };
  const ran = spawnSync("dash", ["-c", installLine(line)], { cwd: "/", env, encoding: "utf8" });
  expect(ran.status).not.toBe(0);
  expect(ran.stdout).toContain("program: FAILED");
  expect(readdirSync(folder).sort()).not.toContain("ran");
  expect(readdirSync(folder)).not.toContain(made.slice(folder.length + 1));
});

test("the line is read by shells, and holds nothing that a shell would take apart", () => {
  for (const shell of ["dash", "bash"]) execFileSync(shell, ["-n", "-c", installLine(line)]);
  expect(lineFault(line)).toBeNull();
  expect(lineFault({ ...line, ring: "a;reboot" })).toContain("a;reboot");
  expect(lineFault({ ...line, labels: ["env=$(id)"] })).toContain("env=$(id)");
  const url = (text: string) => lineFault({ ...line, trust: { ...line.trust, url: text } });
  expect(url("http://patch.example:7701")).toContain("https://");
  expect(url("https://patch.example/x")).toContain("https://");
  const also = (...urls: string[]) => lineFault({ ...line, trust: { ...line.trust, also: urls } });
  expect(also("https://b.example:7701", "https://[2001:db8::1]:7701")).toBeNull();
  expect(also("https://b.example:7701,https://c.example")).toContain("https://");
  expect(also("https://b.example:7701$(id)")).toContain("$(id)");
  expect(also(line.trust.url)).toContain("twice");
  expect(also("https://b", "https://c", "https://d", "https://e")).toContain("more than 4");
  const authority = "-----BEGIN CERTIFICATE-----\n'; id; '\n-----END CERTIFICATE-----\n";
  expect(lineFault({ ...line, trust: { ...line.trust, authority } })).toContain("PEM");
});
