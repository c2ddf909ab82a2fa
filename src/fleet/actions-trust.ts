import { type Actor, scopesFor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { assert, Failure } from "../base/failure.ts";
import type { SubjectId } from "../base/ids.ts";
import { fingerprint, parsePublicKeyLine } from "../base/ssh-key.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { foundHost } from "../inventory/actions.ts";
import type { Host } from "../inventory/model.ts";
import { recordEvent } from "../ledger/record.ts";
import { askHost, isReachProblem } from "../reach/host-session.ts";
import type { ReachProblem } from "../reach/model.ts";
import { reachFor } from "../reach/reach-by-certificate.ts";
import { machineKey } from "./store-keys.ts";
import { parseTrustAnswers, type TrustAnswer } from "./trust-frame.ts";

/**
 * Carries revocations and new policies to one host, which judges each by itself; what it answers is
 * told and recorded as it is. A host that cannot be reached hears them another time.
 */
export async function tellTrust(
  world: World,
  actor: Actor,
  input: { readonly host: string; readonly frame: string },
): Promise<readonly TrustAnswer[]> {
  const host = await foundHost(world, input.host, scopesFor(actor, "host.manage"));
  if (host.way.kind !== "ssh") {
    throw new Failure(
      "blocked",
      `${host.name} is not reached over SSH. Hand the frame to its root.`,
    );
  }
  const said = await tellHost(world, host, { frame: input.frame, by: actor.subject });
  if (said.kind === "answered") return said.answers;
  throw new Failure("unavailable", `${host.name} took nothing of it: ${said.message}`);
}

/** Says the frame to a host over whatever way it has; what it answers is an event. */
export async function tellHost(
  world: World,
  host: Pick<Host, "id" | "name" | "protocolId" | "way">,
  news: { readonly frame: string; readonly by: SubjectId; readonly signal?: AbortSignal },
): Promise<{ readonly kind: "answered"; readonly answers: readonly TrustAnswer[] } | ReachProblem> {
  const { frame, by, signal } = news;
  const request = { verb: "trust", input: frame, answer: "trust" } as const;
  const transport = await reachFor(world, host);
  const said = await askHost(transport, signal === undefined ? request : { ...request, signal });
  if (isReachProblem(said)) return said;
  const answers = parseTrustAnswers(said.get("trust") ?? []);
  const refused = answers.filter((one) => one.kind === "refused");
  await inTransaction(world.db, (tx) =>
    recordEvent(tx, {
      type: "host.told",
      actor: by,
      object: `host:${host.id}`,
      facts: {
        frame: sha256(frame),
        taken: answers.length - refused.length,
        refused: refused.length,
        codes: [...new Set(refused.map((one) => one.code))].sort().join(" "),
      },
    }),
  );
  return { kind: "answered", answers };
}

export interface HostTrustKey {
  readonly name: string;
  /** As it stands in a host's policy. */
  readonly line: string;
  readonly fingerprint: string;
}

/** What an operator writes into the policy of hosts, after comparing fingerprints on this machine. */
export function hostTrustKeys(world: World): {
  readonly tenant: string;
  readonly dispatcher: HostTrustKey;
  readonly log: HostTrustKey;
} {
  const named = (word: "dispatcher" | "log", name: string): HostTrustKey => {
    const { publicKeyLine } = machineKey(world.paths.state, word);
    const key = parsePublicKeyLine(publicKeyLine);
    assert(key !== null, "machine keys are keys that hosts take");
    const line = `${word} ${name} ${key.type} ${key.base64}`;
    return { name, line, fingerprint: fingerprint(key) };
  };
  return {
    tenant: world.config.deployment,
    dispatcher: named("dispatcher", "d1"),
    log: named("log", "l1"),
  };
}
