import type { Bill } from "./formats/inventory-format.ts";

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

export function componentPlaces(given: Bill): readonly ComponentPlace[] {
  const numbers = numbersByRef(given);
  const hasStart = given.edges.length === 0 || startRefs(given, numbers).length > 0;
  const bill = hasStart ? given : withProject(given);
  const next = Map.groupBy(bill.edges, ([from]) => from);
  const places: ComponentPlace[] = bill.components.map(() => ({ parent: null, depth: null }));
  let turn = startRefs(bill, numbers);
  for (const ref of turn) {
    for (const at of numbers.get(ref) ?? []) places[at] = { parent: null, depth: 0 };
  }
  const seen = new Set(turn);
  for (let depth = 1; turn.length > 0; depth++) {
    const later: string[] = [];
    for (const from of turn) {
      const fresh = (next.get(from) ?? []).map(([, to]) => to).filter((to) => !seen.has(to));
      const [parent = null] = numbers.get(from) ?? [];
      for (const at of fresh.flatMap((to) => numbers.get(to) ?? [])) places[at] = { parent, depth };
      for (const to of fresh) seen.add(to);
      later.push(...new Set(fresh));
    }
    turn = later;
  }
  return places;
}

/** Where walking begins: the subject, and whatever needs something without being listed itself. */
function startRefs(bill: Bill, numbers: ReadonlyMap<string, readonly number[]>): readonly string[] {
  const unlisted = new Set(bill.edges.map(([from]) => from).filter((ref) => !numbers.has(ref)));
  if (bill.subject !== null) unlisted.add(bill.subject.ref);
  const leadsOn = bill.edges.some(([from, to]) => unlisted.has(from) && numbers.has(to));
  return leadsOn ? [...unlisted] : [];
}

/**
 * Forms that name no project (yarn.lock, npm's first lock file): whatever nothing else needs is taken
 * for what the project itself needs.
 */
function withProject(bill: Bill): Bill {
  const needed = new Set(bill.edges.map(([, to]) => to));
  const direct = bill.components.filter(({ ref }) => ref !== "" && !needed.has(ref));
  const edges = direct.map(({ ref }) => ["", ref] as const);
  return { ...bill, edges: [...bill.edges, ...edges] };
}

function numbersByRef(bill: Bill): ReadonlyMap<string, readonly number[]> {
  const numbers = new Map<string, number[]>();
  for (const [at, { ref }] of bill.components.entries()) {
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
