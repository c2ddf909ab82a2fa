import type { Digest } from "../base/digest.ts";
import { parseBody } from "./body.ts";
import type { PackageStep } from "./model.ts";
import { type Jump, nameJumps, versionJump } from "./version-jump.ts";

/** What a plan's hosts do to packages, each move once with on how many hosts, and how far it goes. */
export interface ChangedPackage extends Pick<PackageStep, "verb" | "name" | "from" | "to"> {
  readonly hosts: number;
  readonly jump: Jump | null;
}

export function changedPackages(
  bodies: readonly { readonly digest: Digest; readonly text: string }[],
  hosts: ReadonlyMap<Digest, number>,
): readonly ChangedPackage[] {
  const found = new Map<string, ChangedPackage>();
  for (const { digest, text } of bodies) {
    const parsed = parseBody(text);
    const count = hosts.get(digest) ?? 0;
    if (!parsed.ok || count === 0) continue;
    const moves = parsed.value.steps.filter((step): step is PackageStep => "sha256" in step);
    const renamed = new Map(nameJumps(moves).map((jump) => [jump.to, jump]));
    for (const { verb, name, from, to } of moves) {
      const key = `${verb} ${name} ${from} ${to}`;
      const jump = renamed.get(name) ?? (verb === "upgrade" ? versionJump(from, to) : null);
      const known = found.get(key)?.hosts ?? 0;
      found.set(key, { verb, name, from, to, hosts: known + count, jump });
    }
  }
  return [...found.values()].sort(
    (a, b) => Number(b.jump !== null) - Number(a.jump !== null) || (a.name < b.name ? -1 : 1),
  );
}
