import { z } from "zod";
import { actionOf, actionSchema } from "../base/action.ts";
import { scopesFor } from "../base/actor.ts";
import { instantToText } from "../base/instant.ts";
import { lacksUnscoped } from "../base/unscoped.ts";
import { type Route, route } from "../db/world.ts";
import { assessSource } from "./actions-package-sources.ts";
import { checkSource, pinSource } from "./actions-source-keys.ts";
import { KEYRING_BYTES_MAX } from "./openpgp-keys.ts";
import {
  type PackageSource,
  type SourceKey,
  sourceCheckStates,
  sourceConcern,
  sourceKinds,
  sourceTrusts,
} from "./package-source.ts";
import { loadPackageSources } from "./store-package-sources.ts";

/** The register of sources that hosts take packages from. */
const sourceSchema = z.strictObject({
  uri: z.string(),
  suite: z.string(),
  components: z.array(z.string()).describe("`-` where a host could not read its lists"),
  hosts: z.int(),
  unauthenticatedHosts: z.int().describe("hosts that take from it what nobody signed"),
  unsignedIndexHosts: z
    .int()
    .describe("hosts that do not say that its index must be signed there (rpm: `repo_gpgcheck`)"),
  concern: z.string().nullable().describe("what is to be minded, in words"),
  assessment: z
    .strictObject({
      trust: z.enum(sourceTrusts),
      kind: z.enum(sourceKinds),
      reason: z.string(),
      assessedBy: z.string(),
      assessedAt: z.string(),
    })
    .nullable(),
  key: z
    .strictObject({
      form: z.enum(["deb", "rpm"]),
      fingerprints: z.array(z.string()),
      reason: z.string(),
      pinnedBy: z.string(),
      pinnedAt: z.string(),
      check: z
        .strictObject({
          state: z.enum(sourceCheckStates),
          checkedAt: z.string(),
          because: z.string().nullable(),
          dated: z.string().nullable().describe("of the newest index that was verified"),
          validUntil: z.string().nullable(),
          signedBy: z.string().nullable(),
          lists: z
            .array(
              z.strictObject({
                path: z.string(),
                sha256: z.string(),
                arch: z.string().nullable().describe("of which packages; null: of all"),
                entries: z.int(),
              }),
            )
            .describe("lists of packages that were read by their digests in the signed index"),
          listedDated: z.string().nullable().describe("of the index whose lists those are"),
          unlisted: z.string().nullable().describe("why those of the newest were not read"),
        })
        .nullable(),
    })
    .nullable()
    .describe("the keys by which the server verifies it itself, and its last look"),
});

function sourceReply(source: PackageSource): z.output<typeof sourceSchema> {
  const { assessment, components, key: pinned, ...others } = source;
  const concern = sourceConcern(source);
  const rest = { ...others, key: pinned === null ? null : keyReply(pinned) };
  if (assessment === null) return { ...rest, components: [...components], concern, assessment };
  const { trust, kind, reason, assessedBy, assessedAt } = assessment;
  const when = instantToText(assessedAt);
  return {
    ...{ ...rest, components: [...components], concern },
    assessment: { trust, kind, reason, assessedBy, assessedAt: when },
  };
}

function keyReply({ check, fingerprints, pinnedAt, ...rest }: SourceKey) {
  const at = (instant: number | null): string | null =>
    instant === null ? null : instantToText(instant);
  const when = { pinnedAt: instantToText(pinnedAt) };
  return {
    ...{ ...rest, ...when, fingerprints: [...fingerprints] },
    check:
      check === null
        ? null
        : {
            ...{ ...check, checkedAt: instantToText(check.checkedAt) },
            ...{ dated: at(check.dated), validUntil: at(check.validUntil) },
            lists: check.lists.map((list) => ({ ...list })),
            listedDated: at(check.listedDated),
          },
  };
}

