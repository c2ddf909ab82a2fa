import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { chance, madePair } from "../../../test/builders/versions.ts";
import { runCommand } from "../../base/run-command.ts";
import { compareRpm } from "./rpm.ts";

const PAIRS = 10_000;

/** One constant program; the versions reach it as lines of a file in its folder, never as code. */
const PROGRAM = `%{lua:
  local out = {}
  for line in io.lines("pairs") do
    local a, b = line:match("^(.-)\\t(.*)$")
    out[#out + 1] = tostring(rpm.vercmp(a, b))
  end
  print(table.concat(out, "\\n"))
}`;

it.skipIf(!existsSync("/usr/bin/rpm"))(`orders ${PAIRS} generated pairs as rpm does`, async () => {
  const from = chance(20_261_122);
  const pairs = Array.from({ length: PAIRS }, () => madePair("rpm", from));
  const folder = mkdtempSync(join(tmpdir(), "fettle-rpm-"));
  writeFileSync(join(folder, "pairs"), pairs.map(([a, b]) => `${a}\t${b}\n`).join(""));
  const result = await runCommand({
    program: "rpm",
    args: ["--eval", PROGRAM],
    cwd: folder,
    timeoutMs: 60_000,
    outputBytesMax: 1_000_000,
  });
  rmSync(folder, { recursive: true });
  expect(result).toMatchObject({ ended: "exit", code: 0 });
  const told = result.stdout.toString().trim().split("\n").map(Number);
  expect(told).toHaveLength(PAIRS);
  const wrong = pairs.flatMap(([a, b], at) =>
    compareRpm(a, b) === told[at] ? [] : [`${a} ${b}: ${compareRpm(a, b)}, not ${told[at]}`],
  );
  expect(wrong).toEqual([]);
  expect(new Set(told)).toEqual(new Set([-1, 0, 1]));
});
