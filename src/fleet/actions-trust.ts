import { type Actor, scopesFor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { inTransaction } from "../db/database.ts";
import type { World } from "../db/world.ts";
import { foundHost } from "../inventory/actions.ts";
import { recordEvent } from "../ledger/record.ts";
import { askHost, isReachProblem } from "../reach/host-session.ts";
import { reachHost } from "../reach/reach-host.ts";
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
  const transport = reachHost(world.paths, host.way);
  const answer = await askHost(transport, { verb: "trust", input: input.frame, answer: "trust" });
  if (isReachProblem(answer)) {
    throw new Failure("unavailable", `${host.name} took nothing of it: ${answer.message}`);
  }
  const answers = parseTrustAnswers(answer.get("trust") ?? []);
  const refused = answers.filter((one) => one.kind === "refused");
  await inTransaction(world.db, (tx) =>
    recordEvent(tx, {
      type: "host.told",
      actor: actor.subject,
      object: `host:${host.id}`,
      facts: {
        frame: sha256(input.frame),
        taken: answers.length - refused.length,
        refused: refused.length,
        codes: [...new Set(refused.map((one) => one.code))].sort().join(" "),
      },
    }),
  );
  return answers;
}
