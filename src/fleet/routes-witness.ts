import { z } from "zod";
import { instantToText } from "../base/instant.ts";
import { type Route, route } from "../db/world.ts";
import {
  addWitness,
  changeOperator,
  changeQuorum,
  changeRingQuorum,
  dropWitness,
  showWitnesses,
  type Witnesses,
} from "./actions-witnesses.ts";
import type { ListedWitness } from "./store-witness.ts";

/** Witnesses of the log over HTTP. */

const time = z.iso.datetime();
const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, "lower-case letters, digits, dots and dashes, up to 63");

const operator = name.describe("whose hands it is in: a team, a company, a site");
const ring = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9.-]{0,62}$/,
    "a ring's name: lower-case letters, digits, dots and dashes",
  );

const witnessSchema = z
  .strictObject({
    name,
    host: z.string().nullable().describe("null for one elsewhere"),
    url: z.string().nullable(),
    operator: z.string().nullable().describe("null where nobody said whose it is"),
    ring: z.string().nullable().describe("of the host that it is"),
    policyLine: z.string().describe("as it stands in the policy of hosts"),
    addedAt: time,
    seenSize: z.number().int().describe("entries under the newest head that it has seen"),
    signedSize: z.number().int(),
    signedAt: time.nullable(),
    contradictsAt: time.nullable().describe("since when it is known to hold another history"),
    problem: z.string().nullable(),
  })
  .meta({ id: "Witness" });

const ringSchema = z
  .strictObject({
    ring: z.string(),
    need: z.number().int().describe("how many must have signed before work starts in the ring"),
    operator: z.string().nullable().describe("who runs its hosts; null: nobody said"),
    able: z.number().int().describe("how many there are; all of one operator count once"),
    counts: z.array(z.string()).describe("names of the witnesses that count for it"),
    cosigned: z.number().int().describe("entries under the newest head that enough of them signed"),
  })
  .meta({ id: "WitnessesOfRing" });

const witnessesSchema = z.strictObject({
  need: z.number().int().describe("how many must have signed before work starts; 0: none"),
  size: z.number().int().describe("entries under the newest head"),
  cosigned: z.number().int().describe("entries under the newest head that enough have signed"),
  lagSeconds: z.number().int(),
  items: z.array(witnessSchema),
  rings: z.array(ringSchema).describe("rings with a quorum of their own, beside that of all"),
});

function witnessReply(of: ListedWitness): z.output<typeof witnessSchema> {
  const text = (at: number | null): string | null => (at === null ? null : instantToText(at));
  return {
    name: of.name,
    host: of.hostName,
    url: of.url,
    operator: of.operator,
    ring: of.ring,
    policyLine: `witness ${of.name} ${of.keyLine}`,
    addedAt: instantToText(of.addedAt),
    seenSize: of.size,
    signedSize: of.signedSize,
    signedAt: text(of.signedAt),
    contradictsAt: text(of.contradictsAt),
    problem: of.problem,
  };
}

function witnessesReply({ sums, witnesses, rings }: Witnesses): z.output<typeof witnessesSchema> {
  const { need, size, cosigned, lagSeconds } = sums;
  const items = witnesses.map(witnessReply);
  const ofRings = rings.map((one) => ({ ...one, counts: [...one.counts] }));
  return { need, size, cosigned, lagSeconds, items, rings: ofRings };
}

const getWitnesses = route({
  method: "GET",
  path: "/api/v1/witnesses",
  summary: "Who signs the heads of the log beside the server, and how far each has come.",
  permission: "audit.read",
  reply: witnessesSchema,
  handle: async ({ world }) => witnessesReply(await showWitnesses(world)),
});

const postWitness = route({
  method: "POST",
  path: "/api/v1/witnesses",
  summary: "Has a host of the fleet, or a witness on another machine, sign the heads of the log.",
  permission: "policy.apply",
  freshProof: "demanded",
  status: 201,
  body: z.union([
    z.strictObject({ host: z.string().min(1).max(128), operator: operator.optional() }),
    z.strictObject({
      name,
      url: z.url({ protocol: /^https?$/ }).max(500),
      keyLine: z.string().min(1).max(1000),
      noteKey: z.string().min(1).max(300),
      operator: operator.optional(),
    }),
  ]),
  reply: witnessSchema,
  errors: ["not-found", "blocked", "conflict", "invalid"],
  handle: async ({ world, actor }, { body }) => witnessReply(await addWitness(world, actor, body)),
});

const deleteWitness = route({
  method: "DELETE",
  path: "/api/v1/witnesses/{witness}",
  summary: "Asks a witness no more; what it signed counts no more for work that starts.",
  permission: "policy.apply",
  freshProof: "demanded",
  params: z.strictObject({ witness: name }),
  errors: ["not-found", "blocked"],
  reply: null,
  handle: async ({ world, actor }, { params }) => {
    await dropWitness(world, actor, params.witness);
    return null;
  },
});

const putOperator = route({
  method: "PUT",
  path: "/api/v1/witnesses/{witness}/operator",
  summary: "Says whose hands a witness is in; all that one operator has count once for a ring.",
  permission: "policy.apply",
  freshProof: "demanded",
  params: z.strictObject({ witness: name }),
  body: z.strictObject({ operator: operator.nullable() }),
  reply: witnessSchema,
  errors: ["not-found", "blocked"],
  handle: async ({ world, actor }, { params, body }) =>
    witnessReply(
      await changeOperator(world, actor, { name: params.witness, operator: body.operator }),
    ),
});

const need = z.number().int().min(0).max(8);

const putQuorum = route({
  method: "PUT",
  path: "/api/v1/witness-quorum",
  summary:
    "Sets how many witnesses must have signed a head before what it covers starts work, for all or for a ring.",
  permission: "policy.apply",
  freshProof: "demanded",
  body: z.union([
    z.strictObject({ need }),
    z.strictObject({
      need: need.describe("0 takes the ring's rule away"),
      ring,
      operator: operator.nullish().describe("who runs the ring's hosts: theirs do not count"),
    }),
  ]),
  errors: ["blocked"],
  reply: witnessesSchema,
  handle: async ({ world, actor }, { body }) =>
    witnessesReply(
      "ring" in body
        ? await changeRingQuorum(world, actor, { ...body, operator: body.operator ?? null })
        : await changeQuorum(world, actor, body.need),
    ),
});

export const witnessRoutes: readonly Route[] = [
  getWitnesses,
  postWitness,
  deleteWitness,
  putOperator,
  putQuorum,
];
