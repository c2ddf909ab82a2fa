import canonicalize from "canonicalize";
import { Bug } from "./failure.ts";

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/** Canonical JSON (RFC 8785): one text per value, so a digest of it means something. */
export function canonicalJson(value: Json): string {
  const text = canonicalize(value);
  if (text === undefined) throw new Bug("value has no JSON form");
  return text;
}
