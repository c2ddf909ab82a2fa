import { Failure } from "../base/failure.ts";
import type { World } from "../db/world.ts";
import type { Host } from "../inventory/model.ts";
import { askHost, isReachProblem } from "../reach/host-session.ts";
import { reachHost } from "../reach/reach-host.ts";
import {
  parseTrustAnswers,
  TRUST_BYTES_MAX,
  type TrustAnswer,
  type TrustNews,
  writeTrustFrame,
} from "./trust-frame.ts";

/**
 * Carries revocations and new policies to one host, which judges each by itself; what it answers is
 * told as it is. A host that cannot be reached hears them another time.
 */
export async function tellTrust(
  world: World,
  host: Host,
  news: TrustNews,
): Promise<readonly TrustAnswer[]> {
  const input = writeTrustFrame(news);
  if (input.length > TRUST_BYTES_MAX) {
    throw new Failure(
      "too-large",
      `${host.name} cannot be told ${news.policies.length} policies and ${news.revocations.length} revocations at once: more than ${TRUST_BYTES_MAX} bytes. Tell them in parts, oldest first.`,
    );
  }
  const transport = reachHost(world.paths, host.way);
  const answer = await askHost(transport, { verb: "trust", input, answer: "trust" });
  if (isReachProblem(answer)) {
    throw new Failure(
      "unavailable",
      `${host.name} could not be told whom to believe: ${answer.message}`,
    );
  }
  return parseTrustAnswers(answer.get("trust") ?? []);
}
