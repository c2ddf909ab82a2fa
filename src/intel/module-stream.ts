import type { Package } from "../inventory/model.ts";
import type { Statement } from "./model.ts";

/**
 * Which stream of an rpm module a build belongs to. Several streams of one module live side by side,
 * so only statements about the same `name:stream` may judge a build; the highest fix of all streams
 * would call every older stream vulnerable for ever.
 *
 * The rpm header names the stream. Builds without that label still show in their release that they
 * come from a module (`.module_el8.8.0+3614+204d6f43`); their stream is then read off what the feed
 * says about the same build, else about the only stream it knows, else about the one whose name
 * begins the version. What stays unknown is told as unknown.
 */
export function isModuleBuild(version: string): boolean {
  return MODULE_TAG.test(version) || KSPLICE_TAG.test(version);
}

/**
 * Oracle's builds that are patched while they run stand beside the ordinary ones like a stream: they
 * have an epoch of their own, by which every ordinary build would look vulnerable for ever.
 */
export const KSPLICE_STREAM = "ksplice:userspace";
const KSPLICE_TAG = /\.ksplice\d+\./;

const MODULE_TAG = /\.module(?:_|\+)?(?:el|f|ol)\d[\w.]*(?:\+\d+)?(?:\+[0-9a-f]+)?/;

/** The statements about this build: those of its stream, and those whose stream is not known. */
export function statementsOfStream<S extends Statement>(
  p: Pick<Package, "version" | "module">,
  statements: readonly S[],
): { readonly sure: readonly S[]; readonly unsure: readonly S[] } {
  const ordinary = statements.filter((s) => s.streams === undefined);
  const modular = statements.filter((s) => s.streams !== undefined);
  const isModular = p.module !== "" || isModuleBuild(p.version);
  if (modular.length === 0) return { sure: isModular ? [] : ordinary, unsure: [] };
  if (!isModular) return { sure: ordinary, unsure: [] };
  const own = p.module === "" ? streamOf(p.version, modular) : p.module;
  if (own === null) return { sure: [], unsure: modular };
  const named = modular.map((s) => ({ s, streams: streamsOf(s, modular) }));
  return {
    sure: named.filter(({ streams }) => streams?.includes(own) === true).map(({ s }) => s),
    unsure: named.filter(({ streams }) => streams === null).map(({ s }) => s),
  };
}

function streamsOf(s: Statement, siblings: readonly Statement[]): readonly string[] | null {
  if (s.streams === undefined || s.streams.length > 0) return s.streams ?? null;
  const version = versionsOf(s)[0];
  const found = version === undefined ? null : streamOf(version, siblings);
  return found === null ? null : [found];
}

function streamOf(version: string, siblings: readonly Statement[]): string | null {
  const tag = MODULE_TAG.exec(version)?.[0];
  const same = siblings.filter(
    (s) => tag !== undefined && versionsOf(s).some((other) => other.includes(tag)),
  );
  const ofBuild = distinctStreams(same);
  if (ofBuild.length === 1) return ofBuild[0] ?? null;
  const all = distinctStreams(siblings);
  if (all.length === 1) return all[0] ?? null;
  const upstream = version.replace(/^\d+:/, "");
  const fitting = all.filter((stream) => beginsVersion(stream.split(":")[1] ?? "", upstream));
  return fitting.length === 1 ? (fitting[0] ?? null) : null;
}

/** `3.1` begins `3.1.5-143`, not `3.10.1`. */
function beginsVersion(stream: string, version: string): boolean {
  return (
    /^\d/.test(stream) && version.startsWith(stream) && !/^\d/.test(version.slice(stream.length))
  );
}

function distinctStreams(statements: readonly Statement[]): readonly string[] {
  return [...new Set(statements.flatMap((s) => s.streams ?? []))];
}

function versionsOf({ state }: Statement): readonly string[] {
  if (state.kind === "fixed") return [state.version];
  return state.kind === "ranges"
    ? state.ranges.flatMap((r) => r.fixed ?? r.lastAffected ?? [])
    : [];
}

const STREAM = /(?<![\w:./-])([A-Za-z][\w.+-]*:[A-Za-z0-9][\w.+-]*)(?![\w:/])/g;

/** Streams that a title names: `Important: nodejs:16 security update`. */
export function streamsInTitle(title: string): readonly string[] {
  return [...new Set([...title.matchAll(STREAM)].map((match) => match[1] ?? ""))];
}
