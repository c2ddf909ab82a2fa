import { z } from "zod";
import { instantToText } from "../base/instant.ts";
import { type RequestContext, type Route, route } from "../db/world.ts";
import { loadSubjectNames } from "../identity/store.ts";
import { delegate, endDelegation } from "./actions-control.ts";
import { type Delegation, loadDelegations } from "./store-control.ts";

/** Delegations over HTTP: who signs in the place of whom, seen by everybody who sees changes. */
const time = z.iso.datetime({ offset: true });

const delegationSchema = z
  .strictObject({
    id: z.string(),
    from: z.string(),
    to: z.string(),
    startsAt: time,
    endsAt: time,
    reason: z.string(),
  })
  .meta({ id: "Delegation" });

async function repliesFor(
  { world }: Pick<RequestContext, "world">,
  delegations: readonly Delegation[],
): Promise<z.output<typeof delegationSchema>[]> {
  const people = delegations.flatMap(({ from, to }) => [from, to]);
  const names = await loadSubjectNames(world.db, [...new Set(people)]);
  const handles = new Map(names.map(({ id, handle }) => [id, handle]));
  return delegations.map(({ id, from, to, startsAt, endsAt, reason }) => ({
    ...{ id, from: handles.get(from) ?? "", to: handles.get(to) ?? "", reason },
    startsAt: instantToText(startsAt),
    endsAt: instantToText(endsAt),
  }));
}

const getDelegations = route({
  method: "GET",
  path: "/api/v1/delegations",
  summary: "Who signs approvals in the place of whom, now and later.",
  permission: "change.read",
  reply: z.strictObject({ items: z.array(delegationSchema) }),
  async handle(context) {
    const { world } = context;
    const held = await loadDelegations(world.db, { now: world.clock() });
    return { items: await repliesFor(context, held) };
  },
});

const postDelegation = route({
  method: "POST",
  path: "/api/v1/delegations",
  summary: "Lets somebody else approve in your place for a time; with their own key and rights.",
  permission: "change.approve",
  freshProof: "demanded",
  status: 201,
  body: z.strictObject({
    to: z.string().min(1).max(64),
    startsAt: time.optional(),
    endsAt: time,
    reason: z.string().trim().min(1).max(2000),
  }),
  reply: delegationSchema,
  errors: ["not-found", "blocked"],
  async handle(context, { body }) {
    const made = await delegate(context.world, context.actor, {
      ...{ to: body.to, reason: body.reason },
      startsAt: body.startsAt === undefined ? null : Date.parse(body.startsAt),
      endsAt: Date.parse(body.endsAt),
    });
    const [reply] = await repliesFor(context, [made]);
    return reply as z.output<typeof delegationSchema>;
  },
});

const deleteDelegation = route({
  method: "DELETE",
  path: "/api/v1/delegations/{delegation}",
  summary: "Ends a delegation at once, by either of the two.",
  permission: "signed-in",
  params: z.strictObject({ delegation: z.string().min(1).max(64) }),
  reply: null,
  errors: ["not-found"],
  async handle({ world, actor }, { params }) {
    await endDelegation(world, actor, params.delegation);
    return null;
  },
});

export const delegationRoutes: readonly Route[] = [
  getDelegations,
  postDelegation,
  deleteDelegation,
];
