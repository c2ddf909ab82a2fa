import { z } from "zod";

/**
 * A person's signature as it comes in: an SSH signature, or a passkey's answer that becomes one. One
 * form for everything that people sign: approvals, requests, gates, revocations.
 */
const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/);

const passkeySchema = z
  .strictObject({
    credential: base64url.max(1364),
    authenticatorData: base64url.max(4096),
    clientData: base64url.max(4096).describe("clientDataJSON, base64url"),
    signature: base64url.max(512),
  })
  .meta({ id: "PasskeyAnswer" });

/** Fields of a body; exactly one of them, which `isOneSignature` demands. */
export const signatureFields = {
  signature: z.string().min(1).max(8192).optional().describe("an armoured SSH signature"),
  passkey: passkeySchema.optional(),
};

export interface GivenSignature {
  readonly signature?: string | undefined;
  readonly passkey?: z.output<typeof passkeySchema> | undefined;
}

export function isOneSignature({ signature, passkey }: GivenSignature): boolean {
  return (signature === undefined) !== (passkey === undefined);
}

/** Where a signature is not demanded. */
export function isUnsignedOrOneSignature(given: GivenSignature): boolean {
  return given.signature === undefined || given.passkey === undefined;
}
