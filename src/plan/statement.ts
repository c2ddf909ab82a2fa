import {
  type DocumentReader,
  type Parsed,
  parseDocument,
  writeDocument,
} from "../base/document.ts";

/**
 * The plan statement (host protocol §3): the short text that people read and sign. Everything a
 * host needs to judge a start follows from it: the tree root, the waves with their times, the
 * limits. Pure and free of Node imports: the approval page shows it with this very parser, so
 * hashing stands in `statement-digest.ts`.
 */

export type Permit =
  | { readonly kind: "online" }
  | { readonly kind: "lease"; readonly seconds: number }
  | { readonly kind: "offline" };

export type Revert =
  | { readonly kind: "order"; readonly seconds: number }
  | { readonly kind: "self" };

export type StatementHosts =
  | { readonly kind: "frozen"; readonly count: number }
  | { readonly kind: "rule"; readonly labels: readonly string[]; readonly max: number };

export interface StatementWave {
  readonly number: number;
  readonly ring: string;
  /** Unix seconds, both ends included. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Times are Unix seconds, as everywhere in protocol documents. */
export interface Statement {
  readonly tenant: string;
  readonly change: string;
  readonly title: string;
  readonly requester: string;
  readonly class: string;
  readonly issued: number;
  /** Lowest version of the host policy that the planner knew. */
  readonly hostPolicy: number;
  /** Digest of the server's policy files. */
  readonly policy: string;
  readonly content: string;
  readonly hosts: StatementHosts;
  readonly attempts: number;
  readonly permit: Permit;
  readonly revert: Revert;
  readonly bodies: number;
  readonly leaves: number;
  readonly root: string;
  readonly waves: readonly StatementWave[];
  readonly supersedes: readonly string[];
}

/** §7.4: a lease lets a host start that long after a halt, hence the cap of an hour. */
export const LEASE_SECONDS_MAX = 3600;
/** §1.3: 8 levels of 16 children. */
export const LEAVES_MAX = 16 ** 8;

export function writeStatement(statement: Statement): string {
  return writeDocument("plan", [
    `tenant ${statement.tenant}`,
    `change ${statement.change}`,
    `title ${statement.title}`,
    `requester ${statement.requester}`,
    `class ${statement.class}`,
    `issued ${statement.issued}`,
    `hostpolicy ${statement.hostPolicy}`,
    `policy ${statement.policy}`,
    `content ${statement.content}`,
    `hosts ${hostsToText(statement.hosts)}`,
    `attempts ${statement.attempts}`,
    `permit ${permitToText(statement.permit)}`,
    `revert ${revertToText(statement.revert)}`,
    `bodies ${statement.bodies}`,
    `leaves ${statement.leaves}`,
    `root ${statement.root}`,
    ...statement.waves.map((w) => `wave ${w.number} ${w.ring} ${w.notBefore} ${w.notAfter}`),
    ...statement.supersedes.map((digest) => `supersedes ${digest}`),
  ]);
}

export function parseStatement(text: string): Parsed<Statement> {
  return parseDocument(text, { type: "plan" }, (reader) => {
    const head = {
      tenant: reader.word("tenant", "id"),
      change: reader.word("change", "id"),
      title: reader.word("title", "title"),
      requester: reader.word("requester", "id"),
      class: reader.word("class", "id"),
      issued: reader.number("issued"),
      hostPolicy: reader.number("hostpolicy"),
      policy: reader.word("policy", "digest"),
      content: reader.word("content", "digest"),
      hosts: readHosts(reader),
      attempts: positive(reader, "attempts"),
      permit: readPermit(reader),
      revert: readRevert(reader),
    };
    const bodies = positive(reader, "bodies");
    const leaves = positive(reader, "leaves");
    if (leaves > LEAVES_MAX) reader.stop(`more than ${LEAVES_MAX} leaves`);
    if (bodies > leaves) reader.stop("more bodies than leaves");
    if (head.hosts.kind === "frozen" && head.hosts.count !== leaves) {
      reader.stop("a frozen plan has as many leaves as hosts");
    }
    const root = reader.word("root", "digest");
    return { ...head, bodies, leaves, root, ...readWaves(reader) };
  });
}

function readWaves(reader: DocumentReader): Pick<Statement, "waves" | "supersedes"> {
  const waves: StatementWave[] = [];
  do waves.push(readWave(reader, waves.length + 1));
  while (reader.isNext("wave"));
  const supersedes: string[] = [];
  while (reader.isNext("supersedes")) supersedes.push(reader.word("supersedes", "digest"));
  return { waves, supersedes };
}

function readWave(reader: DocumentReader, number: number): StatementWave {
  const [at, ring, from, to] = reader.fields("wave", "number", "id", "number", "number");
  if (Number(at) !== number) reader.stop(`wave ${number} must stand here`);
  if (Number(from) > Number(to)) reader.stop("the wave ends before it begins");
  return { number, ring, notBefore: Number(from), notAfter: Number(to) };
}

function readHosts(reader: DocumentReader): StatementHosts {
  const words = reader.words("hosts");
  const [kind, count] = words;
  if (kind === "frozen" && words.length === 2) {
    return { kind, count: Number(reader.must("number", count ?? "", "hosts")) };
  }
  if (kind !== "rule" || words.length < 4 || words.at(-2) !== "max") {
    return reader.stop("`hosts` is neither `frozen N` nor `rule k=v … max N`");
  }
  const labels = words.slice(1, -2);
  for (const label of labels) reader.must("label", label, "hosts");
  return { kind, labels, max: Number(reader.must("number", words.at(-1) ?? "", "hosts")) };
}

function readPermit(reader: DocumentReader): Permit {
  const words = reader.words("permit");
  const [kind, seconds] = words;
  if ((kind === "online" || kind === "offline") && words.length === 1) return { kind };
  if (kind !== "lease" || words.length !== 2) return reader.stop("`permit` is of no known kind");
  const lease = Number(reader.must("number", seconds ?? "", "permit"));
  if (lease < 1 || lease > LEASE_SECONDS_MAX) reader.stop("the lease is not 1 to 3600 seconds");
  return { kind, seconds: lease };
}

function readRevert(reader: DocumentReader): Revert {
  const words = reader.words("revert");
  const [kind, seconds] = words;
  if (kind === "self" && words.length === 1) return { kind };
  if (kind !== "order" || words.length !== 2) return reader.stop("`revert` is of no known kind");
  return { kind, seconds: Number(reader.must("number", seconds ?? "", "revert")) };
}

function positive(reader: DocumentReader, key: string): number {
  const value = reader.number(key);
  return value >= 1 ? value : reader.stop(`\`${key}\` is zero`);
}

/** What a plan by rule says beside the hosts of today; null for a plan that names its hosts. */
export function joinsToText(statement: string): string | null {
  const read = parseStatement(statement);
  if (!read.ok || read.value.hosts.kind !== "rule") return null;
  const { labels, max } = read.value.hosts;
  return `also such as join later with ${labels.join(" ")}, ${max} at most`;
}

export function hostsToText(hosts: StatementHosts): string {
  if (hosts.kind === "frozen") return `frozen ${hosts.count}`;
  return `rule ${hosts.labels.join(" ")} max ${hosts.max}`;
}

export function permitToText(permit: Permit): string {
  return permit.kind === "lease" ? `lease ${permit.seconds}` : permit.kind;
}

export function revertToText(revert: Revert): string {
  return revert.kind === "order" ? `order ${revert.seconds}` : revert.kind;
}
