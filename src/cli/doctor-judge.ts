import { counted } from "../base/counted.ts";
import { durationToText, type Instant, MINUTE_MS } from "../base/instant.ts";
import type { components, paths } from "../client/schema.d.ts";

/**
 * What is wrong with a deployment, from facts that probes brought. Pure: each finding says what was
 * looked at, what was seen, and, where it is not good, what to do. What could not be looked at is
 * "unknown" and never counts as good.
 */
export interface Finding {
  readonly check: string;
  readonly state: "good" | "attention" | "bad" | "unknown";
  readonly says: string;
  /** What to do; null where nothing needs doing. */
  readonly advice: string | null;
}

type Reply<P extends keyof paths> = paths[P] extends {
  get: { responses: { 200: { content: { "application/json": infer R } } } };
}
  ? R
  : never;
export type Health = Reply<"/api/v1/health">;
type Feed = Reply<"/api/v1/feeds">["items"][number];
type Facets = components["schemas"]["HostFacets"];

/** A fact, or in words why it could not be had. */
export type Asked<T> = { readonly value: T } | { readonly problem: string };

export interface Facts {
  readonly now: Instant;
  /** Version of this command line. */
  readonly program: string;
  readonly machine: MachineFacts;
  readonly url: string;
  readonly server: Asked<{ readonly clock: Instant | null; readonly tookMs: number }>;
  readonly signedIn: Asked<{ readonly handle: string }>;
  readonly health: Asked<Health>;
  readonly feeds: Asked<readonly Feed[]>;
  readonly hosts: Asked<{ readonly total: number; readonly facets: Facets }>;
  readonly ledger: Asked<{ readonly isHeadGood: boolean; readonly size: number }>;
}

export interface MachineFacts {
  readonly node: string;
  /** The first line of `ssh -V`; null where there is none. */
  readonly ssh: string | null;
  readonly sshKeygen: boolean;
  /** What is wrong with the configuration file or the environment; null where nothing is. */
  readonly config: string | null;
  readonly state: {
    readonly folder: string;
    readonly isThere: boolean;
    readonly freeBytes: number | null;
    readonly loose: readonly { readonly path: string; readonly mode: string }[];
  };
  /** The unit's state as systemd says it; null where there is no unit or no systemd. */
  readonly unit: string | null;
}

const NODE_MAJOR_MIN = 22;
const NODE_MINOR_MIN = 18;
/** `ssh-keygen -Y sign` and its verification of what hosts check came with OpenSSH 8.2. */
const SSH_VERSION_MIN = 8.2;
const POSTGRES_MAJOR_MIN = 15;
const FREE_BYTES_WISHED = 2 * 1024 ** 3;
/** Approvals and orders carry times; hosts refuse what lies this far off. */
const CLOCK_ATTENTION_MS = 2_000;
const CLOCK_BAD_MS = MINUTE_MS;
/** Every background loop turns at least this often. */
const WORK_WAITS_MS_MAX = 2 * MINUTE_MS;
const SLOW_MS = 2_000;

export function judge(facts: Facts): readonly Finding[] {
  return [
    ...machine(facts.machine),
    ...server(facts),
    ...("value" in facts.server ? reached(facts) : []),
  ];
}

function reached(facts: Facts): readonly Finding[] {
  return [
    signedIn(facts.signedIn),
    ...ofAsked("server and database", facts.health, (health) => ofHealth(health, facts)),
    ...ofAsked("feeds", facts.feeds, feeds),
    ...ofAsked("hosts", facts.hosts, hosts),
    ...ofAsked("ledger", facts.ledger, ledger),
  ];
}

/** 1: something is wrong; 3: something could not be looked at; 0: all was looked at and works. */
export function doctorExit(findings: readonly Finding[]): 0 | 1 | 3 {
  if (findings.some((finding) => finding.state === "bad")) return 1;
  return findings.some((finding) => finding.state === "unknown") ? 3 : 0;
}

function good(check: string, says: string): Finding {
  return { check, state: "good", says, advice: null };
}

