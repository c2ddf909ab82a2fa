import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One constant program; the versions reach it as lines of a file in its folder, never as code. */
const PROGRAM = `%{lua:
  local out = {}
  for line in io.lines("pairs") do
    local a, b = line:match("^(.-)\\t(.*)$")
    out[#out + 1] = tostring(rpm.vercmp(a, b))
  end
  print(table.concat(out, "\\n"))
}`;
const TIMEOUT_MS = 60_000;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/** What rpm itself says of each pair (-1, 0, 1), in one call, and how long that took. */
export function compareByRpm(pairs: readonly (readonly [left: string, right: string])[]): {
  readonly answers: readonly number[];
  readonly seconds: number;
} {
  const folder = mkdtempSync(join(tmpdir(), "fettle-rpm-"));
  try {
    writeFileSync(join(folder, "pairs"), pairs.map(([a, b]) => `${a}\t${b}\n`).join(""));
    const start = performance.now();
    const run = spawnSync("rpm", ["--eval", PROGRAM], {
      cwd: folder,
      timeout: TIMEOUT_MS,
      maxBuffer: OUTPUT_BYTES_MAX,
    });
    const seconds = (performance.now() - start) / 1_000;
    if (run.status !== 0) throw new Error(`rpm ended with ${run.status}: ${run.stderr}`);
    const answers = run.stdout.toString().trim().split("\n").map(Number);
    if (answers.length !== pairs.length) throw new Error(`rpm gave ${answers.length} answers`);
    return { answers, seconds };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
