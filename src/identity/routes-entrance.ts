import type { AuthenticationResponseJSON } from "@simplewebauthn/server";
import { z } from "zod";
import { instantToText } from "../base/instant.ts";
import { type ServedContext, type ServedRoute, servedRoute } from "../ledger/served-route.ts";
import { acceptInvite } from "./actions-access.ts";
import {
  type Entered,
  type EntranceCall,
  enterByPasskey,
  enterByPassword,
} from "./actions-enter.ts";
import { passkeyChallenge, whyNoPasskeys } from "./actions-passkey-sign-in.ts";
import { finishSignOutThere } from "./actions-provider-sign-out.ts";
import { beginProvider, finishProvider } from "./actions-providers.ts";
import { recover } from "./actions-recovery.ts";
import { type NewSignIn, requestSetupLink, setUp } from "./actions-setup.ts";
import { PASSWORD_CHARACTERS_MAX, SESSION_COOKIE, SESSION_LIFE_MS_MAX } from "./model.ts";
import { optionsSchema, signedPasskeySchema } from "./passkey-schemas.ts";
import { isSetupClosed } from "./store-setup-secret.ts";

/**
 * All that somebody can reach who is not signed in, beside health and the calendar feed: what the
 * entrance looks like, the doors that open once (setup, invitation), and signing in. A seventh open
 * route needs a very good reason; a test counts them.
 */
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

const getEntrance = servedRoute({
  method: "GET",
  path: "/api/v1/entrance",
  summary: "Whether the first administrator is still to be made, and how one can sign in.",
  permission: { public: "The sign-in page must know whether and how anybody can sign in." },
  reply: z.strictObject({
    isSetupOpen: z.boolean(),
    hasPasskeys: z.boolean(),
    providers: z.array(z.strictObject({ name: z.string(), title: z.string() })),
  }),
  async handle({ world }) {
    return {
      isSetupOpen: !(await isSetupClosed(world)),
      hasPasskeys: whyNoPasskeys(world) === null,
      providers: world.config.signIn.providers.map(({ name, title }) => ({ name, title })),
    };
  },
});

const signInSchema = z
  .strictObject({
    kind: z.literal("token"),
    subject: z.string(),
    token: z.string(),
    expiresAt: time,
  })
  .meta({ id: "SignIn" });
const linkSchema = z.strictObject({ kind: z.literal("link"), path: z.string(), expiresAt: time });

function signInReply(made: NewSignIn): z.output<typeof signInSchema> {
  const { subject, token } = made;
  return { kind: "token", subject, token, expiresAt: instantToText(made.expiresAt) };
}

const postEntrance = servedRoute({
  method: "POST",
  path: "/api/v1/entrance",
  summary:
    "Opens a door that opens once: `setup` makes the first administrator, `setup-link` a link for that, `invitation` lets an invited person in, `recovery` brings back an administrator by two people at the machine.",
  permission: { public: "Who comes in here has no account yet; each door needs its own secret." },
  body: z.discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("setup"),
      secret,
      handle,
      name,
      password: password.optional(),
    }),
    z.strictObject({ kind: z.literal("setup-link"), secret }),
    z.strictObject({
      kind: z.literal("invitation"),
      invite: secret,
      password: password.optional(),
    }),
    z.strictObject({
      kind: z.literal("recovery"),
      secret,
      handle,
      codes: z.array(z.string().min(20).max(100)).length(2),
    }),
  ]),
  reply: z.discriminatedUnion("kind", [signInSchema, linkSchema]),
  status: 201,
  errors: ["forbidden", "rate-limited"],
  async handle({ world, request }, { body }) {
    const { address } = request;
    request.markSecret();
    switch (body.kind) {
      case "setup":
        return signInReply(await setUp(world, { ...body, address }));
      case "setup-link": {
        const { path, expiresAt } = await requestSetupLink(world, { ...body, address });
        return { kind: "link" as const, path, expiresAt: instantToText(expiresAt) };
      }
      case "recovery": {
        const { path, expiresAt } = await recover(world, { ...body, address });
        return { kind: "link" as const, path, expiresAt: instantToText(expiresAt) };
      }
      case "invitation":
        return signInReply(await acceptInvite(world, { ...body, address }));
    }
  },
});

