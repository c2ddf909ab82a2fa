import { z } from "zod";
import { instantToText } from "../base/instant.ts";
import type { JsonObject } from "../base/json.ts";
import { proofWays, type Standing } from "./fresh-proof.ts";

/**
 * How strongly somebody is signed in, as the entries of their acts say it: with what they proved
 * themselves last, of how many factors that was, and when. What a provider said of it (`amr`, RFC 8176,
 * and `acr`, OpenID Connect Core 1.0 §2) stands there as it came.
 */
const amr = z.array(z.string().max(64)).max(16);
const acr = z.string().max(200);

const provedSchema = z.looseObject({
  by: z.enum(proofWays),
  strength: z.enum(["one", "two"]),
  provider: z.string().optional(),
  amr: amr.optional(),
  acr: acr.optional(),
});

/** The newest event in the log in which this very session proved who has it. */
export interface ProvedEvent {
  readonly type: string;
  readonly facts: JsonObject;
}

/** The types of those events. Adding a factor proves it in the same breath. */
export const provedTypes = [
  "session.started",
  "proof.given",
  "code.added",
  "passkey.added",
] as const;

/**
 * What an entry says. A token is a token, whatever its owner proved when they made it; of a session
 * whose proof the log does not tell (begun by an earlier release) only the strength is said.
 */
export function signInSaid(standing: Standing, last: ProvedEvent | null): JsonObject {
  const { proof, via } = standing;
  const known: JsonObject =
    proof === null ? {} : { strength: proof.strength, proved: instantToText(proof.at) };
  if (via === "token") return { by: "token", ...known };
  const told = last === null ? null : provedOf(last);
  // They differ only where a proof was given while this request was under way.
  if (told === null || told.strength !== proof?.strength) return known;
  const { by, provider, ...rest } = told;
  const words = { ...(provider === undefined ? {} : { provider }), ...wordsOf(rest) };
  return { by, ...known, ...words };
}

function provedOf({ type, facts }: ProvedEvent): z.output<typeof provedSchema> | null {
  if (type === "code.added") return { by: "code", strength: "two" };
  if (type === "passkey.added") return { by: "passkey", strength: "two" };
  const parsed = provedSchema.safeParse(facts);
  if (!parsed.success) return null;
  // A password makes two factors only together with a code.
  const isCode = parsed.data.by === "password" && parsed.data.strength === "two";
  return isCode ? { ...parsed.data, by: "code" } : parsed.data;
}

/** A provider's words that an entry takes: few and short ones; others are left out, never cut. */
export function wordsOf(claims: {
  readonly amr?: readonly string[] | undefined;
  readonly acr?: string | undefined;
}): JsonObject {
  const [methods, context] = [amr.safeParse(claims.amr), acr.safeParse(claims.acr)];
  return {
    ...(methods.success ? { amr: methods.data } : {}),
    ...(context.success ? { acr: context.data } : {}),
  };
}
