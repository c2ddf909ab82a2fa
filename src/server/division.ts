import type { Access, Permission } from "../base/permission.ts";

/**
 * By what the things of each right are divided among people, so that every route has a rule that a test
 * can hold it to and people can read (docs/permissions.md):
 *
 * - `hosts`: by the labels of hosts, and what follows from them: findings, plans, changes and rollouts
 *   are seen by whoever may see one of their hosts, and acted on by whoever reaches all of them;
 * - `services`: by the labels of services;
 * - `cases`: a case, a deferral or a triage session is seen by whoever has a host that it is about;
 * - `own`: what belongs to whoever asks, and to nobody else;
 * - `shared`: knowledge that is the same for all who hold the right;
 * - `whole`: not divided at all, so it needs the right without a label limit;
 * - `public`: for everybody, for the reason that the route gives.
 */
export type Division = "hosts" | "services" | "cases" | "own" | "shared" | "whole" | "public";

const divisions: Readonly<Record<Permission, Division>> = {
  "host.read": "hosts",
  "host.manage": "hosts",
  "host.scan": "hosts",
  "service.read": "services",
  "service.edit": "services",
  "service.publish": "services",
  "feed.read": "shared",
  "feed.load": "whole",
  "finding.read": "hosts",
  "support.decide": "whole",
  "vex.load": "shared",
  "vex.trust": "whole",
  "patch.read": "cases",
  "patch.edit": "cases",
  "triage.vote": "cases",
  "exception.read": "hosts",
  "exception.request": "hosts",
  "exception.approve": "hosts",
  "issue.read": "shared",
  "issue.edit": "shared",
  "calendar.read": "shared",
  "calendar.freeze": "hosts",
  "plan.read": "hosts",
  "plan.create": "hosts",
  "change.read": "hosts",
  "change.request": "hosts",
  "change.approve": "hosts",
  "change.vote": "hosts",
  "rollout.read": "hosts",
  "rollout.operate": "hosts",
  "rollout.halt": "hosts",
  "audit.read": "whole",
  "audit.export": "whole",
  "policy.read": "shared",
  "policy.apply": "whole",
  "user.read": "whole",
  "user.manage": "whole",
  "metrics.read": "shared",
};

/** Routes whose things are divided otherwise than their right says, each with its reason. */
const exceptions: Readonly<Record<string, readonly [division: Division, why: string]>> = {
  "GET /api/v1/overview": ["hosts", "each part by the right that it needs"],
  "GET /api/v1/search": ["hosts", "each kind by the right that it needs"],
  "GET /api/v1/live": ["hosts", "each hint by the right that its object needs"],
  "GET /api/v1/words": ["shared", "the words of the pages"],
  "GET /api/v1/roles": ["shared", "which right each role gives"],
  "GET /api/v1/people": ["shared", "names of people, to choose owners from"],
  "GET /api/v1/audit/checkpoint": ["shared", "heads of the log, which tell no event"],
  "GET /api/v1/audit/key": ["shared", "what proofs are checked with"],
  "GET /api/v1/audit/consistency": ["shared", "proofs between heads, which tell no event"],
  "GET /api/v1/host-trust/keys": ["shared", "public keys that every host knows"],
  "GET /api/v1/host-policies": ["hosts", "digests and roots are public; hosts only within labels"],
  "GET /api/v1/witnesses": ["shared", "public keys and sizes, which tell no event"],
  "GET /api/v1/restore": ["shared", "sizes of heads and counts of what is held, for all"],
  "POST /api/v1/restore/statement": ["whole", "one log for all hosts"],
  "POST /api/v1/restore/signatures": ["whole", "one log for all hosts"],
  "POST /api/v1/restore/finish": ["whole", "one log for all hosts"],
  "GET /api/v1/vex": ["shared", "what others publish; effects are counted on own hosts"],
  "GET /api/v1/vex/{vex}": ["shared", "what others publish; effects are counted on own hosts"],
  "GET /api/v1/vex-publishers": ["shared", "who is believed, for all"],
  "GET /api/v1/procedures": ["shared", "documents that any plan may name"],
  "GET /api/v1/procedures/{procedure}": ["shared", "documents that any plan may name"],
  "GET /api/v1/change-templates": ["shared", "templates that any change may use"],
  "GET /api/v1/change-templates/{template}": ["shared", "templates that any change may use"],
  "POST /api/v1/change-templates": ["whole", "a template is for all hosts"],
  "POST /api/v1/change-templates/{template}/approvals": ["whole", "a template is for all hosts"],
  "POST /api/v1/elevations/{elevation}/certificate": ["own", "what this person was lent"],
  "GET /api/v1/ssh-authority": ["shared", "public keys; lines of a host only within one's labels"],
  "POST /api/v1/ssh-authority/{act}": ["whole", "one authority signs for all hosts"],
  "POST /api/v1/elevations/{elevation}/give-up": ["own", "what this person asked for"],
  "GET /api/v1/calendar/feeds": ["own", "addresses that this person made"],
  "POST /api/v1/calendar/feeds": ["own", "addresses that this person made"],
  "DELETE /api/v1/calendar/feeds/{feed}": ["own", "addresses that this person made"],
};

export interface Divided {
  readonly division: Division;
  readonly why: string | null;
}

export function divisionOf(route: {
  readonly method: string;
  readonly path: string;
  readonly permission: Access;
}): Divided {
  const { permission } = route;
  if (typeof permission === "object") return { division: "public", why: permission.public };
  const exception = exceptions[`${route.method} ${route.path}`];
  if (exception !== undefined) return { division: exception[0], why: exception[1] };
  if (permission === "directory") return { division: "own", why: "what this directory keeps" };
  return { division: permission === "signed-in" ? "own" : divisions[permission], why: null };
}
