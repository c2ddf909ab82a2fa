import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { World } from "../db/world.ts";
import { type ClassificationPolicy, parseClassification } from "./classification.ts";

const SHIPPED = new URL("../../policies/", import.meta.url);

/**
 * The classification policy in force: `policies/classification.yaml` of the state folder where the
 * operator put one, else the shipped preset. A file that cannot be used stops the decision.
 */
export function classificationPolicy(world: World): ClassificationPolicy {
  const name = "classification.yaml";
  const own = join(world.paths.state, "policies", name);
  if (existsSync(own)) return parseClassification(readFileSync(own, "utf8"), own);
  return parseClassification(readFileSync(new URL(name, SHIPPED), "utf8"), `policies/${name}`);
}
