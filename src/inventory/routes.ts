import { z } from "zod";
import { scopesFor } from "../base/actor.ts";
import { type Route, route } from "../db/world.ts";
import { scanHostKeys } from "../reach/scan-host-keys.ts";
import { addHost, editHost, foundHost, removeHost } from "./actions.ts";
import { importHosts, listFormats } from "./actions-import.ts";
import { hostName, identityFile, labelsInput, sshInput } from "./host-input.ts";
import { hostReply, hostReplySchema } from "./host-reply.ts";
import { authorityRoutes } from "./routes-authority.ts";
import { packageSourceRoutes } from "./routes-package-sources.ts";
import { scanRoutes } from "./routes-scan.ts";
import { serviceRoutes } from "./routes-services.ts";
import { waysInRoutes } from "./routes-ways-in.ts";
import { loadOffers, loadPackageSet } from "./store.ts";

const host = z.string().min(1).max(100);
const mode = z.enum(["managed", "inspect-only"]);
const way = z.discriminatedUnion("kind", [z.strictObject({ kind: z.literal("local") }), sshInput]);
const params = z.strictObject({ host });

const postHosts = route({
  method: "POST",
  path: "/api/v1/hosts",
  summary: "Adds a host. Its host key must be pinned: given, known or confirmed by fingerprint.",
  permission: "host.manage",
  body: z.strictObject({
    name: hostName,
    way,
    labels: labelsInput.default({}),
    mode: mode.default("managed"),
  }),
  reply: hostReplySchema,
  status: 201,
  errors: ["conflict", "blocked", "unavailable"],
  async handle({ world, actor }, { body }) {
    return hostReply(await addHost(world, actor, body));
  },
});

const patchHost = route({
  method: "PATCH",
  path: "/api/v1/hosts/{host}",
  summary: "Changes labels (null removes one), mode or way of a host.",
  permission: "host.manage",
  params,
  body: z.strictObject({
    labels: z.record(z.string().max(63), z.string().max(63).nullable()).optional(),
    mode: mode.optional(),
    way: way.optional(),
  }),
  reply: hostReplySchema,
  errors: ["not-found", "blocked", "unavailable"],
  async handle({ world, actor }, { params: { host: ref }, body }) {
    return hostReply(await editHost(world, actor, ref, body));
  },
});

const deleteHost = route({
  method: "DELETE",
  path: "/api/v1/hosts/{host}",
  summary: "Removes a host from the fleet; its history stays for reports.",
  permission: "host.manage",
  params,
  reply: null,
  errors: ["not-found"],
  async handle({ world, actor }, { params: { host: ref } }) {
    await removeHost(world, actor, ref);
    return null;
  },
});

const getPackages = route({
  method: "GET",
  path: "/api/v1/hosts/{host}/packages",
  summary: "What is installed on a host; null when that is unknown.",
  permission: "host.read",
  params,
  reply: z.strictObject({
    packageSet: z.string().nullable(),
    items: z
      .array(
        z.strictObject({
          ecosystem: z.string(),
          name: z.string(),
          version: z.string(),
          arch: z.string(),
          source: z.string(),
          sourceVersion: z.string(),
        }),
      )
      .nullable(),
  }),
  errors: ["not-found"],
  async handle({ world, actor }, { params: { host: ref } }) {
    const { packageSet } = await foundHost(world, ref, scopesFor(actor, "host.read"));
    const set = packageSet === null ? null : await loadPackageSet(world.db, packageSet);
    const items = set?.packages.map(
      ({ ecosystem, name, version, arch, source, sourceVersion }) => ({
        ecosystem,
        name,
        version,
        arch,
        source,
        sourceVersion,
      }),
    );
    return { packageSet, items: items ?? null };
  },
});

const getOffers = route({
  method: "GET",
  path: "/api/v1/hosts/{host}/offers",
  summary: "What a host's own sources offer it; null when that is unknown.",
  permission: "host.read",
  params,
  reply: z.strictObject({
    offerSet: z.string().nullable(),
    items: z
      .array(
        z.strictObject({
          name: z.string(),
          arch: z.string(),
          version: z.string(),
          sha256: z.string(),
          sizeBytes: z.number(),
          origin: z.string(),
          suite: z.string(),
          component: z.string(),
          source: z.string(),
          sourceVersion: z.string(),
        }),
      )
      .nullable(),
  }),
  errors: ["not-found"],
  async handle({ world, actor }, { params: { host: ref } }) {
    const { offerSet } = await foundHost(world, ref, scopesFor(actor, "host.read"));
    const offers = offerSet === null ? null : await loadOffers(world.db, offerSet);
    return { offerSet, items: offers === null ? null : [...offers] };
  },
});

const postHostKeys = route({
  method: "POST",
  path: "/api/v1/host-keys",
  summary:
    "Host keys that an address shows now, to compare with the host's own. Nothing is pinned.",
  permission: "host.manage",
  body: z.strictObject({ address: sshInput.shape.address, port: sshInput.shape.port }),
  reply: z.strictObject({
    items: z.array(z.strictObject({ type: z.string(), fingerprint: z.string(), line: z.string() })),
  }),
  errors: ["unavailable"],
  async handle(_context, { body }) {
    const keys = await scanHostKeys(body.address, body.port);
    return { items: keys.map(({ type, fingerprint, line }) => ({ type, fingerprint, line })) };
  },
});

const LIST_BYTES_MAX = 8 * 1024 * 1024;

const postImport = route({
  method: "POST",
  path: "/api/v1/hosts/import",
  summary:
    "Adds the hosts of a CSV file or Ansible inventory, all or none, or shows what it would add.",
  permission: "host.manage",
  body: z.strictObject({
    format: z.enum(listFormats),
    text: z.string().max(LIST_BYTES_MAX),
    purpose: z.enum(["preview", "apply"]).default("preview"),
    user: sshInput.shape.user,
    identityFile: identityFile.default(null),
    program: z.enum(["piped", "installed"]).default("piped"),
    mode: mode.default("managed"),
    labels: labelsInput.default({}),
    knownHosts: z.string().max(LIST_BYTES_MAX).default(""),
  }),
  bodyBytesMax: 20 * 1024 * 1024,
  reply: z.strictObject({
    hosts: z.array(
      z.strictObject({
        name: z.string(),
        isNew: z.boolean(),
        mode,
        labels: z.record(z.string(), z.string()),
      }),
    ),
    problems: z.array(
      z.strictObject({
        line: z.number().int().nullable(),
        host: z.string().nullable(),
        message: z.string(),
      }),
    ),
    added: z.number().int(),
  }),
  errors: ["too-large", "conflict"],
  async handle({ world, actor }, { body }) {
    const { format, text, purpose, ...defaults } = body;
    const report = await importHosts(world, actor, { format, text, purpose, defaults });
    return {
      hosts: report.hosts.map((item) => ({
        name: item.name,
        isNew: item.isNew,
        mode: item.mode,
        labels: { ...item.labels },
      })),
      problems: report.problems.map((problem) => ({ ...problem })),
      added: report.added,
    };
  },
});

export const routes: readonly Route[] = [
  postHosts,
  postImport,
  patchHost,
  deleteHost,
  getPackages,
  getOffers,
  postHostKeys,
  ...authorityRoutes,
  ...scanRoutes,
  ...packageSourceRoutes,
  ...serviceRoutes,
  ...waysInRoutes,
];