const listSources = route({
  method: "GET",
  path: "/api/v1/package-sources",
  summary: "Lists the sources that hosts take packages from, and what was decided about each.",
  permission: "host.read",
  reply: z.strictObject({
    items: z.array(sourceSchema),
    actions: z.array(actionSchema),
  }),
  async handle({ world, actor }) {
    const sources = await loadPackageSources(world.db, scopesFor(actor, "host.read"));
    const refusal = (what: string) => lacksUnscoped(actor, "policy.apply", what);
    return {
      items: sources.map(sourceReply),
      actions: [
        actionOf("assess", "Decide", refusal("Deciding which sources are trusted")),
        actionOf("pin", "Pin a key", refusal("Pinning the key of a source")),
        actionOf("check", "Check now", refusal("Checking a source")),
      ],
    };
  },
});

const printable = /^[\x21-\x7e]+$/;

const putAssessment = route({
  method: "PUT",
  path: "/api/v1/package-sources/assessment",
  summary: "Decides about a source: trusted, or blocked, so that its hosts take part in no plan.",
  permission: "policy.apply",
  freshProof: "demanded",
  body: z.strictObject({
    uri: z.string().min(1).max(300).regex(printable),
    suite: z.string().min(1).max(128).regex(printable),
    trust: z.enum(sourceTrusts),
    kind: z.enum(sourceKinds),
    reason: z.string().trim().min(1).max(1_000),
  }),
  reply: sourceSchema,
  errors: ["not-found", "forbidden"],
  handle: async ({ world, actor }, { body }) => sourceReply(await assessSource(world, actor, body)),
});

const sourceName = {
  uri: z.string().min(1).max(300).regex(printable),
  suite: z.string().min(1).max(128).regex(printable),
};
const base64 = (bytesMax: number) => z.base64().max(Math.ceil(bytesMax / 3) * 4);

const putKey = route({
  method: "PUT",
  path: "/api/v1/package-sources/key",
  summary: "Pins the keys of a source: the server verifies it by exactly these from then on.",
  permission: "policy.apply",
  freshProof: "demanded",
  body: z.strictObject({
    ...sourceName,
    form: z.enum(["deb", "rpm"]),
    keyring: base64(KEYRING_BYTES_MAX).min(1).describe("OpenPGP public keys, plain or in armour"),
    reason: z.string().trim().min(1).max(1_000),
  }),
  reply: sourceSchema,
  errors: ["not-found", "forbidden", "invalid"],
  async handle({ world, actor }, { body }) {
    const keyring = Buffer.from(body.keyring, "base64");
    return sourceReply(await pinSource(world, actor, { ...body, keyring }));
  },
});

const GIVEN_BYTES_MAX = 512 * 1024;

const postCheck = route({
  method: "POST",
  path: "/api/v1/package-sources/check",
  summary:
    "Verifies a source now by its pinned keys: its signature, its date, and what came before.",
  permission: "policy.apply",
  body: z.strictObject({
    ...sourceName,
    given: z
      .strictObject({
        signed: base64(GIVEN_BYTES_MAX).min(1).describe("InRelease, or repomd.xml"),
        signature: base64(64 * 1024)
          .nullable()
          .describe("repomd.xml.asc; null with InRelease"),
      })
      .nullable()
      .describe("the index itself, where the server has no way to the source"),
  }),
  reply: sourceSchema,
  errors: ["not-found", "forbidden", "invalid", "conflict", "unavailable"],
  async handle({ world, actor }, { body }) {
    const { given, ...name } = body;
    const files =
      given === null
        ? null
        : {
            signed: Buffer.from(given.signed, "base64"),
            signature: given.signature === null ? null : Buffer.from(given.signature, "base64"),
          };
    return sourceReply(await checkSource(world, actor, { ...name, given: files }));
  },
});

export const packageSourceRoutes: readonly Route[] = [
  listSources,
  putAssessment,
  putKey,
  postCheck,
];
