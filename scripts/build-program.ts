import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { rolldown } from "rolldown";

/**
 * Bundles the server and the command line, their npm packages included: the command line starts in
 * half the time it needs with packages apart, and what was tested is to the byte what runs, whatever
 * the registry gives on the day of an installation. Only what holds machine code stays outside.
 */
export const OUTSIDE = ["@node-rs/argon2"] as const;

/** Bundles stand as deep below the package as sources below a clone, so paths to files hold. */
export const PROGRAM_FOLDER = "program/node";

/** Returns the folders of the npm packages that are in the bundles. */
export async function buildProgram(root: string, target: string): Promise<readonly string[]> {
  const bundle = await rolldown({
    cwd: root,
    input: {
      cli: join(root, "src/main/cli.ts"),
      // Started by name from src/rollout/actions-simulate.ts and src/inventory/actions-read-bill.ts,
      // each as a thread of its own.
      "simulation-thread": join(root, "src/rollout/actions-simulate-thread.ts"),
      "read-bill-thread": join(root, "src/inventory/actions-read-bill-thread.ts"),
    },
    platform: "node",
    external: [...OUTSIDE],
    transform: { target: "node22.18" },
    onLog(level, log) {
      // A warning of the bundler is a program that may not run: nothing is published with one.
      if (level === "warn") throw new Error(`The bundler warns: ${log.message}`);
    },
  });
  const { output } = await bundle.write({
    dir: join(target, PROGRAM_FOLDER),
    format: "esm",
    sourcemap: true,
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
  });
  await bundle.close();
  const modules = output.flatMap((part) => (part.type === "chunk" ? part.moduleIds : []));
  return [...new Set(modules.flatMap(packageFolder))].sort();
}

/** The offline verifier, in one file that an auditor can read and take along. */
export async function buildVerifier(root: string, target: string): Promise<void> {
  const bundle = await rolldown({
    cwd: root,
    input: join(root, "src/main/fettle-verify.ts"),
    platform: "node",
    transform: { target: "node22.18" },
  });
  await bundle.write({ file: join(target, VERIFIER), format: "esm", codeSplitting: false });
  await bundle.close();
}

export const VERIFIER = "fettle-verify.mjs";

/** `…/node_modules/@scope/name/lib/x.js` → `…/node_modules/@scope/name`. */
function packageFolder(module: string): readonly string[] {
  const found = /^(?:\0)?(\/.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(module);
  return found?.[1] === undefined ? [] : [found[1]];
}

/** Every package that a package needs at run time, found the way Node finds them. */
export function withNeeded(names: readonly string[], root: string): readonly string[] {
  const found = new Map<string, string>();
  const visit = (name: string, from: string): void => {
    const folder = folderOf(name, from);
    if (folder === null || found.has(folder)) return;
    found.set(folder, name);
    const text = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
      dependencies?: Record<string, string>;
    };
    for (const needed of Object.keys(text.dependencies ?? {})) visit(needed, folder);
  };
  for (const name of names) visit(name, root);
  return [...found.keys()].sort();
}

function folderOf(name: string, from: string): string | null {
  for (let at = from; ; at = dirname(at)) {
    const folder = join(at, "node_modules", name);
    try {
      readFileSync(join(folder, "package.json"));
      return folder;
    } catch {
      if (at === "/") return null;
    }
  }
}
