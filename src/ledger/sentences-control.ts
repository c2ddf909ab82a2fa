import { count, minute, type Sentences, short, text } from "./sentence-words.ts";

/** Changes beside their approvals, and what people say while one is carried out. */
export const sentencesOfControl: Sentences = {
  "change.edited": () => "gave the change another plan: its approvals count no more",
  "change.rejected": () => "rejected the change",
  "change.withdrawn": () => "withdrew the change",
  "change.expired": () => "the change expired: its time is over",
  "change.failed": () => "the change failed",
  "change.backed-out": () => "the change was backed out",
  "change.risk-raised": (f) => `raised the risk from ${text(f["from"])} to ${text(f["to"])}`,
  "change.voted": (f) => `voted ${text(f["choice"])} on the advisory board`,
  "change.board-decided": (f) => `closed the vote of the advisory board: ${text(f["outcome"])}`,
  "change.signed-off": (f) =>
    `signed off as ${text(f["role"])} for what comes before wave ${text(f["before"])}`,
  "change.escalated": (f) =>
    `nobody decided in time: step ${text(f["step"])} of the ownership map was due ${minute(f["dueAt"])}`,
  "change.duty-opened": (f) => `the emergency owes its ${duty(f["kind"])} by ${minute(f["dueAt"])}`,
  "change.duty-reminded": (f) => `half the time for the ${duty(f["kind"])} is over`,
  "change.duty-overdue": (f) => `the ${duty(f["kind"])} is overdue`,
  "change.decided-afterwards": (f) => `decided afterwards on the emergency: ${text(f["outcome"])}`,
  "change.reviewed": (f) => `reviewed how the change went: ${text(f["outcome"])}`,
  "board.minutes": (f) =>
    `kept the minutes of the advisory board, ${count(f["decisions"], "decision")}: ${short(f["digest"])}`,
  "template.proposed": (f) =>
    `proposed the template ${text(f["name"])} for standard changes: ${short(f["digest"])}`,
  "template.approved": (f) => `approved the template ${text(f["name"])}: ${short(f["digest"])}`,
  "rollout.resumed": (f) =>
    `resumed the rollout, with ${count(f["acknowledged"] ?? 0, "failure")} acknowledged`,
  "rollout.resume-asked": () => "asked that the rollout goes on, which takes another person too",
  "rollout.stopped": () => "stopped the rollout for good",
  "rollout.retried": () => "had failed hosts tried again",
  "scope.halted": () => "halted every rollout here: nothing starts until somebody resumes",
  "scope.resume-asked": () => "asked that rollouts here go on, which takes another person too",
  "scope.resumed": () => "let rollouts go on here",
  "target.skipped": () => "left out a host",
  "target.retried": (f) => `had ${count(f["count"], "host")} tried again`,
  "target.lost": (f) =>
    f["isLost"] === true
      ? "gave up a host as lost"
      : `said that a host is lost, as ${count(f["people"], "person")} did so far`,
  "target.held": (f) =>
    `held back ${count(f["count"], "host")} of wave ${text(f["wave"])}: ${text(f["why"]).replaceAll("-", " ")}`,
  "wave.staging": (f) =>
    `had the files of wave ${text(f["wave"])} brought to ${count(f["hosts"], "host")} before its time`,
  "target.staged": (f) =>
    f["state"] === "staged"
      ? `a host has ${count(f["files"], "file")} of its job before its time`
      : `a host did not take files before their time: ${text(f["code"])}`,
  "target.bundle-taken": () => "took a job away as a file, to be carried out without the server",
  "wave.ended": (f) =>
    `wave ${text(f["wave"])} ended: ${text(f["verified"])} verified, ${text(f["failed"])} failed`,
};

function duty(kind: unknown): string {
  return kind === "retrospective" ? "decision afterwards" : text(kind);
}
