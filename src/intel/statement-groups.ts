import type { Statement } from "./model.ts";

/**
 * Puts statements together that say the same of several packages and several vulnerabilities, and
 * takes them apart again. An advisory of twelve packages and five CVEs is one group, not sixty rows.
 *
 * Grouping is canonical: equal statements make equal groups, in whatever order they came. CVEs are kept
 * together by year and thousand only, so that a new one does not rewrite the groups of old ones.
 */
export interface StatementGroup {
  readonly ecosystem: string;
  readonly matches: Statement["matches"];
  readonly advisory: string;
  /** The state with the streams and architectures it is about, as JSON. */
  readonly stateText: string;
  readonly urgency: string;
  /** Both sorted, each name once. */
  readonly packageNames: readonly string[];
  readonly vulnerabilities: readonly string[];
}

/** Kept small enough that a change of one of them does not rewrite much. */
const NAMES_MAX = 200;

interface Draft extends Omit<StatementGroup, "packageNames" | "vulnerabilities"> {
  readonly packageName: string;
  readonly vulnerabilities: Set<string>;
}

export function groupStatements(statements: readonly Statement[]): readonly StatementGroup[] {
  const groups = new Map<string, { readonly of: Draft; readonly ids: string[]; names: string[] }>();
  for (const draft of byVulnerability(statements)) {
    const ids = [...draft.vulnerabilities].sort();
    const key = `${headOf(draft)}\n${ids.join(" ")}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { of: draft, ids, names: [draft.packageName] });
    else group.names.push(draft.packageName);
  }
  return [...groups.values()].flatMap(({ of, ids, names }) => {
    const { packageName: _, vulnerabilities: __, ...common } = of;
    return piecesOf(names.sort()).map((packageNames) => ({
      ...common,
      packageNames,
      vulnerabilities: ids,
    }));
  });
}

/** So many are put together in one go, some ten milliseconds; then others have their turn. */
const TURN_STATEMENTS = 10_000;

/**
 * The same groups, some at a time. What different advisories say, or without one of different
 * neighbourhoods, never stands in one group.
 */
export function* groupsInTurns(
  statements: readonly Statement[],
  turnStatements = TURN_STATEMENTS,
): Generator<readonly StatementGroup[]> {
  let turn: Statement[] = [];
  for (const apart of Map.groupBy(statements, aloneBy).values()) {
    for (const statement of apart) turn.push(statement);
    if (turn.length < turnStatements) continue;
    yield groupStatements(turn);
    turn = [];
  }
  if (turn.length > 0) yield groupStatements(turn);
}

function aloneBy({ advisory, vulnerability }: Statement): string {
  return advisory === "" ? neighbourhoodOf(vulnerability) : advisory;
}

/** What is said of one package in one state, by neighbouring vulnerabilities. */
function byVulnerability(statements: readonly Statement[]): Iterable<Draft> {
  const drafts = new Map<string, Draft>();
  const textOf = stateTexts();
  let last: { readonly of: Statement; readonly draft: Draft } | null = null;
  for (const s of statements) {
    // Readers say one thing of several ids in a row, and no key has to be made for the next.
    if (last !== null && s.advisory !== "" && isSameButId(last.of, s)) {
      last.draft.vulnerabilities.add(s.vulnerability);
      continue;
    }
    const head = {
      ecosystem: s.ecosystem,
      matches: s.matches,
      advisory: s.advisory,
      stateText: textOf(s),
      urgency: s.urgency,
    };
    const near = s.advisory === "" ? neighbourhoodOf(s.vulnerability) : "";
    const key = `${headOf(head)}\n${s.packageName}\n${near}`;
    const draft = drafts.get(key) ?? {
      ...head,
      packageName: s.packageName,
      vulnerabilities: new Set<string>(),
    };
    drafts.set(key, draft);
    draft.vulnerabilities.add(s.vulnerability);
    last = { of: s, draft };
  }
  return drafts.values();
}

function isSameButId(a: Statement, b: Statement): boolean {
  return (
    a.state === b.state &&
    a.packageName === b.packageName &&
    a.ecosystem === b.ecosystem &&
    a.advisory === b.advisory &&
    a.matches === b.matches &&
    a.urgency === b.urgency &&
    a.streams === b.streams &&
    a.arches === b.arches
  );
}

/** Year and thousand of a CVE; other ids stand alone, as nothing says which belong together. */
function neighbourhoodOf(id: string): string {
  return /^CVE-\d{4}-\d{4,}$/.test(id) ? id.slice(0, -3) : id;
}

function headOf(of: Omit<StatementGroup, "packageNames" | "vulnerabilities">): string {
  return `${of.ecosystem}\n${of.matches}\n${of.advisory}\n${of.urgency}\n${of.stateText}`;
}

/** Readers share one state among the statements of a record, and it is written once. */
function stateTexts(): (s: Statement) => string {
  const known = new Map<Statement["state"], { readonly text: string; readonly of: Statement }>();
  return (s) => {
    const own = known.get(s.state);
    if (own !== undefined && own.of.streams === s.streams && own.of.arches === s.arches) {
      return own.text;
    }
    const text = stateText(s);
    known.set(s.state, { text, of: s });
    return text;
  };
}

function stateText({ state, streams, arches }: Statement): string {
  return JSON.stringify({
    ...state,
    ...(streams === undefined ? {} : { streams }),
    ...(arches === undefined ? {} : { arches }),
  });
}

function piecesOf(names: readonly string[]): readonly (readonly string[])[] {
  const distinct = [...new Set(names)];
  if (distinct.length <= NAMES_MAX) return [distinct];
  return Array.from({ length: Math.ceil(distinct.length / NAMES_MAX) }, (_, at) =>
    distinct.slice(at * NAMES_MAX, (at + 1) * NAMES_MAX),
  );
}
