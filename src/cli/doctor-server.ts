import { counted } from "../base/counted.ts";
import { durationToText, MINUTE_MS } from "../base/instant.ts";
import type { Facts, Finding, Health } from "./doctor-facts.ts";
import { clock, gigabytes, good, loose, room } from "./doctor-finding.ts";

/** What is wrong with the server, its database and what it knows of enrolled hosts. */
const POSTGRES_MAJOR_MIN = 15;
/** Every background loop turns at least this often. */
const WORK_WAITS_MS_MAX = 2 * MINUTE_MS;

export function ofHealth(health: Health, facts: Facts): readonly Finding[] {
  const { database, state } = health;
  return [
    sameProgram(facts.program, health.program),
    postgres(database),
    durability(database),
    logRights(database),
    isWhole(health.ledger),
    ...migrations(database),
    clock("database clock", Date.parse(database.now) - Date.parse(health.asOf), "the server"),
    ...loose("state folder of the server", state.folder, state.loose),
    room("disk of the server", state.folder, state.freeBytes),
    ...loops(health),
    name(health.address, facts.url),
    listening(health.address),
    ...sources(health.sources),
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

/** What was acknowledged must be there after a power cut: approvals, permits and halts are. */
function durability({ unsafe }: Health["database"]): Finding {
  const check = "durability";
  if (unsafe.length === 0) return good(check, "what the database acknowledges is on the disk");
  const says = `the database runs with ${unsafe.map((setting) => `${setting} off`).join(", ")}`;
  const advice =
    "Switch it on in postgresql.conf and reload it; a halt that a power cut loses is no halt.";
  return { check, state: "bad", says, advice };
}

/** The server speaks plain HTTP; who ends TLS for it stands on the same machine. */
function listening({ host }: Health["address"]): Finding {
  const check = "listening";
  if (/^(127\.|::1$|\[::1\]$|localhost$)/.test(host)) return good(check, `on ${host} only`);
  const says = `on ${host}, where others reach it without TLS`;
  const advice = "Set host to 127.0.0.1 and let a proxy on this machine end TLS (docs/install.md).";
  return { check, state: "attention", says, advice };
}

function sources({ pinned, refused, unreached }: Health["sources"]): readonly Finding[] {
  const check = "sources";
  const shown = (names: readonly string[]): string => names.slice(0, 5).join(", ");
  const failed: Finding = {
    ...{ check, state: "bad" },
    says: `${counted(refused.length, "source")} failed the check by the pinned key: ${shown(refused)}`,
    advice: "See why: fettle source list. Their hosts take part in no plan until it is seen whole.",
  };
  const silent: Finding = {
    ...{ check, state: "attention" },
    says: `${counted(unreached.length, "source")} could not be checked: ${shown(unreached)}`,
    advice:
      "Let the server reach them (outbound.networks), or give the index: fettle source check --signed FILE",
  };
  const found = [
    ...(refused.length > 0 ? [failed] : []),
    ...(unreached.length > 0 ? [silent] : []),
  ];
  const says =
    pinned === 0 ? "no key is pinned; hosts verify them" : `${pinned} verified by pinned keys`;
  return found.length > 0 ? found : [good(check, says)];
}

/** The server's role adds to the log; whoever else may change it needs a second way in. */
function logRights(database: Health["database"]): Finding {
  const check = "rights over the log";
  if (!database.mayChangeLog) return good(check, "the server's role may add to the log only");
  const says = "the server works as the owner of its tables, who could change the log";
  const advice =
    "Make a second user of the database that may log in and nothing else, name it in databaseUrl and the owner in databaseOwnerUrl (docs/ledger.md).";
  return { check, state: "attention", says, advice };
}

function isWhole(ledger: Health["ledger"]): Finding {
  const check = "database and log";
  if (ledger.readOnly === null) return good(check, "the database is as new as its log");
  const advice =
    "Put the newer database back if there is one; else go on with: fettle restore status (docs/restore.md)";
  return { check, state: "bad", says: ledger.readOnly, advice };
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
