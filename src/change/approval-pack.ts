/**
 * What an approval desk needs of a change: every document that a signature covers, and which passkeys
 * its person has there. Nothing in it is believed: the desk recomputes digests, tree and counts from
 * the bytes, and a wrong key only leads to an approval that the server refuses. Pure and without Node
 * imports, as the desk runs this very file.
 */
export interface ApprovalPack {
  readonly format: typeof PACK_FORMAT;
  readonly change: string;
  readonly statement: string;
  /** In index order. */
  readonly leaves: readonly string[];
  readonly bodies: readonly string[];
  /** Credentials of the person's passkeys, by the site each is bound to. */
  readonly passkeys: readonly { readonly site: string; readonly credential: string }[];
}

export const PACK_FORMAT = "fettle approval pack 1";

export function readPack(text: string): ApprovalPack | null {
  let pack: unknown;
  try {
    pack = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(pack) || pack["format"] !== PACK_FORMAT) return null;
  const { change, statement, leaves, bodies, passkeys } = pack;
  if (typeof change !== "string" || !/^C-[0-9]{1,10}$/.test(change)) return null;
  if (typeof statement !== "string" || !areTexts(leaves) || !areTexts(bodies)) return null;
  if (!Array.isArray(passkeys)) return null;
  const known = passkeys.filter(
    (one): one is ApprovalPack["passkeys"][number] =>
      isRecord(one) && typeof one["site"] === "string" && typeof one["credential"] === "string",
  );
  return { format: PACK_FORMAT, change, statement, leaves, bodies, passkeys: known };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function areTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}
