import { count, minute, type Sentences, short, text } from "./sentence-words.ts";

/** Hosts, what calls in by itself, services and scans. */
export const sentencesOfHosts: Sentences = {
  "host.added": (f) => `added, reached by ${text(f["way"] ?? f["kind"])}, ${text(f["mode"])}`,
  "host.edited": (f) =>
    `edited: ${Array.isArray(f["changed"]) ? f["changed"].map(text).join(", ") : text(f["changed"])}`,
  "authority.prepare": () => "made the next authority for SSH certificates; it does not sign yet",
  "authority.switch": (f) => `has the SSH authority ${text(f["signs"])} sign from now on`,
  "authority.retire": (f) =>
    `took the older SSH authorities off the lines of hosts; ${text(f["signs"])} signs`,
  "freeze.set": (f) =>
    `froze ${text(f["freeze"])} from ${text(f["from"])} until ${text(f["until"])}${f["passesEmergency"] === true ? ", emergencies pass" : ""}`,
  "freeze.lifted": (f) => `lifted the freeze ${text(f["freeze"])}`,
  "certificate.issued": (f) =>
    `issued the certificate ${text(f["serial"])} to ${text(f["principal"])} for ${text(f["seconds"])} s`,
  "host.removed": () => "removed; its history stays",
  "host.inspected": (f) =>
    `inspected: packages ${short(f["packageSet"])}${f["offerSet"] === null ? ", its updates are not known" : ""}`,
  "host.ways-in": (f) =>
    f["count"] === 0
      ? `says that nobody else is root there (${text(f["proof"])})`
      : `says who else may be root there: ${count(f["count"], "way")} in (${text(f["proof"])})`,
  "host.lost": (f) => `could not be inspected: ${text(f["why"]).replaceAll("-", " ")}`,
  "scan.started": (f) => `began to inspect ${count(f["hosts"], "host")}`,
  "scan.finished": (f) =>
    `inspected hosts: ${text(f["changed"])} changed, ${text(f["unchanged"])} unchanged, ${text(f["failed"])} failed`,
  "agent-token.made": (f) =>
    `made an install line for the ring ${text(f["ring"])} until ${minute(f["until"])}; it works once`,
  "agent.refused": (f) => `a machine was not enrolled: ${text(f["code"])}`,
  "agent.certified": (f) => `has a certificate until ${minute(f["until"])}`,
  "agent.renewal-asked": () => "gets a new certificate at its next call",
  "agent.quarantined": (f) =>
    f["why"] === "clone"
      ? "is in quarantine: two machines used its id"
      : "is in quarantine: nothing is taken from it or given to it",
  "agent.released": () => "was released from quarantine",
  "agent.buried": () => "was buried: its id is never admitted or given again",
  "host-policy.published": (f) =>
    `published a policy of hosts that its roots signed, ${short(f["digest"])}; ${count(f["hosts"], "host")} to tell`,
  "host-policy.retold": (f) => `had ${count(f["hosts"], "host")} told of the host policies again`,
  "service.added": (f) => `added the service, with ${count(f["hosts"], "host")} named`,
  "service.edited": (f) =>
    `edited the service: ${Array.isArray(f["changed"]) ? f["changed"].map(text).join(", ") : "its facts"}`,
  "service.published": (f) =>
    `published ${text(f["artifact"])} ${text(f["version"])} to ${text(f["environment"])} with its bill of materials ${short(f["sbom"])}`,
  "service.withdrawn": (f) => `withdrew ${text(f["artifact"])} from ${text(f["environment"])}`,
  "service.removed": () => "removed the service",
};
