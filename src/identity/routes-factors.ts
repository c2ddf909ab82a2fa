import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";
import { z } from "zod";
import { instantToText } from "../base/instant.ts";
import { type ServedRoute, servedRoute } from "../ledger/served-route.ts";
import { demandWholeCredential } from "./actions-access.ts";
import { confirmCodes, removeCodes, renewRecoveryCodes, startCodes } from "./actions-codes.ts";
import {
  addPasskey,
  dropPasskey,
  passkeyChallenge,
  passkeyOptions,
  whyNoPasskeys,
} from "./actions-passkey-sign-in.ts";
import { proveAgain } from "./actions-proof.ts";
import { beginProvider } from "./actions-providers.ts";
import { PASSWORD_CHARACTERS_MAX } from "./model.ts";
import { newPasskeySchema, optionsSchema, signedPasskeySchema } from "./passkey-schemas.ts";
import { countRecoveryCodes, loadOneTimeCode } from "./store-factors.ts";
import { listPasskeys, type Passkey } from "./store-passkeys.ts";

/** With what one signs in and proves who one is: passkeys and one-time codes. Only one's own. */
const time = z.iso.datetime();
const password = z
  .string()
  .min(1)
  .max(PASSWORD_CHARACTERS_MAX * 2);
const code = z.string().trim().min(6).max(40);

const passkeySchema = z
  .strictObject({
    id: z.string(),
    title: z.string(),
    credential: z.string(),
    rpId: z.string(),
    /** Whether it can be copied to other devices of its owner. */
    isBackupEligible: z.boolean(),
    isBackedUp: z.boolean(),
    addedAt: time,
    usedAt: time.nullable(),
  })
  .meta({ id: "Passkey" });

function passkeyReply(key: Passkey): z.output<typeof passkeySchema> {
  const { id, title, credential, rpId, isBackupEligible, isBackedUp } = key;
  return {
    ...{ id, title, credential, rpId, isBackupEligible, isBackedUp },
    addedAt: instantToText(key.addedAt),
    usedAt: key.usedAt === null ? null : instantToText(key.usedAt),
  };
}

const getFactors = servedRoute({
  method: "GET",
  path: "/api/v1/me/factors",
  summary: "One's own passkeys, and whether one has one-time codes.",
  permission: "signed-in",
  reply: z.strictObject({
    passkeys: z.array(passkeySchema),
    hasCodes: z.boolean(),
    recoveryCodesLeft: z.number().int(),
    /** Why this server cannot have passkeys; null when it can. */
    whyNoPasskeys: z.string().nullable(),
  }),
  async handle({ world, actor }) {
    const passkeys = await listPasskeys(world.db, actor.subject);
    return {
      passkeys: passkeys.map(passkeyReply),
      hasCodes: (await loadOneTimeCode(world.db, actor.subject))?.isConfirmed === true,
      recoveryCodesLeft: await countRecoveryCodes(world.db, actor.subject),
      whyNoPasskeys: whyNoPasskeys(world),
    };
  },
});

const postPasskeyOptions = servedRoute({
  method: "POST",
  path: "/api/v1/me/passkeys/options",
  summary: "What a browser needs to make a passkey; counts for five minutes, once.",
  permission: "signed-in",
  freshProof: "first-factor",
  reply: z.strictObject({ options: optionsSchema }),
  errors: ["blocked"],
  handle: async ({ world, actor }) => ({ options: { ...(await passkeyOptions(world, actor)) } }),
});

const postPasskey = servedRoute({
  method: "POST",
  path: "/api/v1/me/passkeys",
  summary: "Adds the passkey that the browser made.",
  permission: "signed-in",
  freshProof: "first-factor",
  body: z.strictObject({ title: z.string().trim().min(1).max(100), response: newPasskeySchema }),
  reply: passkeySchema,
  status: 201,
  errors: ["conflict", "blocked"],
  async handle({ world, actor, request }, { body }) {
    const { origin, credentialHash } = request;
    const response = body.response as RegistrationResponseJSON;
    const { title } = body;
    return passkeyReply(
      await addPasskey(world, actor, { title, response, origin, credentialHash }),
    );
  },
});

const deletePasskey = servedRoute({
  method: "DELETE",
  path: "/api/v1/me/passkeys/{passkey}",
  summary: "Removes one of one's own passkeys; it signs nobody in any more.",
  permission: "signed-in",
  freshProof: "demanded",
  params: z.strictObject({ passkey: z.string().min(1).max(100) }),
  reply: null,
  errors: ["not-found"],
  async handle({ world, actor }, { params }) {
    await dropPasskey(world, actor, params.passkey);
    return null;
  },
});

