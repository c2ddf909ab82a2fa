import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

/** Every default that a reviewer demands has a check of the doctor, a test, or a reason why none. */
const clone = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(clone, path), "utf8");

const DEMANDED = [
  ...["bind", "setup", "factors", "oidc", "password", "four-eyes", "blast", "typed-count"],
  ...["agent", "agent-root", "host-keys", "ssh-certificates", "sudo", "secrets", "rotation"],
  ...["no-leaks", "tokens", "tries", "webhooks", "outbound", "feeds-shrink", "feeds-stale"],
  ...["telemetry", "units", "fsync", "clock", "modes", "log-rights", "disclosure"],
];

const rows = read("docs/defaults.md")
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) => line.slice(2, -2).split(" | "));

/** The doctor's own source: a check that it lost is found missing here. */
const doctor = readdirSync(join(clone, "src/cli"))
  .filter((name) => /^doctor(-[a-z]+)*\.ts$/.test(name))
  .map((name) => read(`src/cli/${name}`))
  .join("\n");

test("no default is left out, and each row is whole", () => {
  expect(rows.filter((cells) => cells.length !== 3 || cells.includes(""))).toEqual([]);
  expect(rows.map(([name = ""]) => name.replaceAll("`", ""))).toEqual(DEMANDED);
});

describe.each(rows.map(([name = "", , by = ""]) => ({ name, by })))("$name", ({ by }) => {
  test("is looked at by something that exists, or says why by nothing", () => {
    const [, check] = /^doctor `([^`]+)`$/.exec(by) ?? [];
    const [, path = "", title = ""] = /^test `([^`]+)` "(.+)"$/.exec(by) ?? [];
    if (check !== undefined) expect(doctor).toContain(`"${check}"`);
    else if (path !== "") {
      expect(existsSync(join(clone, path)), path).toBe(true);
      expect(read(path)).toContain(title);
    } else expect(by).toMatch(/^none: .{40,}/);
  });
});
