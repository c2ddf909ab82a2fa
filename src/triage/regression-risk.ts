/**
 * How likely an update is to change behaviour, from the two versions alone. A Debian stable update
 * keeps the upstream version and changes the revision; a new upstream version may change anything.
 */
export interface RegressionRisk {
  readonly level: "low" | "medium" | "high";
  readonly because: string;
}

export function regressionRisk(from: readonly string[], to: string): RegressionRisk {
  const target = upstreamOf(to);
  const changed = from.map(upstreamOf).filter((version) => version !== target);
  if (changed.length === 0) {
    return { level: "low", because: `same upstream version ${target}, only the packaging changed` };
  }
  const major = changed.find((version) => firstPart(version) !== firstPart(target));
  if (major === undefined) {
    return { level: "medium", because: `new upstream version ${changed[0]} → ${target}` };
  }
  return { level: "high", because: `new major upstream version ${major} → ${target}` };
}

/** `1:3.0.17-1~deb12u2` → `3.0.17` (Debian Policy §5.6.12: epoch, upstream, revision). */
function upstreamOf(version: string): string {
  const withoutEpoch = version.replace(/^\d+:/, "");
  const at = withoutEpoch.lastIndexOf("-");
  return at < 0 ? withoutEpoch : withoutEpoch.slice(0, at);
}

function firstPart(version: string): string {
  return version.split(/[.+~-]/)[0] ?? version;
}
