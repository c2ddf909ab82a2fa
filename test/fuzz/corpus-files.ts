import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { corpusName } from "./fuzzer.ts";
import type { FuzzTarget } from "./target.ts";

/** Inputs that earlier runs found worth keeping, one file each. */
const folder = join(import.meta.dirname, "corpus");

export function inputsOf(target: FuzzTarget): Buffer[] {
  const kept = join(folder, target.name);
  const files = existsSync(kept) ? readdirSync(kept).sort() : [];
  return [
    ...target.seeds.map((seed) => Buffer.from(seed)),
    ...files.map((file) => readFileSync(join(kept, file))),
  ];
}

export function keepInput(target: FuzzTarget, input: Buffer): string {
  const kept = join(folder, target.name);
  mkdirSync(kept, { recursive: true });
  const path = join(kept, corpusName(input));
  writeFileSync(path, input);
  return path;
}
