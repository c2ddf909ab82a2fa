/**
 * `npm run build`: makes in `dist/` the whole package that is published, and nothing else stands
 * there. `npm pack ./dist` turns it into a tarball that installs in an empty folder. The clone's own
 * package.json is never published: it is private, and packing it is refused.
 *
 * `--out FOLDER` makes it somewhere else, with the pages of `dist/web` as they are: for tests, beside
 * which a server may be serving them.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { hostProgram } from "../src/reach/host-program.ts";
import { billOfMaterials, componentOf, noticeText } from "./build-notice.ts";
import {
  buildProgram,
  buildVerifier,
  OUTSIDE,
  PROGRAM_FOLDER,
  withNeeded,
} from "./build-program.ts";

const root = resolve(import.meta.dirname, "..");
const usual = join(root, "dist");
const { out } = parseArgs({ options: { out: { type: "string" } } }).values;
const target = out === undefined ? usual : resolve(out);
const PAGES = "web";
/** The approval desk, which the pages' build makes too. */
const DESK = "desk";

/** What is published as it lies in the clone: from, to. */
const COPIED: readonly (readonly [from: string, to: string])[] = [
  ["src/db/migrations", join(PROGRAM_FOLDER, "migrations")],
  ["policies", "policies"],
  ["starter", "starter"],
  ["openapi.json", "openapi.json"],
  ["LICENSE", "LICENSE"],
  ["README.md", "README.md"],
  ["CHANGELOG.md", "CHANGELOG.md"],
  ["SECURITY.md", "SECURITY.md"],
  ["docs", "docs"],
  ["packaging", "packaging"],
  ["packaging/fettle.sh", "fettle"],
];

const aboutSchema = z.object({
  name: z.string(),
  version: z.string(),
  description: z.string(),
  license: z.string(),
  engines: z.object({ node: z.string() }),
  dependencies: z.record(z.string(), z.string()),
  optionalDependencies: z.record(z.string(), z.string()),
});

const startedMs = performance.now();
const about = aboutSchema.parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));
empty();
buildPages();
const bundled = await buildProgram(root, target);
await buildVerifier(root, target);
for (const [from, to] of COPIED) cpSync(join(root, from), join(target, to), { recursive: true });
chmodSync(join(target, "fettle"), 0o755);
writeFileSync(join(target, "package.json"), `${JSON.stringify(packageFile(), null, 2)}\n`);
writeHostProgram();
writeCompletions();
writeNotice([...bundled, ...withNeeded(importedByPages(), root)]);
const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
say(
  `Built fettle ${about.version} in ${target}, ${seconds} s. Pack it: npm pack ${out ?? "./dist"}`,
);

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** The pages stay: their own build replaces them, and a server may be starting from them. */
function empty(): void {
  mkdirSync(target, { recursive: true });
  if (target !== usual && readdirSync(target).length > 0) {
    process.stderr.write(`${target} is not empty, and what is in it may be dear to somebody.\n`);
    process.exit(1);
  }
  for (const name of readdirSync(target)) {
    if (name !== PAGES && name !== DESK)
      rmSync(join(target, name), { recursive: true, force: true });
  }
}

function buildPages(): void {
  const isHere = target === usual;
  if (isHere || !existsSync(join(usual, PAGES, ".built"))) {
    run("The pages could not be built", [join(root, "scripts/build-pages.ts")]);
  }
  if (isHere) return;
  for (const part of [PAGES, DESK]) {
    cpSync(join(usual, part), join(target, part), { recursive: true });
  }
}

/** Runs Node on something, or ends the build with what it said. */
function run(failure: string, args: readonly string[]): string {
  const done = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: "utf8",
    timeout: 300_000,
  });
  if (done.status === 0) return done.stdout;
  process.stderr.write(`${done.stdout}${done.stderr}\n${failure}; ${target} is not complete.\n`);
  process.exit(1);
}

function writeHostProgram(): void {
  mkdirSync(join(target, "host"));
  writeFileSync(join(target, "host/fettle-host"), hostProgram(), { mode: 0o755 });
}

/** Asked of the built program itself, so that they fit it, and it is seen to run. */
function writeCompletions(): void {
  const cli = join(target, PROGRAM_FOLDER, "cli.js");
  const version = run("The built program does not run", [cli, "--version"]).trim();
  if (version !== about.version) {
    process.stderr.write(`The built program says ${version}, package.json ${about.version}.\n`);
    process.exit(1);
  }
  mkdirSync(join(target, "completions"));
  for (const shell of ["bash", "zsh", "fish"]) {
    const text = run(`The completions for ${shell} could not be made`, [cli, "completion", shell]);
    writeFileSync(join(target, "completions", `fettle.${shell}`), text);
  }
}

/** The npm packages that the pages' sources name. */
function importedByPages(): readonly string[] {
  const names = new Set<string>();
  for (const file of readdirSync(join(root, "web"), { recursive: true, encoding: "utf8" })) {
    if (!/\.tsx?$/.test(file) || /\.test\.tsx?$|vite\.config\.ts$/.test(file)) continue;
    const text = readFileSync(join(root, "web", file), "utf8");
    for (const [, name] of text.matchAll(
      /\b(?:from|import)\s*\(?\s*"((?:@[^/"]+\/)?[^./"][^/"]*)/g,
    )) {
      if (name !== undefined && !name.startsWith("node:")) names.add(name);
    }
  }
  return [...names];
}

function writeNotice(folders: readonly string[]): void {
  // One version may lie in two folders.
  const byName = new Map(
    folders.map(componentOf).map((one) => [`${one.name}@${one.version}`, one]),
  );
  const components = [...byName.values()].sort((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : 0,
  );
  writeFileSync(join(target, "NOTICE"), noticeText(components));
  const bill = billOfMaterials({ name: about.name, version: about.version, components });
  writeFileSync(join(target, "bom.cdx.json"), bill);
}

/** The published package: no scripts, nothing to develop with, and only what is not in the bundles. */
function packageFile(): Record<string, unknown> {
  const { name, version, description, license, engines } = about;
  return {
    name,
    version,
    description,
    license,
    // The tarball is what is handed on. Whoever wants it in a registry takes this line out first.
    private: true,
    type: "module",
    engines,
    os: ["linux"],
    bin: { fettle: "fettle" },
    dependencies: Object.fromEntries(OUTSIDE.map((one) => [one, about.dependencies[one]])),
    optionalDependencies: about.optionalDependencies,
  };
}
