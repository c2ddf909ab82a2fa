import { z } from "zod";
import { count, type Sentences, short, text } from "./sentence-words.ts";
import { sentencesOfControl } from "./sentences-control.ts";
import { sentencesOfData } from "./sentences-data.ts";
import { sentencesOfHosts } from "./sentences-hosts.ts";
import { sentencesOfPeople } from "./sentences-people.ts";

/**
 * One event as a sentence, for pages and terminals alike. Events without a sentence of their own are
 * told by their facts. The text may hold what hosts and feeds said: whoever shows it makes it safe.
 */
interface ToldEvent {
  readonly type: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

const entrySchema = z.looseObject({
  type: z.string(),
  facts: z.record(z.string(), z.unknown()),
});

/** What an entry of the log tells; its bytes are the server's own, written from an event. */
export function toldEvent(entry: string): ToldEvent {
  return entrySchema.parse(JSON.parse(entry));
}

const sentences: Sentences = {
  ...sentencesOfPeople,
  ...sentencesOfHosts,
  ...sentencesOfControl,
  ...sentencesOfData,
  "patch.opened": (f) =>
    `opened the case for ${text(f["source"])} ${text(f["sourceVersion"])}: ${text(f["route"])}, ${text(f["urgency"])}, by the rule "${text(f["rule"])}"`,
  "patch.redated": (f) =>
    `moved the deadline from ${dayText(f["from"])} to ${dayText(f["to"])}: ${text(f["preset"])}, rule ${text(f["rule"])}`,
  "patch.edited": (f) => `edited the case: ${Object.keys(f).join(", ")}`,
  "patch.paced": (f) =>
    `decided between speed and stability: ${{ now: "go now", "next-release": "with the next release", wait: "wait" }[text(f["choice"])] ?? text(f["choice"])}`,
  "patch.prioritised": (f) =>
    `moved the priority from ${text(f["from"])} to ${text(f["to"])}, by the rule "${text(f["rule"])}"`,
  "triage.started": (f) =>
    `started the triage session T-${text(f["number"])} over ${text(f["items"])} updates`,
  "triage.joined": (f) => `joined the triage session for ${text(f["part"])}`,
  "triage.voted": (f) =>
    `voted on item ${text(f["place"])}, ${text(f["source"])}: ${text(f["necessity"])}, ${text(f["scope"])} ${text(f["hosts"])}`,
  "triage.noted": () => "added words to the minutes",
  "triage.decided": (f) =>
    `decided item ${text(f["place"])}: ${text(f["doing"])} ${text(f["ref"])}`,
  "triage.closed": (f) =>
    `closed the triage session, open items left: ${text(f["leftOpen"])}; minutes ${text(f["minutes"]).slice(0, 12)}…`,
  "source.assessed": (f) =>
    `${f["trust"] === "blocked" ? "blocked" : "trusted"} the source ${text(f["uri"])} ${text(f["suite"])} (${text(f["kind"])}) of ${count(f["hosts"], "host")}`,
  "source.key-pinned": (f) => `pinned the key of the source ${text(f["uri"])} ${text(f["suite"])}`,
  "source.checked": (f) =>
    `found the source ${text(f["uri"])} ${text(f["suite"])} ${text(f["state"])}${f["because"] === null ? "" : `: ${text(f["because"])}`}`,
  "policy.applied": (f) =>
    `put the ${text(f["kind"])} policy ${text(f["digest"]).slice(0, 12)}… in force`,
  "patch.moved": (f) => `moved the case from ${text(f["from"])} to ${text(f["to"])}`,
  "witness.added": () => "had a witness sign the heads of the log",
  "witness.removed": () => "took a witness of the log away",
  "witness.quorum-set": (f) =>
    `set how many witnesses must have signed before work starts from ${text(f["was"])} to ${text(f["need"])}`,
  "witness.ring-quorum-set": (f) =>
    `set how many witnesses must have signed before work starts in the ring from ${text(f["was"])} to ${text(f["need"])}${f["operator"] === "" ? "" : `, none of them of ${text(f["operator"])}`}`,
  "witness.operator-set": (f) =>
    f["operator"] === ""
      ? `said no more that the witness is of ${text(f["was"])}`
      : `said that the witness is of ${text(f["operator"])}`,
  "witness.contradicted": (f) =>
    `was shown by a witness a head of size ${text(f["size"])} that this log never had`,
  "approval.given": (f) =>
    `approved: ${text(f["given"])} of ${text(f["need"])}, with the ${text(f["class"])} key ${text(f["key"])}`,
  "exception.requested": (f) =>
    `asked for the exception ${text(f["exception"])} until ${text(f["until"])}, renewal ${text(f["renewal"])}, over ${count(f["hosts"], "host")}`,
  "exception.approved": (f) =>
    `approved the exception ${text(f["exception"])} until ${text(f["until"])}, over ${count(f["hosts"], "host")}`,
  "exception.refused": (f) => `refused the exception ${text(f["exception"])}`,
  "exception.withdrawn": (f) => `withdrew the request for ${text(f["exception"])}`,
  "exception.revoked": (f) => `revoked the exception ${text(f["exception"])}: the old date counts`,
  "exception.expired": (f) => `${text(f["exception"])} is over: the old date counts`,
  "exception.ended": (f) =>
    `ended the exception ${text(f["exception"])}, as what it rested on is no longer so (${text(f["why"])}): the old date counts`,
  "deferral.started": (f) =>
    `put ${text(f["source"])} off until ${text(f["until"])} (${text(f["deferral"])}), at a cost of ${text(f["points"])} points`,
  "deferral.ended": (f) => `the deferral ${text(f["deferral"])} of ${text(f["source"])} is over`,
  "deferral.cancelled": (f) =>
    `cancelled the deferral ${text(f["deferral"])} of ${text(f["source"])}`,
  "known-issue.added": (f) => `wrote the known issue ${text(f["issue"])}`,
  "known-issue.edited": (f) =>
    `edited the known issue ${text(f["issue"])}: revision ${text(f["revision"])}`,
  "known-issue.published": (f) =>
    `published the known issue ${text(f["issue"])}, revision ${text(f["revision"])}, for ${text(f["audience"])}`,
  "known-issue.withdrawn": (f) => `withdrew the known issue ${text(f["issue"])}`,
  "change.requested": (f) =>
    `asked for approval: ${count(f["hosts"], "host")}, ${count(f["need"], "approval")} needed, way back: ${text(f["reversibility"])}`,
  "change.request-signed": (f) =>
    `signed the request with the ${text(f["class"])} key ${text(f["key"])}`,
  "change.approved": (f) => `the change has its ${count(f["approvals"], "approval")}`,
  "change.running": () => "the change is being carried out",
  "change.completed": () => "the change is complete",
  "procedure.put": (f) =>
    `put version ${text(f["version"])} of the rollback procedure ${text(f["name"])}`,
  "procedure.attached": (f) =>
    `attached the rollback procedure ${[f["names"]].flat().map(text).join(", ")} to the plan`,
  "procedure.acknowledged": (f) => `acknowledged for ${text(f["as"])} how the plan is taken back`,
  "plan.created": (f) =>
    `planned ${count(f["hosts"], "host")}, ${text(f["excluded"])} left out, way back: ${text(f["reversibility"])}`,
  "rollout.started": (f) =>
    `started the rollout over ${count(f["hosts"], "host")} in ${count(f["waves"], "wave")}`,
  "target.joined": (f) => `${count(f["count"], "host")} joined by the plan's rule`,
  "target.outside": (f) =>
    `the rule selects ${count(f["count"], "host")} that cannot take part as they are`,
  "wave.signed": (f) =>
    `signed that wave ${text(f["wave"])} may open: ${text(f["given"])} of ${text(f["need"])}, with the ${text(f["class"])} key ${text(f["key"])}`,
  "wave.opened": (f) => `opened wave ${text(f["wave"])}`,
  "wave.passed": (f) =>
    `wave ${text(f["wave"])} passed its gate: ${text(f["verified"])} verified, ${text(f["failed"])} failed`,
  "target.judged": (f) => `judged a host by a fresh look at it: ${text(f["verdict"])}`,
  "target.reported": (f) => `${count(f["count"], "host")} reported a signed result`,
  "gate.read": (f) =>
    `measured the gate ${text(f["gate"])} ${gatePlace(f)}: ${text(f["reading"])}, evidence ${text(f["digest"]).slice(0, 12)}…`,
  "gate.signed": (f) =>
    `${f["verdict"] === "accept" ? "accepted" : "refused"} the gate ${text(f["gate"])} ${gatePlace(f)}`,
  "revert.ordered": (f) => `ordered ${count(f["count"], "host")} to take the patch back`,
  "rollout.halted": (f) => haltText(f),
  "rollout.finished": () => "finished the rollout",
  "vex.loaded": (f) =>
    `loaded the VEX document V-${text(f["number"])}: statements: ${text(f["statements"])}, of ${text(f["authors"])}, ${f["trust"] === "none" ? "shown only" : `trusted: ${text(f["trust"])} ${text(f["trustedBy"])}`}`,
  "vex.answered": (f) =>
    `answers for the VEX document V-${text(f["replaces"])}, as V-${text(f["number"])}: ${text(f["reason"])}`,
  "vex.ended": (f) => `ended the VEX document V-${text(f["number"])}: ${text(f["reason"])}`,
  "support.decided": (f) =>
    `decided on ${text(f["product"])} ${text(f["cycle"])}: ${text(f["strategy"])}, by ${text(f["owner"])}. ${text(f["reason"])}`,
  "itsm.set": (f) =>
    `set the ITSM system ${text(f["system"])} (${text(f["kind"])}, ${text(f["origin"])})`,
  "itsm.removed": (f) => `removed the ITSM system ${text(f["system"])}`,
  "itsm.tested": (f) => `tried out the ITSM system ${text(f["system"])}`,
  "itsm.linked": (f) =>
    `${f["isNew"] === true ? "made" : "took up"} the record ${text(f["key"])} in ${text(f["system"])}`,
  "itsm.state-changed": (f) =>
    `${text(f["key"])} in ${text(f["system"])} went from ${text(f["from"])} to ${text(f["to"])}${f["isHolding"] === true ? ", which holds the change" : ""}`,
  "itsm.given-up": (f) =>
    `gave up telling ${text(f["system"])} until somebody tries again (${text(f["kind"])})`,
  "itsm.retried": (f) => `has ${text(f["system"])} told again`,
  "sink.tested": () => "tried out a receiver of events",
  "sink.rewound": (f) => `has events sent again from entry ${text(f["from"])} on`,
  "change.refused": (f) =>
    `was refused ${f["count"] === 1 ? "" : `${text(f["count"])} times `}by change control at ${text(f["method"])} ${text(f["route"])}: ${text(f["code"])}`,
  "access.refused": (f) =>
    `${f["code"] === "unauthenticated" ? "somebody who was not signed in " : ""}was refused ${f["count"] === 1 ? "" : `${text(f["count"])} times `}at ${text(f["method"])} ${text(f["route"])}: ${text(f["code"])}${f["permission"] == null ? "" : `, without the right ${text(f["permission"])}`}`,
  "host.told": (f) =>
    `told the host whom to believe: ${text(f["taken"])} taken, ${text(f["refused"])} refused ${text(f["codes"])}`.trimEnd(),
  "plan.revoked": (f) =>
    `revoked the plan with the ${text(f["class"])} key ${text(f["key"])}; ${count(f["hosts"], "host")} to tell`,
  "key.revoked": (f) =>
    `revoked the key ${text(f["target"])} with the ${text(f["class"])} key ${text(f["key"])}; ${count(f["hosts"], "host")} to tell`,
  "revocation.refused": (f) => `a host refused a revocation: ${text(f["code"])}`,
  "revocation.retold": (f) => `had ${count(f["hosts"], "host")} told of the revocation again`,
  "ledger.read": (f) =>
    `read ${{ events: "the log", stream: "the log as it grows", proof: "entries of the log with their proofs", evidence: "the evidence about a change" }[text(f["what"])] ?? text(f["what"])}${f["readings"] === 1 ? "" : `, ${text(f["readings"])} times since the last such entry`}`,
  "ledger.exported": (f) => `took away the whole log, ${text(f["size"])} entries`,
  "host.enrolled": (f) =>
    `was enrolled in ring ${text(f["ring"])}: host policy ${text(f["policyVersion"])}, results signed by the key ${text(f["key"])}`,
};

function dayText(value: unknown): string {
  return typeof value === "number" ? new Date(value).toISOString().slice(0, 10) : "no date";
}

/** Wave 0 is the time after the last one. */
function gatePlace(facts: Readonly<Record<string, unknown>>): string {
  return facts["wave"] === 0 ? "after the last wave" : `of wave ${text(facts["wave"])}`;
}

function haltText(facts: Readonly<Record<string, unknown>>): string {
  if (facts["why"] === "failure-test") {
    return `halted the rollout: in wave ${text(facts["wave"])} ${text(facts["failures"])} of ${text(facts["of"])} failed, more than the plan's test takes for chance`;
  }
  if (facts["why"] === "gate") {
    return `halted the rollout: the gate ${text(facts["gate"])} has failed, ${text(facts["words"])}`;
  }
  if (facts["why"] !== "failure-budget") return `halted the rollout: ${text(facts["why"])}`;
  return `halted the rollout: in wave ${text(facts["wave"])} ${text(facts["failures"])} failed where ${text(facts["allowed"])} may`;
}

/** Every type that has a sentence of its own. */
export const toldTypes: readonly string[] = Object.keys(sentences);

export function eventSentence(event: ToldEvent): string {
  const sentence = sentences[event.type];
  if (sentence !== undefined) return sentence(event.facts);
  const facts = Object.entries(event.facts)
    .filter(([, value]) => value !== null && typeof value !== "object")
    .map(([key, value]) => `${key} ${short(value)}`);
  const lists = Object.entries(event.facts)
    .filter(([, value]) => Array.isArray(value))
    .map(([key, value]) => `${(value as unknown[]).length} ${key}`);
  return [event.type, ...facts, ...lists].join("  ");
}
