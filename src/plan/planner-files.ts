import { durationToText, instantToText } from "../base/instant.ts";
import { proofOf, type SignedFile } from "../inventory/signed-proof.ts";
import { youngerBecause } from "../policy/rings-sources.ts";
import type { Exclusion, FileReport, PlanHost, PlanInput, Resolution } from "./model.ts";

/**
 * Whether the files that a plan names are those that their vendors signed, and old enough, as far as
 * this server read the sources of each host.
 */
export type FileFacts = Pick<PlanInput, "policy" | "issuedAt" | "signed" | "isKnownExploited">;

export type JudgeOfFiles = (
  host: Pick<PlanHost, "read">,
  resolution: Resolution,
) => Exclusion | null;

/** `fileExclusion` once for each transaction and what is read of a host's sources: hosts share both. */
export function judgeOfFiles(facts: FileFacts): JudgeOfFiles {
  const known = new Map<Resolution, Map<string, Exclusion | null>>();
  return (host, resolution) => {
    // Most fleets of a million hosts pass here: nothing is read of their sources, and nothing is asked.
    const { minimumAgeMs, unproven } = facts.policy.sources;
    const isAnyTaken = minimumAgeMs === null && unproven === "allow";
    if (host.read.sources.length === 0 && isAnyTaken) return null;
    const ofResolution = known.get(resolution) ?? new Map<string, Exclusion | null>();
    known.set(resolution, ofResolution);
    const { sources, archs, isAll } = host.read;
    const key = `${sources.join()} ${archs?.join() ?? "-"} ${isAll}`;
    const before = ofResolution.get(key);
    if (before !== undefined) return before;
    const judged = fileExclusion(host, resolution, facts);
    ofResolution.set(key, judged);
    return judged;
  };
}

/** Why a host's transaction may not be planned; null where it may. */
export function fileExclusion(
  host: Pick<PlanHost, "read">,
  resolution: Resolution,
  facts: FileFacts,
): Exclusion | null {
  const coming = resolution.moves.filter((move) => move.verb !== "remove").map(askedFile);
  const proofs = coming.map((file) => ({ file, proof: proofOf(file, host.read, facts.signed) }));
  const bad = proofs.flatMap(({ file, proof }) => {
    if (proof.kind === "signed") return [];
    if (proof.kind === "unproven" && facts.policy.sources.unproven === "allow") return [];
    const by = proof.kind === "differs" ? `${proof.by.uri} ${proof.by.suite}` : null;
    return [{ ...file, because: proof.kind, by }];
  });
  if (bad.length > 0) return { why: "not-authentic", files: bad };
  const { minimumAgeMs } = facts.policy.sources;
  if (minimumAgeMs === null) return null;
  const young = proofs.flatMap(({ file, proof }) => {
    const by = proof.kind === "signed" ? proof.by : null;
    const firstSeen = by?.firstSeen ?? null;
    if (isOld(firstSeen, facts) || exception(by, facts) !== null) return [];
    return [{ name: file.name, version: file.version, firstSeen }];
  });
  return young.length === 0
    ? null
    : { why: "too-young", files: young, minimumAgeSeconds: minimumAgeMs / 1000 };
}

function askedFile({ name, arch, to, sha256 }: Resolution["moves"][number]) {
  return { name, arch, version: to, sha256 };
}

function isOld(firstSeen: number | null, { policy, issuedAt }: FileFacts): boolean {
  return firstSeen !== null && issuedAt - firstSeen >= (policy.sources.minimumAgeMs ?? 0);
}

function exception(by: SignedFile | null, facts: FileFacts): string | null {
  const { isKnownExploited, policy } = facts;
  return youngerBecause(policy.sources, { suite: by?.suite ?? null, isKnownExploited });
}

/** Each file that the plan brings, once, with what is known of it. */
export function fileReports(
  candidates: readonly { readonly host: PlanHost; readonly resolution: Resolution }[],
  facts: FileFacts,
): readonly FileReport[] {
  const found = new Map<string, FileReport>();
  const seen = new Set<string>();
  for (const { host, resolution } of candidates) {
    if (host.read.sources.length === 0) continue;
    const key = `${resolution.packageSet} ${resolution.offerSet} ${host.read.sources.join()}`;
    if (seen.has(key)) continue;
    seen.add(key);
    for (const move of resolution.moves) {
      if (move.verb === "remove") continue;
      const file = askedFile(move);
      const proof = proofOf(file, host.read, facts.signed);
      const by = proof.kind === "signed" ? proof.by : null;
      const isYoung =
        facts.policy.sources.minimumAgeMs !== null && !isOld(by?.firstSeen ?? null, facts);
      const younger = isYoung ? exception(by, facts) : null;
      found.set(`${file.name} ${file.arch} ${file.version} ${by?.source ?? ""}`, {
        ...{ ...file, younger },
        by: by === null ? null : evidence(by),
      });
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, report]) => report);
}

function evidence(by: SignedFile): NonNullable<FileReport["by"]> {
  const { uri, suite, list, dated, signedBy, firstSeen } = by;
  return { uri, suite, list, dated, signedBy, firstSeen };
}

export function fileToText({ name, arch, version, sha256, by, younger }: FileReport): string {
  const file = `${name} ${arch} ${version} (sha256 ${sha256})`;
  const young = younger === null ? "" : `; younger than the policy asks: ${younger}`;
  if (by === null) return `${file}: no signed index that this server read names it${young}`;
  const since = `since ${instantToText(by.firstSeen)}`;
  return `${file}: named by ${by.list} of ${by.uri} ${by.suite} of ${instantToText(by.dated)}, signed by ${by.signedBy}, ${since}${young}`;
}

/** What people should mind of the files; nothing where no source of the hosts is read. */
export function fileWarnings(files: readonly FileReport[]): string[] {
  const unproven = files.filter(({ by }) => by === null).map(({ name }) => name);
  const young = files.filter(({ younger }) => younger !== null);
  return [
    ...(unproven.length === 0
      ? []
      : [
          `No signed index that this server read names ${[...new Set(unproven)].join(", ")}; only the hosts verify them.`,
        ]),
    ...young.map(
      ({ name, version, younger }) =>
        `${name} ${version} is younger than the policy asks, let in as: ${younger}.`,
    ),
  ];
}

type FileExclusion = Extract<Exclusion, { why: "not-authentic" | "too-young" }>;

export function fileExclusionToText(because: FileExclusion): string {
  if (because.why === "too-young") {
    const age = durationToText(because.minimumAgeSeconds * 1000);
    const files = because.files.map(({ name, version, firstSeen }) => {
      const since = firstSeen === null ? "in no signed index so far" : instantToText(firstSeen);
      return `${name} ${version} (${since})`;
    });
    return `the policy asks that files stood in a signed index for ${age}: ${files.join(", ")}`;
  }
  const files = because.files.map(({ name, version, because: how, by }) => {
    if (how === "differs") return `${name} ${version} is not the file that ${by} signs`;
    return how === "unlisted"
      ? `${name} ${version} stands in no signed list of its sources`
      : `${name} ${version} stands in no signed list that this server verified, as the policy asks: pin its source with fettle source pin`;
  });
  return `${files.join("; ")} (fettle source check ADDRESS SUITE reads the lists again)`;
}
