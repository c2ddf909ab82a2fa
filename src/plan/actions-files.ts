import type { Digest } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import type { PlanDigest } from "../base/ids.ts";
import type { Reader } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { loadVulnerabilities } from "../intel/store-vulnerability.ts";
import {
  type AskedFile,
  type FileProof,
  proofOf,
  type SignedFile,
} from "../inventory/signed-proof.ts";
import { loadSignedFiles } from "../inventory/store-signed-packages.ts";
import { parseBody } from "./body.ts";
import type { ResolvedPair } from "./model.ts";
import { loadBodies } from "./store.ts";
import { loadSourcesOfPlan } from "./store-files.ts";

/** What signed lists say of the versions that these transactions would bring. */
export async function signedFilesOf(
  world: World,
  resolutions: readonly ResolvedPair[],
): Promise<readonly SignedFile[]> {
  const coming = new Map<string, { readonly name: string; readonly version: string }>();
  for (const { outcome } of resolutions) {
    if (outcome.kind !== "moves") continue;
    for (const { verb, name, to } of outcome.resolution.moves) {
      if (verb !== "remove") coming.set(`${name} ${to}`, { name, version: to });
    }
  }
  return await loadSignedFiles(world.db, [...coming.values()]);
}

/**
 * Looks at a plan's files once more before anything starts, by what signed lists say now: between the
 * signatures and the start a source may have been found out, or a file taken back. Throws `blocked` with
 * the code `source-distrusted`, `file-differs` or `file-unlisted`.
 */
export async function demandAuthentic(reader: Reader, plan: PlanDigest): Promise<void> {
  const groups = await loadSourcesOfPlan(reader, plan);
  if (groups.length === 0) return;
  for (const { distrusted, hosts, name } of groups) {
    const [source] = distrusted;
    if (source === undefined) continue;
    throw new Failure(
      "blocked",
      `Nothing was started: ${source}, a source of ${name} and ${hosts - 1} more hosts, is blocked or failed its check since (fettle source list). Make it whole, or plan without these hosts.`,
      { facts: { code: "source-distrusted", source, hosts } },
    );
  }
  const files = filesOf(await loadBodies(reader, plan));
  const signed = await loadSignedFiles(reader, [...files.values()].flat());
  for (const { body, read, name } of groups) {
    for (const file of files.get(body) ?? []) demandProof(file, proofOf(file, read, signed), name);
  }
}

function filesOf(
  bodies: readonly { readonly digest: Digest; readonly text: string }[],
): ReadonlyMap<Digest, readonly AskedFile[]> {
  return new Map(
    bodies.map(({ digest, text }) => {
      const parsed = parseBody(text);
      const steps = parsed.ok ? parsed.value.steps : [];
      const files = steps.flatMap((step) =>
        "sha256" in step && step.verb !== "remove"
          ? [{ name: step.name, arch: step.arch, version: step.to, sha256: step.sha256 }]
          : [],
      );
      return [digest, files];
    }),
  );
}

function demandProof(file: AskedFile, proof: FileProof, host: string): void {
  if (proof.kind !== "differs" && proof.kind !== "unlisted") return;
  const what = `${file.name} ${file.arch} ${file.version} of ${host}`;
  const why =
    proof.kind === "differs"
      ? `is not the file that ${proof.by.uri} ${proof.by.suite} signs`
      : "stands in no signed list of its sources any more";
  throw new Failure("blocked", `Nothing was started: ${what} ${why}. Make a new plan.`, {
    facts: { code: `file-${proof.kind}`, ...file, host },
  });
}

/** By CISA's catalogue, as this server knows it. */
export async function isKnownExploited(
  world: World,
  vulnerabilities: readonly string[],
): Promise<boolean> {
  const facts = await loadVulnerabilities(world.db, vulnerabilities);
  return [...facts.values()].some(({ kev }) => kev !== null);
}
