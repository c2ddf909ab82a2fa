import { createHash } from "node:crypto";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { z } from "zod";
import { canonicalJson, type Json } from "../base/json.ts";
import { CPE_ECOSYSTEM } from "../inventory/cpe-package.ts";
import type { Statement } from "./model.ts";
import type { StatementGroup } from "./statement-groups.ts";

/**
 * Statements about products that only a CPE name tells of, packed by neighbouring vulnerabilities: all
 * records name hundreds of thousands, and few fleets have one of them. A block holds what is said and
 * what was said, each with its half-open range, so that a past day is told from the same block. Equal
 * statements stay the same entry, under the same id, through every load that says them again.
 */
export interface PackedStatement {
  readonly id: number;
  readonly vulnerability: string;
  readonly packageNames: readonly string[];
  readonly matches: Statement["matches"];
  readonly urgency: string;
  readonly state: unknown;
  /** The input that said it first. */
  readonly generation: string;
  readonly validFrom: number;
  readonly validTo: number | null;
}

/** What a load says, before it is known whether it is new. */
export type SaidStatement = Omit<PackedStatement, "id" | "generation" | "validFrom" | "validTo">;

/** Advisories are ended as a whole and stay rows; records of CVEs stand under their own id. */
export function isPacked(of: Pick<Statement, "ecosystem" | "advisory">): boolean {
  return of.ecosystem === CPE_ECOSYSTEM && of.advisory === "";
}

/** A hundred neighbours together: small enough to be rewritten when one of them changes. */
export function blockOf(vulnerability: string): string {
  if (/^CVE-\d{4}-\d{4,}$/.test(vulnerability)) return vulnerability.slice(0, -2);
  return createHash("sha256").update(vulnerability).digest("hex").slice(0, 2);
}

/** A product's name as a number, by which blocks are found: a quarter of the names' own size. */
export function productMark(name: string): number {
  return createHash("md5").update(name).digest().readInt32BE();
}

export function saidIn(group: StatementGroup): readonly SaidStatement[] {
  const { packageNames, matches, urgency } = group;
  const state: unknown = JSON.parse(group.stateText);
  return group.vulnerabilities.map((vulnerability) => ({
    ...{ vulnerability, packageNames, matches, urgency, state },
  }));
}

export interface BlockChange {
  /** All that hold now, with the new ones, and all that ended. */
  readonly entries: readonly PackedStatement[];
  readonly added: readonly PackedStatement[];
  readonly ended: readonly PackedStatement[];
}

/**
 * A block after a load: what is said again stays as it is; of what the load speaks of, all else ends.
 * Ids come from `nextIds`, one for each that is new.
 */
export function changedBlock(
  before: readonly PackedStatement[],
  load: {
    readonly said: readonly SaidStatement[];
    readonly speaksOf: (vulnerability: string) => boolean;
    readonly generation: string;
    readonly at: number;
    readonly nextId: () => number;
  },
): BlockChange {
  const said = new Map(load.said.map((one) => [keyOf(one), one]));
  const ended: PackedStatement[] = [];
  const entries = before.map((entry): PackedStatement => {
    if (entry.validTo !== null || said.delete(keyOf(entry))) return entry;
    if (!load.speaksOf(entry.vulnerability)) return entry;
    const last = { ...entry, validTo: Math.max(load.at, entry.validFrom) };
    ended.push(last);
    return last;
  });
  const { generation, at, nextId } = load;
  const added = [...said.values()].map((one) => ({
    ...{ id: nextId(), ...one, generation, validFrom: at, validTo: null },
  }));
  return { entries: [...entries, ...added], added, ended };
}

/** Statements of some entries that no other entry makes: one that only lost a product is no news. */
export function countOnlyIn(
  entries: readonly PackedStatement[],
  others: readonly PackedStatement[],
): number {
  const known = new Set(others.flatMap(statementKeys));
  const own = new Set(entries.flatMap(statementKeys));
  return [...own].filter((key) => !known.has(key)).length;
}

function statementKeys(entry: PackedStatement): readonly string[] {
  const common = keyOf({ ...entry, packageNames: [] });
  return entry.packageNames.map((name) => `${common}${name}`);
}

function keyOf(of: SaidStatement): string {
  const { vulnerability, packageNames, matches, urgency, state } = of;
  return `${canonicalJson([vulnerability, packageNames, matches, urgency])}${stateTextOf(state)}`;
}

/** A state names up to thousands of versions, many statements share it, and each is asked some times. */
const stateTexts = new WeakMap<object, string>();

function stateTextOf(state: unknown): string {
  if (typeof state !== "object" || state === null) return canonicalJson(state as Json);
  const known = stateTexts.get(state) ?? canonicalJson(state as Json);
  stateTexts.set(state, known);
  return known;
}

const storedSchema = z.array(
  z.object({
    i: z.number(),
    v: z.string(),
    p: z.array(z.string()),
    m: z.enum(["source", "binary"]),
    u: z.string(),
    s: z.unknown(),
    g: z.string(),
    f: z.number(),
    t: z.number().nullable(),
  }),
);

/** Unpacked, a hundred records that each name thousands of versions are some megabytes. */
const BLOCK_BYTES_MAX = 256 * 1024 * 1024;
/** RFC 8878 §3.1.1: the first byte of a frame; JSON begins with a bracket. */
const ZSTD_FIRST_BYTE = 0x28;

export function packStatements(entries: readonly PackedStatement[]): Buffer {
  const stored = entries.map((entry) => ({
    ...{ i: entry.id, v: entry.vulnerability, p: entry.packageNames, m: entry.matches },
    ...{ u: entry.urgency, s: entry.state, g: entry.generation },
    ...{ f: entry.validFrom, t: entry.validTo },
  }));
  return zstdCompressSync(JSON.stringify(stored));
}

/** Blocks that an older version's rows were made into are not compressed. */
export function unpackStatements(body: Buffer): readonly PackedStatement[] {
  const isPlain = body[0] !== ZSTD_FIRST_BYTE;
  const bytes = isPlain ? body : zstdDecompressSync(body, { maxOutputLength: BLOCK_BYTES_MAX });
  return storedSchema.parse(JSON.parse(bytes.toString())).map(({ i, v, p, m, u, s, g, f, t }) => ({
    ...{ id: i, vulnerability: v, packageNames: p, matches: m, urgency: u, state: s },
    ...{ generation: g, validFrom: f, validTo: t },
  }));
}
