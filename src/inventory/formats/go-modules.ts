import type { Package } from "../model.ts";
import { distinctPackages, type InventoryReading, packageOf } from "./inventory-format.ts";

/**
 * Go's module files (go.dev/ref/mod). `go.mod` names what is required and which toolchain builds it;
 * the standard library and the toolchain have advisories of their own under `stdlib` and `toolchain`.
 * `go.sum` names every module whose content was seen; lines for a `go.mod` alone are not built in.
 */
export function readGoMod(text: string): InventoryReading {
  const packages: Package[] = [];
  const replaced = new Map<string, string | null>();
  let block = "";
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.replace(/\/\/.*$/, "").trim();
    const opens = /^(\w+)\s*\($/.exec(line);
    if (opens !== null) block = opens[1] ?? "";
    else if (line === ")") block = "";
    else readLine(block === "" ? line : `${block} ${line}`, packages, replaced);
  }
  const built = packages.flatMap((p) => withReplacement(p, replaced));
  return { form: "go.mod", packages: distinctPackages(built), problems: [] };
}

function readLine(line: string, packages: Package[], replaced: Map<string, string | null>): void {
  const words = line.split(/\s+/);
  const [word, name = "", version = ""] = words;
  if (word === "go" && /^\d/.test(name)) packages.push(goPackage("stdlib", name));
  if (word === "toolchain") packages.push(goPackage("toolchain", name.replace(/^go/, "")));
  if (word === "require" && version !== "") packages.push(goPackage(name, version));
  if (word !== "replace") return;
  const arrow = words.indexOf("=>");
  const to = words.slice(arrow + 1);
  // A path on disk has no version: what is built is not what was published.
  const from = words.slice(1, arrow).join("@");
  replaced.set(from, to.length === 2 ? to.join("@") : null);
}

function withReplacement(
  p: Package,
  replaced: ReadonlyMap<string, string | null>,
): readonly Package[] {
  const key = [`${p.name}@v${p.version}`, `${p.name}@${p.version}`, p.name].find((k) =>
    replaced.has(k),
  );
  if (key === undefined) return [p];
  const [name = "", version = ""] = replaced.get(key)?.split("@") ?? [];
  return name === "" ? [] : [goPackage(name, version)];
}

const SUM_LINE = /^(\S+) (v\S+?)(\/go\.mod)? h1:[A-Za-z0-9+/=]+$/;

export function readGoSum(text: string): InventoryReading {
  const problems: { place: string; reason: string }[] = [];
  const packages: Package[] = [];
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const match = SUM_LINE.exec(line.trim());
    if (match === null) problems.push({ place: `line ${at + 1}`, reason: "is no line of go.sum" });
    else if (match[3] === undefined) packages.push(goPackage(match[1] ?? "", match[2] ?? ""));
  }
  return { form: "go.sum", packages: distinctPackages(packages), problems };
}

/** Advisories write versions without the leading `v`. */
function goPackage(name: string, version: string): Package {
  return packageOf({ ecosystem: "Go", name, version: version.replace(/^v(?=\d)/, "") });
}
