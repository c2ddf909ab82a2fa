import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Digest, sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import type { Instant } from "../base/instant.ts";
import type { World } from "../db/world.ts";
import { type ClassificationPolicy, parseClassification } from "./classification.ts";
import { parseRings } from "./rings.ts";

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

export interface PolicyFile {
  readonly name: string;
  readonly kind: "classification" | "rings";
  readonly decides: string;
  readonly origin: "shipped" | "own";
  readonly file: string;
  readonly digest: Digest;
  readonly since: Instant | null;
  readonly text: string;
  readonly problem: string | null;
}

const shippedKinds = [
  {
    kind: "classification",
    name: "classification.yaml",
    decides: "How urgent a case is and which way it goes.",
    parse: parseClassification,
  },
  {
    kind: "rings",
    name: "rings.yaml",
    decides:
      "In which order and how fast a change reaches hosts, when it stops, and who must agree.",
    parse: parseRings,
  },
] as const;

/** The files that decide now, and why one of them cannot. */
export function policyFiles(world: World): readonly PolicyFile[] {
  return shippedKinds.map(({ kind, name, decides, parse }) => {
    const own = join(world.paths.state, "policies", name);
    const isOwn = existsSync(own);
    const file = isOwn ? own : `policies/${name}`;
    const path = isOwn ? own : new URL(name, SHIPPED);
    const text = readFileSync(path, "utf8");
    return {
      kind,
      name,
      decides,
      origin: isOwn ? "own" : "shipped",
      file,
      digest: sha256(text),
      since: isOwn ? Math.floor(statSync(path).mtimeMs) : null,
      text,
      problem: problemOf(() => parse(text, file)),
    };
  });
}

function problemOf(parse: () => unknown): string | null {
  try {
    parse();
    return null;
  } catch (cause) {
    if (cause instanceof Failure) return cause.message;
    throw cause;
  }
}
