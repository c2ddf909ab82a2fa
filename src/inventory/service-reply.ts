import { z } from "zod";
import { instantToText } from "../base/instant.ts";
import type { Artifact, Service } from "./service.ts";
import { selectorTextOf } from "./service-hosts.ts";

/** Services and their artifacts as the API shows them. */
const time = z.iso.datetime();
const count = z.number().int();
const ref = z.strictObject({ id: z.string(), name: z.string() });

export const serviceReplySchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    title: z.string(),
    team: z.string(),
    owners: z.array(z.string()),
    labels: z.record(z.string(), z.string()),
    repository: z.string(),
    hostSelector: z.string().nullable().describe("label expression of the hosts that run it"),
    namedHosts: z.array(ref),
    needs: z.array(ref).describe("services it cannot do without"),
    createdAt: time,
  })
  .meta({ id: "Service" });

export function serviceReply(service: Service): z.output<typeof serviceReplySchema> {
  return {
    id: service.id,
    name: service.name,
    title: service.title,
    team: service.team,
    owners: [...service.owners],
    labels: { ...service.labels },
    repository: service.repository,
    hostSelector: selectorTextOf(service.hosts),
    namedHosts: service.hosts.named.map(({ id, name }) => ({ id, name })),
    needs: service.needs.map(({ id, name }) => ({ id, name })),
    createdAt: instantToText(service.createdAt),
  };
}

export const artifactReplySchema = z
  .strictObject({
    artifact: z.string(),
    environment: z.string(),
    version: z.string(),
    form: z.string().describe("what the document was recognised as"),
    subject: z.string().describe("what it is of, by its own word"),
    sbom: z.string().describe("digest of what was read"),
    document: z.string().describe("SHA-256 of the document as it was handed in"),
    documentName: z.string(),
    componentCount: count,
    unknownCount: count.describe("entries that cannot be judged"),
    fileCount: count.describe("files and data, which have no advisories"),
    since: time,
    until: time.nullable(),
  })
  .meta({ id: "Artifact" });

export function artifactReply(artifact: Artifact): z.output<typeof artifactReplySchema> {
  const { sbom, observedFrom, observedTo } = artifact;
  return {
    artifact: artifact.artifact,
    environment: artifact.environment,
    version: artifact.version,
    form: sbom.form,
    subject: [sbom.subjectName, sbom.subjectVersion].filter((text) => text !== "").join(" "),
    sbom: sbom.digest,
    document: artifact.document,
    documentName: artifact.documentName,
    componentCount: sbom.componentCount,
    unknownCount: sbom.unknownCount,
    fileCount: sbom.fileCount,
    since: instantToText(observedFrom),
    until: observedTo === null ? null : instantToText(observedTo),
  };
}
