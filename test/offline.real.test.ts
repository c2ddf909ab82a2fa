import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clone } from "./e2e/server-process.ts";

/** Commands without a server, as processes: nothing is configured, or the configuration is broken. */
const cli = join(clone, "src/main/cli.ts");
const LINES = 50_000;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fettle-offline-"));
  writeFileSync(join(folder, "fettle.yaml"), "port: [broken");
  const lines = Array.from({ length: LINES }, (_, at) => `1.${at % 97}~rc1\t1.${at % 89}-1\n`);
  writeFileSync(join(folder, "pairs.tsv"), lines.join(""));
});

afterAll(() => rmSync(folder, { recursive: true }));

function environment(): NodeJS.ProcessEnv {
  const config = join(folder, "fettle.yaml");
  return { PATH: process.env["PATH"] ?? "", HOME: "/nonexistent", FETTLE_CONFIG: config };
}

describe("a command that needs no server", () => {
  test("runs with a broken configuration and without a home", () => {
    const words = ["deadline", "explain", "--preset", "bod-26-04", "--kev", "yes"];
    const run = spawnSync(process.execPath, [cli, ...words, "--exposed", "yes"], {
      env: environment(),
      encoding: "utf8",
    });
    expect(run).toMatchObject({ status: 0, stderr: "" });
    expect(run.stdout.split("\n")[0]).toBe("3 days");
  });

  test("waits for a slow reader and loses no line", async () => {
    const words = ["version", "compare", "--scheme", "deb", join(folder, "pairs.tsv")];
    const child = spawn(process.execPath, [cli, ...words, "-o", "json"], { env: environment() });
    let text = "";
    child.stdout.setEncoding("utf8");
    // Reads one piece, then waits for the next turn: the writer is always ahead of the reader.
    for await (const piece of child.stdout) {
      text += piece as string;
      await new Promise((resolve) => setImmediate(resolve));
    }
    const lines = text.trimEnd().split("\n");
    expect(lines).toHaveLength(LINES);
    const last: unknown = JSON.parse(lines.at(-1) ?? "");
    expect(last).toMatchObject({ line: LINES, order: expect.any(Number) });
  });

  test("ends in silence when its reader goes away", async () => {
    const words = ["version", "compare", "--scheme", "rpm", join(folder, "pairs.tsv")];
    const child = spawn(process.execPath, [cli, ...words], { env: environment() });
    let errors = "";
    child.stderr.on("data", (piece: Buffer) => {
      errors += piece.toString();
    });
    child.stdout.once("data", () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
  });

  test("tells a wrong flag and a missing file with 2, a bad line with 1", () => {
    const run = (words: readonly string[], input: string): number | null =>
      spawnSync(process.execPath, [cli, ...words], { env: environment(), input }).status;
    expect(run(["version", "compare", "--scheme", "nobody"], "")).toBe(2);
    expect(run(["version", "compare", "--scheme", "deb", "nofile"], "")).toBe(2);
    expect(run(["cvss", "score"], "nonsense\n")).toBe(1);
    expect(run(["cvss", "score"], "")).toBe(0);
  });
});
