import { createHash, randomBytes } from "node:crypto";
import { hash, verify } from "@node-rs/argon2";
import { Failure } from "../base/failure.ts";
import { PASSWORD_CHARACTERS_MAX, PASSWORD_CHARACTERS_MIN, TOKEN_PREFIX } from "./model.ts";

/** 256 random bits as text that survives a shell, a URL and a double click. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

export function newToken(): string {
  return `${TOKEN_PREFIX}${newSecret()}`;
}

/** Random secrets need no slow hash: nobody can guess them (they are stored by this alone). */
export function secretHash(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** OWASP's parameters for argon2id: 19 MiB, two passes, one lane. */
const ARGON2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

export async function hashPassword(password: string): Promise<string> {
  const length = [...password].length;
  if (length < PASSWORD_CHARACTERS_MIN || length > PASSWORD_CHARACTERS_MAX) {
    throw new Failure(
      "invalid",
      `A password has ${PASSWORD_CHARACTERS_MIN} to ${PASSWORD_CHARACTERS_MAX} characters; a sentence works well.`,
    );
  }
  return hash(password, ARGON2);
}

let decoy: Promise<string> | null = null;

/** Takes as long for an account without a password, or none at all, as for a wrong password. */
export async function isPassword(stored: string | null, password: string): Promise<boolean> {
  decoy ??= hash(newSecret(), ARGON2);
  const against = stored ?? (await decoy);
  const isRight = await verify(against, password.slice(0, PASSWORD_CHARACTERS_MAX * 2));
  return stored !== null && isRight;
}
