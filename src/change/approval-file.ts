import { z } from "zod";
import { Failure } from "../base/failure.ts";
import { signatureFields } from "../identity/given-signature.ts";

/**
 * What an approval desk gives back: a passkey's answer, which the server turns into an SSH signature.
 * A file with an armoured SSH signature is taken as well, as `ssh-keygen -Y sign` writes it.
 */
export const APPROVAL_FORMAT = "fettle approval 1";

const fileSchema = z.strictObject({
  format: z.literal(APPROVAL_FORMAT),
  plan: z.string().regex(/^[0-9a-f]{64}$/),
  passkey: signatureFields.passkey.unwrap(),
});

export type ApprovalFile =
  | { readonly signature: string }
  | { readonly passkey: z.output<typeof fileSchema>["passkey"] };

export function readApprovalFile(text: string): ApprovalFile {
  if (text.startsWith("-----BEGIN SSH SIGNATURE-----")) return { signature: text };
  try {
    return { passkey: fileSchema.parse(JSON.parse(text)).passkey };
  } catch (cause) {
    throw new Failure(
      "invalid",
      "The file holds neither an SSH signature nor an approval from a desk.",
      { cause },
    );
  }
}
