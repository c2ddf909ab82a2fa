import { z } from "zod";
import { instantToText } from "../base/instant.ts";
import { type ServedRoute, servedRoute } from "../ledger/served-route.ts";
import { providerLogout } from "./actions-provider-logout.ts";
import { endOtherSessions, endSession, listSessions } from "./actions-session.ts";
import { browserName } from "./browser-name.ts";
import { SESSION_IDLE_MS_MAX, SESSION_LIFE_MS_MAX, type Session } from "./model.ts";

/** Where one is signed in with a browser. Tokens of programs are beside it, in /api/v1/tokens. */
const ref = z.string().min(1).max(100);
const time = z.iso.datetime();
const userQuery = z.strictObject({ user: ref.optional() });

const sessionSchema = z
  .strictObject({
    id: z.string(),
    /** The browser and its system, by its own word. */
    program: z.string(),
    address: z.string(),
    startedAt: time,
    seenAt: time,
    /** When it ends if nothing more is done with it. */
    endsAt: time,
    isCurrent: z.boolean(),
  })
  .meta({ id: "Session" });

function sessionReply(session: Session): z.output<typeof sessionSchema> {
  const { id, address, isCurrent, startedAt, seenAt } = session;
  const endsAt = Math.min(seenAt + SESSION_IDLE_MS_MAX, startedAt + SESSION_LIFE_MS_MAX);
  return {
    ...{ id, address, isCurrent, program: browserName(session.program) },
    startedAt: instantToText(startedAt),
    seenAt: instantToText(seenAt),
    endsAt: instantToText(endsAt),
  };
}

const getSessions = servedRoute({
  method: "GET",
  path: "/api/v1/sessions",
  summary: "Where one is signed in with a browser; a user's for those who may read users.",
  permission: "signed-in",
  query: userQuery,
  reply: z.strictObject({ items: z.array(sessionSchema) }),
  errors: ["not-found"],
  async handle({ world, actor, request }, { query }) {
    const { credentialHash } = request;
    const sessions = await listSessions(world, actor, { ...query, credentialHash });
    return { items: sessions.map(sessionReply) };
  },
});

const deleteSessionRoute = servedRoute({
  method: "DELETE",
  path: "/api/v1/sessions/{session}",
  summary: "Ends one sign-in at once; a user's for those who manage users.",
  permission: "signed-in",
  params: z.strictObject({ session: ref }),
  query: userQuery,
  reply: null,
  errors: ["not-found"],
  async handle({ world, actor, request }, { params, query }) {
    const { credentialHash } = request;
    await endSession(world, actor, { ...query, session: params.session, credentialHash });
    return null;
  },
});

const postEndOthers = servedRoute({
  method: "POST",
  path: "/api/v1/sessions/end-others",
  summary: "Ends every sign-in but the one that asks.",
  permission: "signed-in",
  body: userQuery,
  reply: z.strictObject({ ended: z.number().int() }),
  errors: ["not-found"],
  async handle({ world, actor, request }, { body }) {
    const { credentialHash } = request;
    return { ended: await endOtherSessions(world, actor, { ...body, credentialHash }) };
  },
});

const postProviderLogout = servedRoute({
  method: "POST",
  path: "/api/v1/providers/{provider}/logout",
  summary:
    "A provider says that somebody signed out there (OpenID Connect Back-Channel Logout 1.0).",
  permission: { public: "a provider has no account here; its token is signed by its own keys" },
  params: z.strictObject({ provider: z.string().min(1).max(40) }),
  body: z.looseObject({ logout_token: z.string().min(1).max(16_384) }),
  bodyBytesMax: 32_768,
  isBodyForm: true,
  reply: z.strictObject({}),
  errors: ["not-found", "rate-limited"],
  async handle({ world, request }, { params, body }) {
    const { address } = request;
    await providerLogout(world, { ...params, token: body.logout_token, address });
    return {};
  },
});

export const sessionRoutes: readonly ServedRoute[] = [
  getSessions,
  deleteSessionRoute,
  postEndOthers,
  postProviderLogout,
];