const postCodes = servedRoute({
  method: "POST",
  path: "/api/v1/me/codes",
  summary: "Begins one-time codes: the secret for an app, shown once.",
  permission: "signed-in",
  freshProof: "first-factor",
  reply: z.strictObject({ secret: z.string(), uri: z.string() }),
  status: 201,
  errors: ["conflict"],
  async handle({ world, actor, request }) {
    request.markSecret();
    return startCodes(world, actor, { credentialHash: request.credentialHash });
  },
});

const recoverySchema = z.strictObject({ recoveryCodes: z.array(z.string()) });

const postConfirm = servedRoute({
  method: "POST",
  path: "/api/v1/me/codes/confirm",
  summary: "Types a first code back, from when on codes count; gives the recovery codes, once.",
  permission: "signed-in",
  freshProof: "first-factor",
  body: z.strictObject({ code }),
  reply: recoverySchema,
  errors: ["conflict", "rate-limited"],
  async handle({ world, actor, request }, { body }) {
    request.markSecret();
    const { credentialHash, address } = request;
    const given = { code: body.code, credentialHash, address };
    return { recoveryCodes: [...(await confirmCodes(world, actor, given))] };
  },
});

const postRecoveryCodes = servedRoute({
  method: "POST",
  path: "/api/v1/me/codes/recovery",
  summary: "Makes new recovery codes in place of the old ones.",
  permission: "signed-in",
  freshProof: "demanded",
  reply: recoverySchema,
  errors: ["conflict"],
  async handle({ world, actor, request }) {
    request.markSecret();
    return { recoveryCodes: [...(await renewRecoveryCodes(world, actor))] };
  },
});

const deleteCodes = servedRoute({
  method: "DELETE",
  path: "/api/v1/me/codes",
  summary: "Removes one's own one-time codes and the recovery codes.",
  permission: "signed-in",
  freshProof: "demanded",
  reply: null,
  errors: ["not-found"],
  async handle({ world, actor }) {
    await removeCodes(world, actor);
    return null;
  },
});

const postLink = servedRoute({
  method: "POST",
  path: "/api/v1/me/providers",
  summary: "Begins to link one's account to a provider, so that it signs one in from then on.",
  permission: "signed-in",
  freshProof: "first-factor",
  body: z.strictObject({ provider: z.string().min(1).max(40) }),
  reply: z.strictObject({ url: z.string(), binding: z.string() }),
  errors: ["not-found"],
  async handle({ world, actor, request }, { body }) {
    request.markSecret();
    const { origin } = request;
    await demandWholeCredential(world, actor, request.credentialHash);
    return beginProvider(world, { ...body, origin, link: actor });
  },
});

const postProofOptions = servedRoute({
  method: "POST",
  path: "/api/v1/me/proof/options",
  summary: "What a browser needs to prove it with a passkey; counts for five minutes, once.",
  permission: "signed-in",
  reply: z.strictObject({ options: optionsSchema }),
  errors: ["blocked"],
  handle: async ({ world, actor }) => ({
    options: { ...(await passkeyChallenge(world, actor.subject)) },
  }),
});

const postProof = servedRoute({
  method: "POST",
  path: "/api/v1/me/proof",
  summary: "Proves anew who is signed in: what matters needs a proof of the last ten minutes.",
  permission: "signed-in",
  body: z.union([
    z.strictObject({ password, code: code.optional() }),
    z.strictObject({ passkey: signedPasskeySchema }),
  ]),
  reply: z.strictObject({ strength: z.enum(["one", "two"]) }),
  errors: ["rate-limited"],
  async handle({ world, actor, request }, { body }) {
    const { address, credentialHash, origin } = request;
    const given =
      "passkey" in body
        ? { passkey: body.passkey as AuthenticationResponseJSON }
        : { password: body.password, code: body.code };
    return proveAgain(world, actor, { ...given, address, credentialHash, origin });
  },
});

export const factorRoutes: readonly ServedRoute[] = [
  getFactors,
  postPasskeyOptions,
  postPasskey,
  deletePasskey,
  postCodes,
  postConfirm,
  postRecoveryCodes,
  deleteCodes,
  postLink,
  postProofOptions,
  postProof,
];
