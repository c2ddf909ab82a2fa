import type { Selector } from "../base/labels.ts";

/** What the scopes leave of the hosts of a team: their label `team`, or `owner` where they have none. */
export function teamScopes(scopes: readonly Selector[], team: string): readonly Selector[] {
  const is = (key: string) => ({ op: "in", key, values: [team] }) as const;
  return scopes.flatMap((scope) => [
    [...scope, is("team")],
    [...scope, { op: "absent", key: "team" } as const, is("owner")],
  ]);
}
