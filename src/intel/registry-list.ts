import { z } from "zod";
import { childOf, childrenOf, readXml, textOf } from "../base/xml-elements.ts";
import { normalName } from "../inventory/package-name.ts";
import { tryParse } from "./json-records.ts";
import type { LanguageFamily } from "./offer-family.ts";

/**
 * Lists of published versions as the registries of languages give them: npm's packument, PyPI's JSON
 * and simple APIs, `maven-metadata.xml`, Cargo's sparse index, Composer's `p2` files. Versions that
 * were taken back (yanked) are not installable.
 */
export interface RegistryList {
  readonly family: LanguageFamily;
  readonly packages: readonly { readonly name: string; readonly versions: readonly string[] }[];
}

interface Format {
  readonly family: LanguageFamily;
  readonly head: RegExp;
  readonly read: (text: string) => RegistryList["packages"];
}

const formats: readonly Format[] = [
  { family: "npm", head: /"dist-tags"\s*:\s*\{/, read: readPackument },
  { family: "PyPI", head: /^\s*\{\s*"info"\s*:\s*\{/, read: readPypiJson },
  {
    family: "PyPI",
    head: /^\s*\{\s*"(?:meta|files|alternate-locations|name)"\s*:/,
    read: readSimple,
  },
  {
    family: "Maven",
    head: /<metadata\b[^>]*>\s*<(?:groupId|artifactId)>/,
    read: readMavenMetadata,
  },
  { family: "crates.io", head: /^\s*\{"name":"[^"]+","vers":"/, read: readSparseIndex },
  { family: "Packagist", head: /"packages"\s*:\s*\{\s*"[^"/]+\/[^"/]+"\s*:\s*\[/, read: readP2 },
];

/** Null for every other file; a list without a version is none. */
export function readRegistryList(text: string, head: string): RegistryList | null {
  for (const { family, head: pattern, read } of formats) {
    if (!pattern.test(head)) continue;
    const packages = read(text).filter(({ versions }) => versions.length > 0);
    if (packages.length > 0) {
      const named = packages.map((p) => ({ ...p, name: normalName(family, p.name) }));
      return { family, packages: named };
    }
  }
  return null;
}

function parsed<T>(text: string, schema: z.ZodType<T>): T | null {
  const json = tryParse(text);
  const value = json.ok ? schema.safeParse(json.value) : null;
  return value?.success === true ? value.data : null;
}

const packumentSchema = z.object({ name: z.string(), versions: z.record(z.string(), z.unknown()) });

function readPackument(text: string): RegistryList["packages"] {
  const found = parsed(text, packumentSchema);
  return found === null ? [] : [{ name: found.name, versions: Object.keys(found.versions) }];
}

const pypiSchema = z.object({
  info: z.object({ name: z.string() }),
  releases: z.record(z.string(), z.array(z.object({ yanked: z.boolean().default(false) }))),
});

function readPypiJson(text: string): RegistryList["packages"] {
  const found = parsed(text, pypiSchema);
  if (found === null) return [];
  const whole = Object.entries(found.releases).filter(([, files]) => files.some((f) => !f.yanked));
  return [{ name: found.info.name, versions: whole.map(([version]) => version) }];
}

/** PEP 691 and PEP 700: the list of versions has the yanked ones too, the files tell which. */
const simpleSchema = z.object({
  name: z.string(),
  versions: z.array(z.string()),
  files: z.array(
    z.object({ filename: z.string(), yanked: z.union([z.boolean(), z.string()]).optional() }),
  ),
});

function readSimple(text: string): RegistryList["packages"] {
  const found = parsed(text, simpleSchema);
  if (found === null) return [];
  const kept = found.files.filter(({ yanked = false }) => yanked === false);
  const isKept = (version: string): boolean =>
    kept.some(
      ({ filename }) => filename.includes(`-${version}-`) || filename.includes(`-${version}.`),
    );
  return [{ name: found.name, versions: found.versions.filter(isKept) }];
}

function readMavenMetadata(text: string): RegistryList["packages"] {
  const packages: { name: string; versions: string[] }[] = [];
  readXml(text, new Set(["metadata"]), (metadata) => {
    const of = (name: string): string => textOf(childOf(metadata, name));
    const versioning = childOf(metadata, "versioning");
    const list = versioning === undefined ? undefined : childOf(versioning, "versions");
    const versions = list === undefined ? [] : childrenOf(list, "version").map(textOf);
    packages.push({ name: `${of("groupId")}:${of("artifactId")}`, versions });
  });
  return packages;
}

const crateSchema = z.object({
  name: z.string(),
  vers: z.string(),
  yanked: z.boolean().default(false),
});

function readSparseIndex(text: string): RegistryList["packages"] {
  const byName = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const crate = line.trim() === "" ? null : parsed(line, crateSchema);
    if (crate === null || crate.yanked) continue;
    byName.set(crate.name, [...(byName.get(crate.name) ?? []), crate.vers]);
  }
  return [...byName].map(([name, versions]) => ({ name, versions }));
}

const p2Schema = z.object({
  packages: z.record(z.string(), z.array(z.object({ version: z.string() }))),
});

function readP2(text: string): RegistryList["packages"] {
  const found = parsed(text, p2Schema)?.packages ?? {};
  return Object.entries(found).map(([name, releases]) => ({
    name,
    versions: releases.map(({ version }) => version),
  }));
}
