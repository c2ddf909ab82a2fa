/**
 * What a route may demand, and which role grants it. A role is a named set of permissions; a grant
 * gives a subject one role over one label expression. Nothing here is a way around separation of
 * duties: whoever requests a change cannot approve it, whatever their roles.
 */
export const permissions = [
  "host.read",
  "host.manage",
  "host.scan",
  "service.read",
  "service.edit",
  "service.publish",
  "feed.read",
  "feed.load",
  "finding.read",
  "support.decide",
  "vex.load",
  "vex.trust",
  "patch.read",
  "patch.edit",
  "triage.vote",
  "exception.read",
  "exception.request",
  "exception.approve",
  "issue.read",
  "issue.edit",
  "calendar.read",
  "calendar.freeze",
  "plan.read",
  "plan.create",
  "change.read",
  "change.request",
  "change.vote",
  "change.approve",
  "rollout.read",
  "rollout.operate",
  "rollout.halt",
  "audit.read",
  "audit.export",
  "metrics.read",
  "policy.read",
  "policy.apply",
  "user.read",
  "user.manage",
] as const;

export type Permission = (typeof permissions)[number];

/**
 * `public` needs no sign-in and must say why; `signed-in` needs any live subject; `directory` needs a
 * token of a directory (SCIM), which opens nothing else.
 */
export type Access = Permission | "signed-in" | "directory" | { readonly public: string };

export const roleNames = [
  "viewer",
  "auditor",
  "operator",
  "approver",
  "publisher",
  "admin",
] as const;
export type RoleName = (typeof roleNames)[number];

const viewer = permissions.filter(
  (p) => p.endsWith(".read") && p !== "user.read",
) as readonly Permission[];

export const roles: Readonly<Record<RoleName, readonly Permission[]>> = {
  viewer: [...viewer, "audit.export"],
  /** Reads everything, who people are too, takes the log away, and changes nothing. */
  auditor: [...viewer, "user.read", "audit.export"],
  operator: [
    ...viewer,
    "host.manage",
    "host.scan",
    "service.edit",
    "service.publish",
    "feed.load",
    "vex.load",
    "support.decide",
    "patch.edit",
    "triage.vote",
    "exception.request",
    "issue.edit",
    "calendar.freeze",
    "plan.create",
    "change.request",
    "change.vote",
    "rollout.operate",
    "rollout.halt",
  ],
  approver: [
    ...viewer,
    "vex.load",
    "vex.trust",
    "triage.vote",
    "exception.approve",
    "calendar.freeze",
    "change.vote",
    "change.approve",
    "rollout.halt",
  ],
  /** A pipeline that hands in what it built and asks what is wrong with it. */
  publisher: ["service.read", "service.publish", "finding.read"],
  admin: permissions,
};
