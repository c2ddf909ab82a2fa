import { z } from "zod";
import { type ServedRoute, servedRoute } from "../ledger/served-route.ts";
import { proveAgain } from "./actions-proof.ts";
import { PASSWORD_CHARACTERS_MAX } from "./model.ts";

const password = z
  .string()
  .min(1)
  .max(PASSWORD_CHARACTERS_MAX * 2);

const postProof = servedRoute({
  method: "POST",
  path: "/api/v1/me/proof",
  summary: "Proves anew who is signed in: what matters needs a proof of the last ten minutes.",
  permission: "signed-in",
  body: z.strictObject({ password: password.optional() }),
  reply: z.strictObject({ strength: z.enum(["one", "two"]) }),
  errors: ["rate-limited"],
  async handle({ world, actor, request }, { body }) {
    const { address, credentialHash } = request;
    return proveAgain(world, actor, { ...body, address, credentialHash });
  },
});

export const proofRoutes: readonly ServedRoute[] = [postProof];
