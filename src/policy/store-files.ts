import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Digest, sha256 } from "../base/digest.ts";
import type { SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import type { World } from "../db/world.ts";
import { type CadencePolicy, cadenceKind, parseCadence } from "./cadence.ts";
import { type ChangePolicy, changeKind, parseChangePolicy } from "./change-control.ts";
import {
  type ClassificationPolicy,
  classificationKind,
  parseClassification,
} from "./classification.ts";
import { type OwnersPolicy, ownersKind, parseOwners } from "./owners.ts";
import type { PolicyKind } from "./policy-kind.ts";
import { type PriorityPolicy, parsePriority, priorityKind } from "./priority.ts";
import { parseRuntimePolicy, type RuntimePolicy, runtimePolicyKind } from "./runtime.ts";
import { loadVersion } from "./store-version.ts";

const SHIPPED = new URL("../../policies/", import.meta.url);

/** The text that decides, and where it came from. */
export interface PolicyInForce {
  readonly origin: "shipped" | "own" | "applied";
  /** Where it lies; null for what was applied, which lies in the database. */
  readonly file: string | null;
  readonly digest: Digest;
  readonly since: Instant | null;
  readonly text: string;
  /** Who applied it and why; null where nobody did. */
  readonly applied: { readonly by: SubjectId; readonly reason: string } | null;
}

/**
 * What was applied last; else the operator's own file in the state folder, `policies/<name>`; else the
 * shipped preset. Whoever parses it refuses to decide where it cannot be used. Of a past moment what had
 * been applied then; files have no history, so before the first was applied it is the file of now.
 */
export async function policyInForce(
  world: World,
  of: Pick<PolicyKind, "kind" | "name">,
  asOf?: Instant,
): Promise<PolicyInForce> {
  const version = await loadVersion(world.db, of.kind, asOf);
  if (version !== null) {
    const { digest, text, appliedBy: by, appliedAt: since, reason } = version;
    return { origin: "applied", file: null, digest, since, text, applied: { by, reason } };
  }
  const own = join(world.paths.state, "policies", of.name);
  const isOwn = existsSync(own);
  const text = readFileSync(isOwn ? own : new URL(of.name, SHIPPED), "utf8");
  return {
    origin: isOwn ? "own" : "shipped",
    file: isOwn ? own : `policies/${of.name}`,
    digest: sha256(text),
    since: isOwn ? Math.floor(statSync(own).mtimeMs) : null,
    text,
    applied: null,
  };
}

/** As decisions name it: the file where there is one. */
export function nameInForce(of: PolicyInForce, name: string): string {
  return of.file ?? name;
}

export async function classificationPolicy(world: World): Promise<ClassificationPolicy> {
  const found = await policyInForce(world, classificationKind);
  return parseClassification(found.text, nameInForce(found, classificationKind.name));
}

export async function priorityPolicy(world: World): Promise<PriorityPolicy> {
  const found = await policyInForce(world, priorityKind);
  return parsePriority(found.text, nameInForce(found, priorityKind.name));
}

export async function cadencePolicy(world: World): Promise<CadencePolicy> {
  const found = await policyInForce(world, cadenceKind);
  return parseCadence(found.text, nameInForce(found, cadenceKind.name));
}

export async function runtimePolicy(world: World): Promise<RuntimePolicy> {
  const found = await policyInForce(world, runtimePolicyKind);
  return parseRuntimePolicy(found.text, nameInForce(found, runtimePolicyKind.name));
}

export async function changePolicy(world: World): Promise<ChangePolicy> {
  const found = await policyInForce(world, changeKind);
  return parseChangePolicy(found.text, nameInForce(found, changeKind.name));
}

export async function ownersPolicy(world: World): Promise<OwnersPolicy> {
  const found = await policyInForce(world, ownersKind);
  return parseOwners(found.text, nameInForce(found, ownersKind.name));
}