function ofAsked<T>(
  check: string,
  asked: Asked<T>,
  judged: (value: T) => readonly Finding[],
): readonly Finding[] {
  if ("value" in asked) return judged(asked.value);
  return [
    {
      check,
      state: "unknown",
      says: asked.problem,
      advice: "Mend what stands above, or run it as somebody with the role admin everywhere.",
    },
  ];
}

function machine(given: MachineFacts): readonly Finding[] {
  const { state } = given;
  return [
    node(given.node),
    ...ssh(given),
    given.config === null
      ? good("configuration", "can be read, and every key is known")
      : {
          check: "configuration",
          state: "bad",
          says: given.config,
          advice: "Mend the named key, then start the server again.",
        },
    ...(state.isThere ? stateFolder(state) : []),
    ...unit(given.unit),
  ];
}

function node(version: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  if (major > NODE_MAJOR_MIN || (major === NODE_MAJOR_MIN && minor >= NODE_MINOR_MIN)) {
    return good("node", version);
  }
  return {
    check: "node",
    state: "bad",
    says: `${version} is older than ${NODE_MAJOR_MIN}.${NODE_MINOR_MIN}`,
    advice: "Start through ./fettle or npm start, which bring the right Node.",
  };
}

function ssh(given: MachineFacts): readonly Finding[] {
  const install = "Install it: apt-get install openssh-client";
  const keygen: readonly Finding[] = given.sshKeygen
    ? []
    : [
        {
          check: "ssh-keygen",
          state: "bad",
          says: "is not there; approving needs it",
          advice: install,
        },
      ];
  if (given.ssh === null) {
    const says = "is not there; hosts cannot be reached over SSH";
    return [{ check: "ssh", state: "bad", says, advice: install }, ...keygen];
  }
  const version = Number(/OpenSSH_(\d+\.\d+)/.exec(given.ssh)?.[1] ?? Number.NaN);
  if (version >= SSH_VERSION_MIN) return [good("ssh", given.ssh), ...keygen];
  const says = `${given.ssh}; OpenSSH ${SSH_VERSION_MIN} or newer is needed`;
  return [{ check: "ssh", state: "attention", says, advice: install }, ...keygen];
}

function stateFolder(state: MachineFacts["state"]): readonly Finding[] {
  const { folder } = state;
  return [
    ...loose("state folder here", folder, state.loose),
    ...(state.freeBytes === null ? [] : [room("disk here", folder, state.freeBytes)]),
  ];
}

function loose(
  check: string,
  folder: string,
  found: readonly { readonly path: string; readonly mode: string }[],
): readonly Finding[] {
  if (found.length === 0) return [good(check, `${folder}: secrets are their owner's alone`)];
  return found.map(({ path, mode }) => ({
    check,
    state: "bad",
    says: `${folder}/${path} has mode ${mode}: others than its owner can reach it`,
    advice:
      path === "."
        ? `chmod go-w ${folder}`
        : `chmod 600 ${folder}/${path}; if others had access, make a new one`,
  }));
}

function room(check: string, folder: string, freeBytes: number): Finding {
  const says = `${gigabytes(freeBytes)} free at ${folder}`;
  if (freeBytes >= FREE_BYTES_WISHED) return good(check, says);
  const isBad = freeBytes < FREE_BYTES_WISHED / 8;
  const advice = "Make room: database and ledger stop where the disk is full.";
  return { check, state: isBad ? "bad" : "attention", says, advice };
}

function unit(state: string | null): readonly Finding[] {
  if (state === null) return [];
  if (state === "active") return [good("systemd", "the unit fettle is active")];
  const says = `the unit fettle is ${state}`;
  return [{ check: "systemd", state: "bad", says, advice: "Look: journalctl -u fettle -n 50" }];
}

