import { z } from "zod";
import { holdsAnywhere } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { instantToText } from "../base/instant.ts";
import { selectorToText } from "../base/labels.ts";
import { permissions, type RoleName, roleNames, roles } from "../base/permission.ts";
import { permissionWords } from "../base/permission-words.ts";
import { type ServedRoute, servedRoute } from "../ledger/served-route.ts";
import { changePassword, logOut } from "./actions-access.ts";
import { standingNow } from "./actions-proof.ts";
import { proofWays, withheldText } from "./fresh-proof.ts";
import { PASSWORD_CHARACTERS_MAX } from "./model.ts";
import { credentialRoutes } from "./routes-credentials.ts";
import { directoryRoutes } from "./routes-directory.ts";
import { entranceRoutes, setSessionCookie } from "./routes-entrance.ts";
import { factorRoutes } from "./routes-factors.ts";
import { recoveryRoutes } from "./routes-recovery.ts";
import { scimRoutes } from "./routes-scim.ts";
import { sessionRoutes } from "./routes-session.ts";
import { routes as userRoutes } from "./routes-users.ts";
import { loadSubjectNames } from "./store.ts";

// Lengths only: the rules for passwords are told by the action, in words.
const password = z
  .string()
  .min(1)
  .max(PASSWORD_CHARACTERS_MAX * 2);
const time = z.iso.datetime();

const postLogout = servedRoute({
  method: "POST",
  path: "/api/v1/logout",
  summary:
    "Ends this session, or revokes the token that this request carries. `there` is where the browser goes on to, so that the provider ends its session too (OpenID Connect RP-Initiated Logout 1.0).",
  permission: "signed-in",
  reply: z.strictObject({
    there: z.strictObject({ url: z.string(), binding: z.string() }).nullable(),
  }),
  async handle(context) {
    const { credentialHash, origin } = context.request;
    if (credentialHash === null) throw new Failure("unauthenticated", "You are not signed in.");
    const there = await logOut(context.world, context.actor, { credentialHash, origin });
    setSessionCookie(context, "", 0);
    context.request.markSecret();
    return { there };
  },
});

const getMe = servedRoute({
  method: "GET",
  path: "/api/v1/me",
  summary: "Who is signed in, and what they may do where.",
  permission: "signed-in",
  reply: z.strictObject({
    subject: z.string(),
    handle: z.string(),
    kind: z.enum(["person", "system"]),
    via: z.enum(["session", "token", "system"]),
    /** When it was last proved who this is, and with how many factors; null: never. */
    proof: z.strictObject({ at: time, strength: z.enum(["one", "two"]) }).nullable(),
    /** With what it can be proved. */
    ways: z.array(z.enum(proofWays)),
    /** Rights that this sign-in does not carry, and why; null when it carries all. */
    withheld: z
      .strictObject({ permissions: z.array(z.enum(permissions)), reason: z.string() })
      .nullable(),
    grants: z.array(
      z.strictObject({
        role: z.enum(roleNames),
        scope: z.string(),
        permissions: z.array(z.enum(permissions)),
      }),
    ),
  }),
  async handle({ world, actor, request }) {
    const standing = await standingNow(world, actor, request.credentialHash);
    const withheld = [...(actor.withheld ?? [])].filter((permission) =>
      holdsAnywhere({ ...actor, withheld: [] }, permission),
    );
    return {
      subject: actor.subject,
      handle: actor.name,
      kind: actor.kind,
      via: actor.via,
      proof:
        standing?.proof == null
          ? null
          : { at: instantToText(standing.proof.at), strength: standing.proof.strength },
      ways: [...(standing?.ways ?? [])],
      withheld:
        standing === null || withheld.length === 0
          ? null
          : { permissions: withheld, reason: withheldText(standing) },
      grants: actor.grants.map((grant) => ({
        role: grant.role,
        scope: selectorToText(grant.scope),
        permissions: [...roles[grant.role]],
      })),
    };
  },
});

const putPassword = servedRoute({
  method: "PUT",
  path: "/api/v1/me/password",
  summary: "Sets one's own password and ends all sessions.",
  permission: "signed-in",
  body: z.strictObject({ current: password.optional(), next: password }),
  reply: null,
  errors: ["rate-limited"],
  async handle(context, { body }) {
    const { address } = context.request;
    await changePassword(context.world, context.actor, { ...body, address });
    return null;
  },
});

const getPeople = servedRoute({
  method: "GET",
  path: "/api/v1/people",
  summary: "Handles to show in place of subject ids.",
  permission: "signed-in",
  reply: z.strictObject({
    items: z.array(
      z.strictObject({
        subject: z.string(),
        handle: z.string(),
        kind: z.enum(["person", "service"]),
      }),
    ),
  }),
  async handle({ world }) {
    const names = await loadSubjectNames(world.db);
    return { items: names.map((n) => ({ subject: n.id, handle: n.handle, kind: n.kind })) };
  },
});

const roleWords: Readonly<Record<RoleName, string>> = {
  viewer: "Sees everything within its labels and changes nothing.",
  auditor: "Sees everything, who people are too, and takes the log away. Changes nothing.",
  operator: "Runs the fleet: hosts, scans, cases, plans, changes and rollouts. Approves nothing.",
  approver: "Sees everything, approves changes that others asked for, and halts rollouts.",
  publisher: "Hands in what is in services and sees what is wrong with them. For pipelines.",
  admin:
    "May do everything, people and their rights included. Still never approves an own request.",
};

const getRoles = servedRoute({
  method: "GET",
  path: "/api/v1/roles",
  summary: "The roles: what each may do, in words.",
  permission: "signed-in",
  reply: z.strictObject({
    items: z.array(
      z
        .strictObject({
          name: z.enum(roleNames),
          words: z.string(),
          permissions: z.array(z.strictObject({ name: z.enum(permissions), words: z.string() })),
        })
        .meta({ id: "Role" }),
    ),
  }),
  handle: async () => ({
    items: roleNames.map((role) => ({
      name: role,
      words: roleWords[role],
      permissions: roles[role].map((name) => ({ name, words: permissionWords[name] })),
    })),
  }),
});

export const routes: readonly ServedRoute[] = [
  ...entranceRoutes,
  postLogout,
  getMe,
  putPassword,
  getPeople,
  getRoles,
  ...factorRoutes,
  ...recoveryRoutes,
  ...credentialRoutes,
  ...sessionRoutes,
  ...userRoutes,
  ...directoryRoutes,
  ...scimRoutes,
];
