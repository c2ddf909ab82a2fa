import { z } from "zod";
import { type Route, route } from "../db/world.ts";
import { putSbom, removeArtifact } from "./actions-sboms.ts";
import { addService, editService, removeService } from "./actions-services.ts";
import { labelsInput } from "./host-input.ts";
import {
  artifactName,
  artifactVersion,
  environmentName,
  hostSelector,
  repository,
  serviceName,
  serviceOwners,
  serviceTeam,
  serviceTitle,
} from "./service-input.ts";
import {
  artifactReply,
  artifactReplySchema,
  serviceReply,
  serviceReplySchema,
} from "./service-reply.ts";
import { loadSbomProblems } from "./store-sboms.ts";

/** Writing services; reading them with what is wrong in them is with the findings. */
const params = z.strictObject({ service: z.string().min(1).max(100) });
const refs = z.array(z.string().min(1).max(100)).max(1_000);

const postServices = route({
  method: "POST",
  path: "/api/v1/services",
  summary: "Adds a service: who answers for it, and which hosts run it.",
  permission: "service.edit",
  body: z.strictObject({
    name: serviceName,
    title: serviceTitle.default(""),
    team: serviceTeam.default(""),
    owners: serviceOwners.default([]),
    labels: labelsInput.default({}),
    repository: repository.default(""),
    hostSelector: hostSelector.nullable().default(null),
    hosts: refs.default([]),
    needs: refs.default([]),
  }),
  reply: serviceReplySchema,
  status: 201,
  errors: ["conflict", "not-found"],
  handle: async ({ world, actor }, { body }) => serviceReply(await addService(world, actor, body)),
});

const patchService = route({
  method: "PATCH",
  path: "/api/v1/services/{service}",
  summary: "Changes what is said of a service; lists replace the ones before.",
  permission: "service.edit",
  params,
  body: z.strictObject({
    title: serviceTitle.optional(),
    team: serviceTeam.optional(),
    owners: serviceOwners.optional(),
    labels: z.record(z.string().max(63), z.string().max(63).nullable()).optional(),
    repository: repository.optional(),
    hostSelector: hostSelector.nullable().optional(),
    hosts: refs.optional(),
    needs: refs.optional(),
  }),
  reply: serviceReplySchema,
  errors: ["not-found"],
  handle: async ({ world, actor }, { params: { service }, body }) =>
    serviceReply(await editService(world, actor, service, body)),
});

const deleteService = route({
  method: "DELETE",
  path: "/api/v1/services/{service}",
  summary: "Removes a service; its history stays for reports.",
  permission: "service.edit",
  params,
  reply: null,
  errors: ["not-found"],
  async handle({ world, actor }, { params: { service } }) {
    await removeService(world, actor, service);
    return null;
  },
});

const SBOM_BYTES_MAX = 32 * 1024 * 1024;
const PROBLEMS_SHOWN = 50;

const putSbomRoute = route({
  method: "PUT",
  path: "/api/v1/services/{service}/sbom",
  summary:
    "Says what is in an artifact of a service: a bill of materials or lock file, told by content.",
  permission: "service.publish",
  params,
  query: z.strictObject({
    artifact: artifactName.default("main"),
    environment: environmentName.default(""),
    version: artifactVersion.default(""),
    release: z
      .string()
      .max(100)
      .optional()
      .describe("distribution release of packages that do not say theirs, as in bookworm"),
    name: z.string().max(200).default("").describe("name of the document, for people"),
  }),
  body: z.instanceof(Uint8Array).meta({
    type: "string",
    format: "binary",
    description: "the document itself, as application/octet-stream",
  }),
  bodyBytesMax: SBOM_BYTES_MAX,
  reply: z.strictObject({
    service: serviceReplySchema,
    artifact: artifactReplySchema,
    isChanged: z.boolean(),
    before: artifactReplySchema.nullable(),
    /** The first entries that cannot be judged; `unknownCount` counts all. */
    problems: z.array(z.strictObject({ place: z.string(), reason: z.string() })),
  }),
  errors: ["not-found", "too-large"],
  async handle({ world, actor }, { params: { service }, query, body }) {
    const taken = await putSbom(world, actor, {
      service,
      artifact: query.artifact,
      environment: query.environment,
      version: query.version,
      release: query.release ?? null,
      documentName: query.name,
      bytes: body,
    });
    const unknown = await loadSbomProblems(world.db, taken.artifact.sbomId, PROBLEMS_SHOWN);
    return {
      service: serviceReply(taken.service),
      artifact: artifactReply(taken.artifact),
      isChanged: taken.isChanged,
      before: taken.before === null ? null : artifactReply(taken.before),
      problems: unknown.map((entry) => ({
        place: entry.purl || `${entry.name} ${entry.version}`.trim(),
        reason: entry.problem,
      })),
    };
  },
});

const deleteSbom = route({
  method: "DELETE",
  path: "/api/v1/services/{service}/sbom",
  summary: "Says that an artifact is deployed no more; its history stays.",
  permission: "service.publish",
  params,
  query: z.strictObject({ artifact: artifactName, environment: environmentName.default("") }),
  reply: null,
  errors: ["not-found"],
  async handle({ world, actor }, { params: { service }, query }) {
    await removeArtifact(world, actor, { service, ...query });
    return null;
  },
});

export const serviceRoutes: readonly Route[] = [
  postServices,
  patchService,
  deleteService,
  putSbomRoute,
  deleteSbom,
];
