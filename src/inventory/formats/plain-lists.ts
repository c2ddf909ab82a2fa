import { packageOfGeneric } from "../cpe-package.ts";
import type { Package } from "../model.ts";
import { packageOfPurl } from "../purl-package.ts";
import {
  distinctPackages,
  type InventoryProblem,
  type InventoryReading,
  type NamedProduct,
  packageOf,
} from "./inventory-format.ts";

/** Lists of one package a line: package URLs, Maven coordinates, pacman's own. */
export function readPurlList(text: string, release: string | null): InventoryReading {
  const products: NamedProduct[] = [];
  const reading = readLines("list of package URLs", text, (line) => {
    const of = packageOfPurl(line, release);
    const product = packageOfGeneric(line);
    if (typeof of !== "string" && product !== null) products.push({ of, product });
    return of;
  });
  return { ...reading, products };
}

/**
 * Maven coordinates as `mvn dependency:list` prints them (`group:artifact:type[:classifier]:version
 * [:scope]`), as Gradle locks them (`group:artifact:version=configurations`), or the bare three.
 */
export function readMavenList(text: string): InventoryReading {
  return readLines("list of Maven coordinates", text, (raw) => {
    const line = raw.replace(/^\[INFO\]\s*/, "").replace(/\s{1,9}--\s{1,9}module .*$/, "");
    if (isTalk(line)) return null;
    const parts = (line.split("=")[0] ?? "").trim().split(":");
    const [group = "", artifact = ""] = parts;
    const known = scopes.has(parts.at(-1) ?? "") ? parts.slice(0, -1) : parts;
    const version = known.length >= 3 ? (known.at(-1) ?? "") : "";
    if (!/^[\w.-]+$/.test(group) || !/^[\w.-]+$/.test(artifact) || !/^[\w.+~-]+$/.test(version)) {
      return "is no Maven coordinate with a version";
    }
    return packageOf({ ecosystem: "Maven", name: `${group}:${artifact}`, version });
  });
}

const scopes: ReadonlySet<string> = new Set([
  "compile",
  "provided",
  "runtime",
  "test",
  "system",
  "import",
]);

/** What Maven and Gradle print around the list itself. */
function isTalk(line: string): boolean {
  return !line.includes(":") || /^(The following|Finished at|Total time|empty=|-{3})/.test(line);
}

/** `pacman -Q`: name and version. */
export function readPacmanList(text: string): InventoryReading {
  return readLines("pacman list", text, (line) => {
    const match = /^([a-z0-9@._+][a-z0-9@._+-]*) ([A-Za-z0-9:._+~-]+-[0-9.]+)$/.exec(line);
    if (match === null) return "is no line of pacman -Q";
    return packageOf({ ecosystem: "Arch Linux", name: match[1] ?? "", version: match[2] ?? "" });
  });
}

function readLines(
  form: string,
  text: string,
  read: (line: string) => Package | string | null,
): InventoryReading {
  const packages: Package[] = [];
  const problems: InventoryProblem[] = [];
  for (const [at, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const p = read(line);
    if (typeof p === "string") problems.push({ place: `line ${at + 1}`, reason: p });
    else if (p !== null) packages.push(p);
  }
  return { form, packages: distinctPackages(packages), problems };
}
