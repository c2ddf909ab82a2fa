import { sha256 } from "../base/digest.ts";
import type { PlanDigest } from "../base/ids.ts";

/** The plan digest is SHA-256 of the statement's exact bytes; nothing is re-encoded (§2). */
export function statementDigest(statement: string): PlanDigest {
  return sha256(statement) as PlanDigest;
}
