import { z } from "zod";
import { holdsAnywhere } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { instantToText } from "../base/instant.ts";
import { selectorToText } from "../base/labels.ts";
import { permissions, type RoleName, roleNames, roles } from "../base/permission.ts";
import { permissionWords } from "../base/permission-words.ts";
import { type ServedContext, type ServedRoute, servedRoute } from "../ledger/served-route.ts";
import { acceptInvite, changePassword, logIn, logOut } from "./actions-access.ts";
import { standingNow } from "./actions-proof.ts";
import { type NewSignIn, requestSetupLink, setUp } from "./actions-setup.ts";
import { proofWays, withheldText } from "./fresh-proof.ts";
import { PASSWORD_CHARACTERS_MAX, SESSION_COOKIE, SESSION_LIFE_MS_MAX } from "./model.ts";
import { credentialRoutes } from "./routes-credentials.ts";
import { proofRoutes } from "./routes-proof.ts";
import { sessionRoutes } from "./routes-session.ts";
import { routes as userRoutes } from "./routes-users.ts";
import { loadSubjectNames } from "./store.ts";
import { isSetupClosed } from "./store-setup-secret.ts";

// Lengths only: the rules for passwords are told by the action, in words.
const password = z
  .string()
  .min(1)
  .max(PASSWORD_CHARACTERS_MAX * 2);
const secret = z.string().min(20).max(200);
const handle = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9.-]{0,62}$/,
    "a handle has small letters, digits, dots and dashes, 63 at most, and begins with a letter or digit",
  );
const name = z.string().trim().min(1).max(200);
const time = z.iso.datetime();

const signInSchema = z
  .strictObject({ subject: z.string(), token: z.string(), expiresAt: time })
  .meta({ id: "SignIn" });

function signInReply(context: ServedContext, made: NewSignIn): z.output<typeof signInSchema> {
  context.request.markSecret();
  return { subject: made.subject, token: made.token, expiresAt: instantToText(made.expiresAt) };
}

const postSetup = servedRoute({
  method: "POST",
  path: "/api/v1/setup",
  summary: "Makes the first administrator. Works once, with the secret of the state folder.",
  permission: { public: "Nobody can sign in before the first administrator exists." },
  body: z.strictObject({ secret, handle, name, password: password.optional() }),
  reply: signInSchema,
  status: 201,
  errors: ["forbidden", "rate-limited"],
  async handle(context, { body }) {
    const { address } = context.request;
    return signInReply(context, await setUp(context.world, { ...body, address }));
  },
});

const getSetup = servedRoute({
  method: "GET",
  path: "/api/v1/setup",
  summary: "Whether the first administrator is still to be made.",
  permission: { public: "The sign-in page must know whether anybody can sign in yet." },
  reply: z.strictObject({ isOpen: z.boolean() }),
  async handle({ world }) {
    return { isOpen: !(await isSetupClosed(world)) };
  },
});

const postSetupLink = servedRoute({
  method: "POST",
  path: "/api/v1/setup/link",
  summary: "Makes a link for setting up from another machine: one use, 15 minutes.",
  permission: { public: "Nobody can sign in before the first administrator exists." },
  body: z.strictObject({ secret }),
  reply: z.strictObject({ path: z.string(), expiresAt: time }),
  status: 201,
  errors: ["forbidden", "rate-limited"],
  async handle(context, { body }) {
    const { address } = context.request;
    context.request.markSecret();
    const link = await requestSetupLink(context.world, { secret: body.secret, address });
    return { path: link.path, expiresAt: instantToText(link.expiresAt) };
  },
});

const postLogin = servedRoute({
  method: "POST",
  path: "/api/v1/login",
  summary: "Starts a session for a browser; its secret is in the cookie only.",
  permission: { public: "This is how one signs in." },
  body: z.strictObject({ handle: z.string().min(1).max(63), password }),
  reply: z.strictObject({ subject: z.string() }),
  errors: ["unauthenticated", "rate-limited"],
  async handle(context, { body }) {
    const { address, program } = context.request;
    const { subject, sessionSecret } = await logIn(context.world, { ...body, address, program });
    setSessionCookie(context, sessionSecret, SESSION_LIFE_MS_MAX / 1000);
    return { subject };
  },
});

/** ASVS 5.0 V3.3: never readable by scripts, never sent from another site, never without TLS. */
function setSessionCookie(context: ServedContext, value: string, seconds: number): void {
  const attributes = `Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=${seconds}`;
  context.request.setHeader("set-cookie", `${SESSION_COOKIE}=${value}; ${attributes}`);
}

const postLogout = servedRoute({
  method: "POST",
  path: "/api/v1/logout",
  summary: "Ends this session, or revokes the token that this request carries.",
  permission: "signed-in",
  reply: null,
  async handle(context) {
    const { credentialHash } = context.request;
    if (credentialHash === null) throw new Failure("unauthenticated", "You are not signed in.");
    await logOut(context.world, context.actor, credentialHash);
    setSessionCookie(context, "", 0);
    return null;
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

const postAccept = servedRoute({
  method: "POST",
  path: "/api/v1/invite/accept",
  summary: "Uses an invitation: sets a password and gives the person's first token.",
  permission: { public: "An invited person cannot sign in yet." },
  body: z.strictObject({ invite: secret, password: password.optional() }),
  reply: signInSchema,
  status: 201,
  errors: ["forbidden", "rate-limited"],
  async handle(context, { body }) {
    const { address } = context.request;
    return signInReply(context, await acceptInvite(context.world, { ...body, address }));
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
  postSetup,
  getSetup,
  postSetupLink,
  postLogin,
  postLogout,
  getMe,
  putPassword,
  postAccept,
  getPeople,
  getRoles,
  ...proofRoutes,
  ...credentialRoutes,
  ...sessionRoutes,
  ...userRoutes,
];
