import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { factsOfLine, hostCodes, hostWordsToText } from "./host-words.ts";

describe("what a host refused with", () => {
  test.each([
    [
      "REFUSED code=E_DISK mount=/var/lib/fettle free_kb=16092 need_kb=32773",
      "16 MB free on /var/lib/fettle, 33 MB needed; free space there",
    ],
    [
      "REFUSED code=E_LOCK pid=492 program=apt-get",
      "held by apt-get (process 492); let the other run of the package manager end, or end it",
    ],
    [
      "REFUSED code=E_TARGET step=1 package=lab-good:all version=2.0 sha256=51b4 note=no source gives this file",
      "no source gives this file (package lab-good:all, version 2.0); look whether the repository still has it; if not, scan the host and plan what it has",
    ],
    [
      "REFUSED code=E_TIME note=order issued 1795310609, clock says 1795224212",
      "order issued 2026-11-22T01:23:29.000Z, clock says 2026-11-21T01:23:32.000Z; compare `date -u` on host and server, and set the clock that is wrong",
    ],
  ])("%s", (line, text) => {
    const code = /code=(\S+)/.exec(line)?.[1] ?? "";
    expect(hostWordsToText(code, factsOfLine(line))).toBe(text);
  });

  test("is said as it came where the code is of a newer program", () => {
    expect(hostWordsToText("E_NEW", "something")).toBe("something");
    expect(hostWordsToText("toString", "")).toBe("");
  });
});

test("every code that the host program gives says what to do", () => {
  const folder = new URL("../../host/", import.meta.url);
  const program = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), "utf8"));
  const given = program
    .join("\n")
    .matchAll(
      /(?:fail_code|refuse|refused|print "|say\("|_CODE=|code = "|HELD|FAILED) ?"?(E_[A-Z_]+)/g,
    );
  const codes = [...new Set([...given].map(([, code]) => code ?? ""))].sort();
  expect(codes.length).toBeGreaterThan(20);
  expect(codes.filter((code) => !Object.hasOwn(hostCodes, code))).toEqual([]);
});
