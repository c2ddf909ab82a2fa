import { instantToText, SECOND_MS } from "../base/instant.ts";

/**
 * What a host's code (host protocol §6) asks of a person, and the host's own facts as people read
 * them. The host says what it saw; what to do about it is the same wherever the code appears.
 */
export const hostCodes: Readonly<Record<string, string>> = {
  E_PLATFORM: "install on the host what it lacks, or leave the host out",
  E_HALTED: "when the host may go on, remove /etc/fettle/halt there",
  E_STATE: "look at /var/lib/fettle on the host; if files of it are lost, enrol the host again",
  E_POLICY:
    "compare /etc/fettle on the host with what the plan asks; enrol it with the policy meant",
  E_SIZE: "the job is over a limit of the protocol: plan fewer packages at once",
  E_SLOW: "check the network between the host, its server and its package sources",
  E_FORMAT: "the job did not arrive as it was sent: check the way there, and the program's version",
  E_SIG: "find out who signed; if keys were renewed, enrol the host again with the new ones",
  E_KEY: "have somebody approve whose key the host's policy knows",
  E_AUDIENCE:
    "the host is not who or where the plan says: compare its identity and ring, plan anew",
  E_TIME: "compare `date -u` on host and server, and set the clock that is wrong",
  E_REPLAY: "the host has ended this already: look at its record, and make a new plan for more",
  E_REVOKED: "use the plan that replaced this one",
  E_DIGEST: "what arrived is not what was approved: find out who changed it before anything else",
  E_THRESHOLD: "get the approvals that are missing",
  E_SOD: "somebody else than the requester must approve",
  E_VERB: "plan without that step, or change what the host's policy allows its ring",
  E_LOG: "the server's log does not match what the host saw: do not go on before that is explained",
  E_GATE: "get the signature that opens this wave",
  E_PERMIT: "see whether something is halted, and whether the server can be reached from there",
  E_BUSY: "another job is at work there: let it end",
  E_REPO:
    "take Trusted: yes or allow-insecure out of that entry in /etc/apt, or give it its key (Signed-By); where dnf is, set gpgcheck=1 and rpm --import its key",
  E_STALE:
    "see what apt-get update says there; past its Valid-Until, a repository must be signed anew",
  E_SNAPSHOT:
    "the version to go back to is offered nowhere: get it there, or plan without a way back",
  E_TARGET: "look whether the repository still has it; if not, scan the host and plan what it has",
  E_PLAN_DRIFT:
    "the host is not as it was planned: mend it there (dpkg --audit tells), scan it, plan anew",
  E_ROLLBACK: "the host has a newer version: scan it and plan anew",
  E_LOCK: "let the other run of the package manager end, or end it",
  E_DISK: "free space there",
  E_STEP: "the job's output is in /var/lib/fettle/job/output on the host",
  E_LIMIT: "look at what hangs there; /etc/fettle/limits on the host allows more time",
  E_PROBE: "look at what the probe asks; /var/lib/fettle/job/output on the host has the details",
  E_SERVICE: "look at the service on the host; its log says why it stays down",
  E_BOOT_LOOP:
    "the machine went down again and again with the job half done: look at its console before anything else",
  E_UNDO: "look at the host now: it is between two versions",
  "no-answer": "it is asked again by itself",
};

/** `why; what to do`, either part left out where there is none. */
export function hostWordsToText(code: string, facts: string): string {
  const todo = Object.hasOwn(hostCodes, code) ? (hostCodes[code] ?? "") : "";
  return [datesIn(code, facts), todo].filter((part) => part !== "").join("; ");
}

/** Facts that a note says already, or that only programs need. */
const silent = new Set(["code", "step", "failed", "sha256", "plan", "begun", "at", "up", "kind"]);

/** The facts of a journal line: the note first, the others in parentheses. */
export function factsOfLine(line: string): string {
  const at = line.indexOf(" note=");
  const note = at < 0 ? "" : line.slice(at + " note=".length).trim();
  const words = (at < 0 ? line : line.slice(0, at)).split(" ").slice(1);
  const facts = new Map<string, string>();
  for (const word of words) {
    const split = word.indexOf("=");
    const key = word.slice(0, Math.max(split, 0));
    if (key !== "" && !silent.has(key)) facts.set(key, word.slice(split + 1));
  }
  const text = [...named(facts), ...[...facts].map(([key, value]) => `${key} ${value}`)].join(", ");
  if (text === "") return note;
  return note === "" ? text : `${note} (${text})`;
}

/** Takes out of the facts what reads better in words. */
function named(facts: Map<string, string>): readonly string[] {
  const take = (key: string): string | null => {
    const value = facts.get(key) ?? null;
    facts.delete(key);
    return value;
  };
  const texts: string[] = [];
  const [program, pid] = [take("program"), take("pid")];
  if (program !== null || pid !== null) {
    texts.push(`held by ${program ?? "a program"}${pid === null ? "" : ` (process ${pid})`}`);
  }
  const [mount, free, need] = [take("mount"), take("free_kb"), take("need_kb")];
  if (free !== null) texts.push(`${megabytes(free)} free${mount === null ? "" : ` on ${mount}`}`);
  if (need !== null) texts.push(`${megabytes(need)} needed`);
  return texts;
}

function megabytes(kibibytes: string): string {
  const count = Math.ceil(Number(kibibytes) / 1024);
  return Number.isSafeInteger(count) ? `${count} MB` : kibibytes;
}

/** Hosts have no portable way to write a date, so they say Unix seconds. */
function datesIn(code: string, facts: string): string {
  if (code !== "E_TIME" && code !== "E_STALE") return facts;
  return facts.replace(/\b\d{10}\b/g, (seconds) => instantToText(Number(seconds) * SECOND_MS));
}
