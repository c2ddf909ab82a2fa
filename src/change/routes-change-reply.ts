import { z } from "zod";
import { Failure } from "../base/failure.ts";
import { instantToText } from "../base/instant.ts";
import type { RequestContext } from "../db/world.ts";
import { loadSubjectNames } from "../identity/store.ts";
import { riskLevels } from "../policy/change-control.ts";
import { type Change, changeStates } from "./model.ts";
import { approvalsFor, type ListedChange } from "./store.ts";

/** A change as every answer over HTTP tells it. */
const time = z.iso.datetime({ offset: true });

export const changeSchema = z.strictObject({
  id: z.string(),
  number: z.string(),
  patch: z.string(),
  plan: z.string().regex(/^[0-9a-f]{64}$/),
  class: z.enum(["normal", "emergency"]),
  state: z.enum(changeStates),
  title: z.string(),
  reason: z.string(),
  backout: z.string(),
  risk: z.strictObject({
    hosts: z.number().int(),
    rings: z.array(z.string()),
    restarts: z.array(z.string()),
    needsReboot: z.boolean(),
    reversibility: z.enum(["downgrade", "none"]),
    irreversible: z.array(z.string()),
    pipedHosts: z.number().int(),
    firstWaveDetects: z.number(),
  }),
  /** How risky it is: by its points, or as somebody raised it. */
  level: z.enum(riskLevels),
  need: z.number().int(),
  /** Approvals of the present plan. */
  approvals: z.number().int(),
  requester: z.string(),
  requestedAt: time,
  expiresAt: time,
  movedAt: time,
  closedReason: z.string().nullable(),
});

type ChangeReply = z.output<typeof changeSchema>;

export async function repliesFor(
  { world }: Pick<RequestContext, "world">,
  changes: readonly ListedChange[],
): Promise<ChangeReply[]> {
  const people = changes.map((change) => change.requesterPerson);
  const names = await loadSubjectNames(world.db, [...new Set(people)]);
  const handles = new Map(names.map((name) => [name.id, name.handle]));
  return changes.map((change) => ({
    id: change.id,
    number: `C-${change.number}`,
    patch: change.patch,
    plan: change.plan,
    class: change.class,
    state: change.state,
    title: change.title,
    reason: change.reason,
    backout: change.backout,
    risk: {
      ...change.risk,
      rings: [...change.risk.rings],
      restarts: [...change.risk.restarts],
      irreversible: [...change.risk.irreversible],
    },
    level: change.level,
    need: change.need,
    approvals: change.approvals,
    requester: handles.get(change.requesterPerson) ?? "",
    requestedAt: instantToText(change.requestedAt),
    expiresAt: instantToText(change.expiresAt),
    movedAt: instantToText(change.movedAt),
    closedReason: change.closedReason,
  }));
}

export async function replyFor(context: RequestContext, change: Change): Promise<ChangeReply> {
  const { length: approvals } = await approvalsFor(context.world.db, change.id);
  const [reply] = await repliesFor(context, [{ ...change, approvals }]);
  if (reply === undefined) throw new Failure("internal", "The change could not be shown.");
  return reply;
}
