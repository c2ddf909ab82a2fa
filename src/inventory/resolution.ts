import { type Digest, isDigest, sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { type Around, isAroundLine, parseAround } from "./around.ts";
import type { Offer, Package } from "./model.ts";
import { withoutPasswords } from "./redact.ts";

/**
 * What a host's own package manager would do for exactly these versions. The same shape as the
 * planner's `Resolution`, without importing it: planning builds on the inventory, not the other way.
 */
export interface HostResolution {
  readonly packageSet: Digest;
  readonly offerSet: Digest;
  readonly moves: readonly ResolvedMove[];
  readonly affectedServices: readonly string[];
  /** Null where the host could not tell. */
  readonly around: Around | null;
}

export interface ResolvedMove {
  readonly verb: "upgrade" | "downgrade" | "install" | "remove";
  readonly name: string;
  readonly arch: string;
  /** `-` where there is none. */
  readonly from: string;
  readonly to: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly oldSha256: Digest | null;
}

/** One version that must be there afterwards. */
export interface Want {
  readonly name: string;
  readonly arch: string;
  readonly version: string;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9@:._+-]{0,127}$/;
const ARCH = /^[a-z0-9][a-z0-9-]{0,31}$/;
const VERSION = /^[A-Za-z0-9][A-Za-z0-9.+:~^_-]{0,127}$/;
const UNIT = /^[A-Za-z0-9][A-Za-z0-9@:._+\\-]{0,255}$/;
const WANTS_MAX = 1_000;
const PROBLEMS_SHOWN_MAX = 5;

/** The lines that the host program reads, in one order, so that equal wishes have equal texts. */
export function wantsText(wants: readonly Want[]): string {
  if (wants.length === 0 || wants.length > WANTS_MAX) {
    throw new Failure("invalid", `Between 1 and ${WANTS_MAX} packages can be asked for at once.`);
  }
  const lines = wants.map(({ name, arch, version }) => {
    if (!NAME.test(name) || !ARCH.test(arch) || !VERSION.test(version)) {
      const what = JSON.stringify(`${name}:${arch} ${version}`.slice(0, 120));
      throw new Failure("invalid", `${what} is not a package and version.`);
    }
    return `want ${name} ${arch} ${version}\n`;
  });
  return `${[...new Set(lines)].sort().join("")}@end\n`;
}

export function wantsDigest(wants: readonly Want[]): Digest {
  return sha256(wantsText(wants));
}

export type ParsedResolution =
  | {
      readonly kind: "resolved";
      readonly moves: readonly ResolvedMove[];
      readonly services: readonly string[];
      readonly around: Around | null;
    }
  | { readonly kind: "refused"; readonly problem: string };

/** Reads the host's answer; a transaction with one unreadable line is none at all. */
export function parseResolution(lines: readonly string[]): ParsedResolution {
  const problems = lines.filter((line) => line.startsWith("problem "));
  if (problems.length > 0) {
    // Passwords go before the text is cut, or a half of one could stay.
    const said = problems
      .slice(0, PROBLEMS_SHOWN_MAX)
      .map((line) => withoutPasswords(line.slice("problem ".length)).slice(0, 250));
    return { kind: "refused", problem: said.join("; ") };
  }
  const moves: ResolvedMove[] = [];
  const services = new Set<string>();
  const around = parseAround(lines.filter(isAroundLine));
  if (around.kind === "bad") {
    return { kind: "refused", problem: "what depends on the packages cannot be read" };
  }
  for (const line of lines) {
    if (isAroundLine(line)) continue;
    const move = moveFrom(line);
    const unit = /^service (\S+)$/.exec(line)?.[1];
    if (move !== null) moves.push(move);
    else if (unit !== undefined && UNIT.test(unit)) services.add(unit);
    else {
      const said = JSON.stringify(withoutPasswords(line).slice(0, 80));
      return { kind: "refused", problem: `the host answered ${said}` };
    }
  }
  moves.sort((a, b) => (`${a.name}:${a.arch}` < `${b.name}:${b.arch}` ? -1 : 1));
  return { kind: "resolved", moves, services: [...services].sort(), around: around.around };
}

function moveFrom(line: string): ResolvedMove | null {
  const [key, verb = "", name = "", arch = "", from = "", to = "", ...rest] = line.split(" ");
  const [digest = "", size = "", old = ""] = rest;
  const isRemoval = verb === "remove";
  const isGood =
    key === "move" &&
    rest.length === 3 &&
    NAME.test(name) &&
    ARCH.test(arch) &&
    (verb === "install" ? from === "-" : VERSION.test(from)) &&
    (isRemoval ? to === "-" && digest === "-" : VERSION.test(to) && isDigest(digest)) &&
    /^(0|[1-9][0-9]{0,14})$/.test(size) &&
    (old === "-" || isDigest(old));
  if (!isGood || !/^(upgrade|downgrade|install|remove)$/.test(verb)) return null;
  return {
    verb: verb as ResolvedMove["verb"],
    name,
    arch,
    from,
    to,
    sha256: digest,
    sizeBytes: Number(size),
    oldSha256: old === "-" ? null : old,
  };
}

/**
 * Whether an answer fits the sets it is meant for. A host that changed since its last inspection
 * answers for other sets, and must not speak for the hosts that have not changed.
 */
export function fitProblem(
  moves: readonly ResolvedMove[],
  sets: { readonly packages: readonly Package[]; readonly offers: readonly Offer[] },
): string | null {
  const installed = new Map(sets.packages.map((p) => [`${p.name} ${p.version}`, p]));
  const names = new Set(sets.packages.map((p) => `${p.name}:${p.arch}`));
  const offered = new Set(sets.offers.map((o) => `${o.name} ${o.version} ${o.sha256}`));
  for (const move of moves) {
    const isThere =
      move.verb === "install"
        ? !names.has(`${move.name}:${move.arch}`)
        : installed.has(`${move.name} ${move.from}`);
    if (!isThere) return `${move.name} ${move.from} is not what was installed at the last scan`;
    const isKnown = offered.has(`${move.name} ${move.to} ${move.sha256}`);
    if (move.verb === "upgrade" && !isKnown) {
      return `${move.name} ${move.to} was not offered at the last scan`;
    }
  }
  return null;
}
