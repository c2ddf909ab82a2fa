import type { Permission } from "./permission.ts";

/** What each right allows, as people read it. */
export const permissionWords: Readonly<Record<Permission, string>> = {
  "host.read": "see hosts, what is installed on them and what happened to them",
  "host.manage": "add, edit, enrol and remove hosts",
  "host.scan": "have hosts inspected",
  "feed.read": "see which vulnerability data is loaded and how old it is",
  "feed.load": "load vulnerability data",
  "finding.read": "see which hosts are vulnerable to what",
  "vex.load": "load and remove statements about what is exploitable",
  "vex.trust": "answer for such statements, so that they set findings aside",
  "patch.read": "see cases and their timelines",
  "patch.edit": "open, drop, close and reopen cases",
  "plan.read": "see plans",
  "plan.create": "make plans",
  "change.read": "see changes and who approved them",
  "change.request": "ask for a plan to be approved",
  "change.approve": "approve or reject changes of others",
  "rollout.read": "see rollouts",
  "rollout.operate": "start, resume and stop rollouts, retry and leave out hosts",
  "rollout.halt": "halt rollouts at once",
  "audit.read": "read the ledger and its proofs",
  "audit.export": "take the whole ledger away",
  "policy.read": "read the policy files",
  "policy.apply": "put policy files in force",
  "user.read": "see people, services and their rights",
  "user.manage": "invite, disable and give rights to people",
};