function server(facts: Facts): readonly Finding[] {
  const { url } = facts;
  if ("problem" in facts.server) {
    const says = facts.server.problem;
    const advice =
      "Start the server, or name the right one with --url. The rest of its checks need it.";
    return [{ check: "server", state: "bad", says, advice }];
  }
  const { tookMs, clock: theirs } = facts.server.value;
  const slow: Finding =
    tookMs < SLOW_MS
      ? good("server", `${url} answers in ${Math.round(tookMs)} ms`)
      : {
          check: "server",
          state: "attention",
          says: `${url} took ${durationToText(tookMs)} to answer`,
          advice: "Look at its load, and at fettle_http_request_seconds in /metrics.",
        };
  return theirs === null ? [slow] : [slow, clock("clock", theirs - facts.now, "this machine")];
}

function clock(check: string, aheadMs: number, of: string): Finding {
  const size = Math.abs(aheadMs);
  const says = `differs from ${of} by ${durationToText(size)}`;
  if (size < CLOCK_ATTENTION_MS) return good(check, `as on ${of}`);
  return {
    check,
    state: size < CLOCK_BAD_MS ? "attention" : "bad",
    says,
    advice:
      "Let both follow a time server (timedatectl set-ntp true); hosts refuse orders from the future.",
  };
}

function signedIn(asked: Facts["signedIn"]): Finding {
  if ("value" in asked) return good("account", `signed in as ${asked.value.handle}`);
  const advice =
    'Sign in: "fettle setup" on the server\'s machine (first admin), or "fettle login".';
  return { check: "account", state: "unknown", says: asked.problem, advice };
}

function ofHealth(health: Health, facts: Facts): readonly Finding[] {
  const { database, state } = health;
  return [
    sameProgram(facts.program, health.program),
    postgres(database),
    ...migrations(database),
    clock("database clock", Date.parse(database.now) - Date.parse(health.asOf), "the server"),
    ...loose("state folder of the server", state.folder, state.loose),
    room("disk of the server", state.folder, state.freeBytes),
    ...loops(health),
    name(health.address, facts.url),
    ...policies(health.hosts),
  ];
}

/** A command line speaks the contract of its own version; another one may lack or ask for more. */
function sameProgram(here: string, there: string): Finding {
  const check = "program";
  if (here === there) return good(check, `command line and server are both ${here}`);
  const says = `the command line is ${here} and the server ${there}`;
  const older = isOlder(here, there) ? "this command line" : "the server";
  const advice = `Update ${older}, so that both are of one version; a server is stopped, updated and started again, and hosts go on meanwhile.`;
  return { check, state: "attention", says, advice };
}

function isOlder(a: string, b: string): boolean {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  const at = left.findIndex((part, place) => part !== (right[place] ?? 0));
  return at >= 0 && (left[at] ?? 0) < (right[at] ?? 0);
}

function numbersOf(version: string): readonly number[] {
  return version.split(/[.+-]/).map((part) => Number.parseInt(part, 10) || 0);
}

function postgres(database: Health["database"]): Finding {
  const kind = database.isEmbedded ? "embedded" : "external";
  const says = `${kind} PostgreSQL ${database.version}, ${gigabytes(database.bytes)}`;
  if (Number.parseInt(database.version, 10) >= POSTGRES_MAJOR_MIN) return good("database", says);
  const advice = `Use PostgreSQL ${POSTGRES_MAJOR_MIN} or newer.`;
  return { check: "database", state: "bad", says, advice };
}

function migrations(database: Health["database"]): readonly Finding[] {
  const { missing, unknown } = database;
  if (missing.length + unknown.length === 0) return [good("schema", "is that of this server")];
  const parts = [
    ...(missing.length === 0 ? [] : [`lacks ${missing.join(", ")}`]),
    ...(unknown.length === 0 ? [] : [`has ${unknown.join(", ")}, which this server does not know`]),
  ];
  const advice =
    "Run servers of one version only, and start this one again to bring it up to date.";
  return [{ check: "schema", state: "bad", says: `the database ${parts.join("; ")}`, advice }];
}

