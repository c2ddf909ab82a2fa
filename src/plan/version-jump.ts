/**
 * How far a version moves, as its upstream counts: an update within a release line is expected to fit
 * what depends on it, a new major version is not. Only numbers are read; what does not begin with one
 * is told as not comparable.
 */
export type Jump =
  | { readonly kind: "epoch"; readonly from: string; readonly to: string }
  | { readonly kind: "major"; readonly from: string; readonly to: string }
  | { readonly kind: "name"; readonly from: string; readonly to: string }
  | { readonly kind: "not-comparable" };

/** Null where nothing jumps: the same major version, or dates that take the place of one. */
export function versionJump(from: string, to: string): Jump | null {
  const [old, next] = [partsOf(from), partsOf(to)];
  if (old.epoch !== next.epoch) return { kind: "epoch", from: old.epoch, to: next.epoch };
  if (old.upstream === next.upstream) return null;
  const [before, after] = [lineOf(old.upstream), lineOf(next.upstream)];
  if (before === null || after === null) return { kind: "not-comparable" };
  if (before === after || (isDate(before) && isDate(after))) return null;
  return { kind: "major", from: before, to: after };
}

/** `[epoch:]upstream[-revision]`, as deb-version(7) and RPM's tags have it. */
function partsOf(version: string): { readonly epoch: string; readonly upstream: string } {
  const colon = version.indexOf(":");
  const epoch = colon < 0 ? "0" : version.slice(0, colon);
  const rest = version.slice(colon + 1);
  const dash = rest.lastIndexOf("-");
  return { epoch, upstream: dash < 0 ? rest : rest.slice(0, dash) };
}

/** The first number; below 1 the second one too, as such versions break what they like (semver §4). */
function lineOf(upstream: string): string | null {
  const match = /^[vr]?(\d+)(?:[._](\d+))?/.exec(upstream);
  const [, major, minor] = match ?? [];
  if (major === undefined) return null;
  return Number(major) === 0 && minor !== undefined ? `0.${Number(minor)}` : `${Number(major)}`;
}

/** `20230311`, `2024a`: a later year says nothing about what fits. */
function isDate(line: string): boolean {
  const number = Number(line);
  return (number >= 1990 && number < 2100) || /^(19|20)\d{6}$/.test(line);
}

/**
 * A library of another binary interface comes as another package: its name carries the soname (Debian
 * policy §8.1). Pairs of a removed and an installed package that differ in that number only.
 */
export function nameJumps(
  steps: readonly { readonly verb: string; readonly name: string }[],
): readonly Extract<Jump, { kind: "name" }>[] {
  const gone = steps.filter(({ verb }) => verb === "remove");
  return steps.flatMap(({ verb, name }) => {
    if (verb !== "install") return [];
    const stem = stemOf(name);
    const was = gone.find((one) => stemOf(one.name) === stem && one.name !== name);
    return was === undefined || stem === name ? [] : [{ kind: "name", from: was.name, to: name }];
  });
}

function stemOf(name: string): string {
  return name.replace(/[-.]?\d[\d.]{0,99}(t64)?$/, "");
}

export function jumpToText(jump: Jump): string {
  switch (jump.kind) {
    case "epoch":
      return `its epoch changes from ${jump.from} to ${jump.to}: its versions were counted anew`;
    case "major":
      return `a new major version: ${jump.from} to ${jump.to}`;
    case "name":
      return `another binary interface: ${jump.from} gives way to ${jump.to}`;
    case "not-comparable":
      return "whether it is a new major version is not known";
  }
}