const as = z.enum(["session", "token"]).default("session");

const postSession = servedRoute({
  method: "POST",
  path: "/api/v1/sessions",
  summary:
    "Signs in: by `password` (and code), by `passkey` after `passkey-options`, or by `provider-answer` after `provider`; `provider-signed-out` ends a sign-out that went through a provider. A session's secret is in the cookie only; `as: token` gives a token for the command line instead.",
  permission: { public: "This is how one signs in." },
  body: z.discriminatedUnion("by", [
    z.strictObject({
      by: z.literal("password"),
      as,
      handle: z.string().min(1).max(63),
      password,
      code: z.string().trim().min(1).max(40).optional(),
    }),
    z.strictObject({ by: z.literal("passkey-options") }),
    z.strictObject({ by: z.literal("passkey"), as, response: signedPasskeySchema }),
    z.strictObject({ by: z.literal("provider"), provider: z.string().min(1).max(40) }),
    z.strictObject({
      by: z.literal("provider-answer"),
      as,
      /** The query that the provider sent the browser back with. */
      answer: z.string().min(1).max(8_000),
      binding: secret,
    }),
    z.strictObject({
      by: z.literal("provider-signed-out"),
      /** The state that the provider sent the browser back with. */
      state: z.string().min(1).max(200),
      binding: secret,
    }),
  ]),
  reply: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("session"), subject: z.string() }),
    signInSchema,
    z.strictObject({ kind: z.literal("passkey-options"), options: optionsSchema }),
    z.strictObject({ kind: z.literal("provider"), url: z.string(), binding: z.string() }),
    z.strictObject({ kind: z.literal("signed-out"), title: z.string() }),
  ]),
  errors: [
    "unauthenticated",
    "proof-needed",
    "rate-limited",
    "forbidden",
    "blocked",
    "not-found",
    "conflict",
  ],
  async handle(context, { body }) {
    const { world, request } = context;
    const { address, program, origin } = request;
    const call = (kind: EntranceCall["as"]) => ({ as: kind, address, program, origin });
    switch (body.by) {
      case "password":
        return entered(context, await enterByPassword(world, { ...body, ...call(body.as) }));
      case "passkey-options": {
        const options = await passkeyChallenge(world, null);
        return { kind: "passkey-options" as const, options: { ...options } };
      }
      case "passkey": {
        const response = body.response as AuthenticationResponseJSON;
        return entered(context, await enterByPasskey(world, { response, ...call(body.as) }));
      }
      case "provider": {
        request.markSecret();
        const { provider } = body;
        const begun = await beginProvider(world, { provider, origin, link: null });
        return { kind: "provider" as const, ...begun };
      }
      case "provider-signed-out": {
        const title = await finishSignOutThere(world, { ...body, address });
        return { kind: "signed-out" as const, title };
      }
      case "provider-answer":
        return entered(context, await finishProvider(world, { ...body, ...call(body.as) }));
    }
  },
});

function entered(context: ServedContext, made: Entered) {
  context.request.markSecret();
  if (made.as === "token") return signInReply(made);
  setSessionCookie(context, made.secret, SESSION_LIFE_MS_MAX / 1000);
  return { kind: "session" as const, subject: made.subject };
}

/** ASVS 5.0 V3.3: never readable by scripts, never sent from another site, never without TLS. */
export function setSessionCookie(context: ServedContext, value: string, seconds: number): void {
  const attributes = `Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=${seconds}`;
  context.request.setHeader("set-cookie", `${SESSION_COOKIE}=${value}; ${attributes}`);
}

export const entranceRoutes: readonly ServedRoute[] = [getEntrance, postEntrance, postSession];