function loops(health: Health): readonly Finding[] {
  const now = Date.parse(health.asOf);
  const names = { ledger: "the ledger", scans: "scans", rollouts: "rollouts" } as const;
  const late = (Object.keys(names) as (keyof typeof names)[]).flatMap((loop) => {
    const since = health.waitingSince[loop];
    const waitedMs = since === null ? 0 : now - Date.parse(since);
    return waitedMs > WORK_WAITS_MS_MAX ? [{ loop, waitedMs }] : [];
  });
  if (late.length === 0) return [good("background work", "nothing waits longer than it should")];
  return late.map(({ loop, waitedMs }) => ({
    check: "background work",
    state: "bad",
    says: `work for ${names[loop]} waits for ${durationToText(waitedMs)} and nobody takes it`,
    advice: "Look at the server's log, then start it again; nothing is lost by that.",
  }));
}

/** Browsers must use the name that the server knows itself by, or signing in there fails. */
function name(address: Health["address"], url: string): Finding {
  const { serverName, host } = address;
  const used = URL.parse(url)?.hostname ?? "";
  const known = [serverName, host, "localhost", "127.0.0.1", "[::1]"];
  if (known.includes(used)) return good("name", `${used} is a name of the server (${serverName})`);
  return {
    check: "name",
    state: "attention",
    says: `the server knows itself as ${serverName}, and you reach it as ${used}`,
    advice: `Pages refuse to work under ${used}: set serverName to the name that browsers use.`,
  };
}

function policies(given: Health["hosts"]): readonly Finding[] {
  const { enrolled, policyBehind } = given;
  if (policyBehind.length === 0) {
    return [good("host policies", `${counted(enrolled, "enrolled host")}, none behind its ring`)];
  }
  const shown = policyBehind.slice(0, 5).join(", ");
  return [
    {
      check: "host policies",
      state: "attention",
      says: `${counted(policyBehind.length, "host")} with an older policy than that of the ring: ${shown}`,
      advice: `Enrol them again: fettle host enrol ${policyBehind[0]} --policy FILE`,
    },
  ];
}

function feeds(given: readonly Feed[]): readonly Finding[] {
  if (given.length === 0) {
    const says = "none is loaded: nothing is known about vulnerabilities";
    return [{ check: "feeds", state: "bad", says, advice: "Load them: fettle feed load" }];
  }
  return given.map((feed) => {
    const check = `feed ${feed.name}`;
    if (feed.state === "fresh" && feed.failure === null) return good(check, "fresh");
    const isNever = feed.state === "never-loaded";
    const why = [feed.why, feed.failure].filter((text) => text !== "" && text !== null).join("; ");
    return {
      check,
      state: isNever ? "bad" : "attention",
      says: `${feed.state}: ${why}`,
      advice: "Ask the publisher: fettle feed load; without a network, give the file.",
    } as const;
  });
}

function hosts(given: { readonly total: number; readonly facets: Facets }): readonly Finding[] {
  const { total, facets } = given;
  if (total === 0) {
    const advice = "Add one: fettle host add NAME --ssh root@ADDRESS";
    return [{ check: "hosts", state: "attention", says: "there are none yet", advice }];
  }
  const rows = [
    [facets.reach.bad, "cannot be reached", "fettle host list, column PROBLEM"],
    [facets.fresh.bad + facets.fresh.attention, "have a stale inventory", "fettle host scan --all"],
    [facets.fresh.unknown, "were never inspected", "fettle host scan --all"],
  ] as const;
  const wrong = rows.filter(([count]) => count > 0);
  if (wrong.length === 0) return [good("hosts", `${total}, all reached and freshly inspected`)];
  return wrong.map(([count, says, advice]) => ({
    check: "hosts",
    state: "attention",
    says: `${count} of ${total} ${says}`,
    advice,
  }));
}

function ledger(given: {
  readonly isHeadGood: boolean;
  readonly size: number;
}): readonly Finding[] {
  if (given.isHeadGood) return [good("ledger", `${given.size} entries, its head is signed`)];
  const says = "the newest head is not signed by the log's own key";
  const advice =
    "Export it and check it elsewhere: fettle audit export FILE, fettle audit verify FILE";
  return [{ check: "ledger", state: "bad", says, advice }];
}

function gigabytes(bytes: number): string {
  return bytes >= 1024 ** 3
    ? `${(bytes / 1024 ** 3).toFixed(1)} GB`
    : `${Math.round(bytes / 1024 ** 2)} MB`;
}
