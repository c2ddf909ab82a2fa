import type { Sbom } from "./formats/inventory-format.ts";

/**
 * How each component got in: the shortest chain of dependencies from the project itself, kept as one
 * step back per component. Documents of strangers name what is not there, name things twice and turn
 * in circles; each component is visited once, so none of that matters.
 */
export interface ComponentPlace {
  /** The component that brought it in, by number; null where the project needs it itself. */
  readonly parent: number | null;
  /** Steps from the project: 0 is what the document is about, 1 a direct dependency; null unknown. */
  readonly depth: number | null;
}

export function componentPlaces(given: Sbom): readonly ComponentPlace[] {
  const numbers = numbersByRef(given);
  const hasStart = given.edges.length === 0 || startRefs(given, numbers).length > 0;
  const sbom = hasStart ? given : withProject(given);
  const next = Map.groupBy(sbom.edges, ([from]) => from);
  const places: ComponentPlace[] = sbom.components.map(() => ({ parent: null, depth: null }));
  let turn = startRefs(sbom, numbers);
  for (const ref of turn) {
    for (const at of numbers.get(ref) ?? []) places[at] = { parent: null, depth: 0 };
  }
  const seen = new Set(turn);
  for (let depth = 1; turn.length > 0; depth++) {
    const later: string[] = [];
    for (const from of turn) {
      const [parent = null] = numbers.get(from) ?? [];
      for (const [, to] of (next.get(from) ?? []).filter(([, one]) => !seen.has(one))) {
        seen.add(to);
        later.push(to);
        placeAll(places, numbers.get(to) ?? [], { parent, depth });
      }
    }
    turn = later;
  }
  return places;
}

function placeAll(places: ComponentPlace[], at: readonly number[], place: ComponentPlace): void {
  for (const number of at) places[number] = place;
}

/** Where walking begins: the subject, and whatever needs something without being listed itself. */
function startRefs(sbom: Sbom, numbers: ReadonlyMap<string, readonly number[]>): readonly string[] {
  const unlisted = new Set(sbom.edges.map(([from]) => from).filter((ref) => !numbers.has(ref)));
  if (sbom.subject !== null) unlisted.add(sbom.subject.ref);
  const leadsOn = sbom.edges.some(([from, to]) => unlisted.has(from) && numbers.has(to));
  return leadsOn ? [...unlisted] : [];
}

/**
 * Forms that name no project (yarn.lock, npm's first lock file): whatever nothing else needs is taken
 * for what the project itself needs.
 */
function withProject(sbom: Sbom): Sbom {
  const needed = new Set(sbom.edges.map(([, to]) => to));
  const direct = sbom.components.filter(({ ref }) => ref !== "" && !needed.has(ref));
  const edges = direct.map(({ ref }) => ["", ref] as const);
  return { ...sbom, edges: [...sbom.edges, ...edges] };
}

function numbersByRef(sbom: Sbom): ReadonlyMap<string, readonly number[]> {
  const numbers = new Map<string, number[]>();
  for (const [at, { ref }] of sbom.components.entries()) {
    if (ref === "") continue;
    const own = numbers.get(ref);
    if (own === undefined) numbers.set(ref, [at]);
    else own.push(at);
  }
  return numbers;
}

/** The chain that brought a component in, from the project's side, itself last. */
export function chainTo<Row extends { readonly parent: number | null }>(
  rows: ReadonlyMap<number, Row>,
  at: number,
): readonly Row[] {
  const chain: Row[] = [];
  const seen = new Set<number>();
  for (let place: number | null = at; place !== null && !seen.has(place); ) {
    seen.add(place);
    const row = rows.get(place);
    if (row === undefined) break;
    chain.unshift(row);
    place = row.parent;
  }
  return chain;
}
