import { z } from "zod";
import { instantToText } from "../base/instant.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { type Route, route } from "../db/world.ts";
import { importBundle, makeBundle } from "./actions-bundle.ts";

/** Bundles of feeds over HTTP, for servers without network. */
const FEEDS = "What feeds say";
/** All feeds of a large fleet, without the archives of all CVE records, are a quarter of this. */
const BODY_BYTES_MAX = 1024 * 1024 * 1024;

const flag = z.enum(["true", "false"]).transform((text) => text === "true");

const getBundle = route({
  method: "GET",
  path: "/api/v1/feed-bundle",
  summary:
    "The bodies of what is loaded, as publishers sent them: a tar file that `fettle feed bundle` signs.",
  permission: "feed.load",
  query: z.object({
    sources: z.string().max(10_000).optional().describe("names separated by commas; absent: all"),
  }),
  reply: { contentType: "application/x-tar" },
  errors: ["not-found", "blocked"],
  handle: async ({ world, actor }, { query }) => {
    demandUnscoped(actor, "feed.load", FEEDS);
    const sources = (query.sources ?? "").split(",").filter((name) => name !== "");
    return await makeBundle(world, actor, sources);
  },
});

const outcomeSchema = z.strictObject({
  source: z.string(),
  feed: z.string(),
  kind: z.enum(["loaded", "unchanged", "refused"]),
  message: z.string(),
  entryCount: z.number().nullable(),
  addedCount: z.number().nullable(),
  endedCount: z.number().nullable(),
  problemCount: z.number().nullable(),
});

const postBundle = route({
  method: "POST",
  path: "/api/v1/feed-bundle",
  summary: "Takes a signed bundle of feeds; nothing of it is loaded unless all of it is genuine.",
  permission: "feed.load",
  query: z.object({
    trust: z.string().max(2_000).optional().describe("public key whose bundles are believed now"),
    acceptOlder: flag.optional().describe("take one that is older than the last"),
  }),
  body: z.instanceof(Uint8Array).meta({
    type: "string",
    format: "binary",
    description: "the file itself, as application/octet-stream",
  }),
  bodyBytesMax: BODY_BYTES_MAX,
  reply: z.object({
    origin: z.string(),
    madeAt: z.string().describe("RFC 3339 in UTC"),
    signer: z.string().describe("fingerprint of the key that signed it"),
    isNewSigner: z.boolean(),
    items: z.array(outcomeSchema),
  }),
  errors: ["invalid", "blocked", "too-large"],
  handle: async ({ world, actor }, { query, body }) => {
    demandUnscoped(actor, "feed.load", FEEDS);
    const report = await importBundle(world, actor, {
      bytes: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
      trust: query.trust ?? null,
      acceptOlder: query.acceptOlder ?? false,
    });
    return {
      origin: report.origin,
      madeAt: instantToText(report.madeAt),
      signer: report.signer,
      isNewSigner: report.isNewSigner,
      items: report.outcomes.map((outcome) => ({
        source: outcome.source,
        feed: outcome.feed,
        kind: outcome.kind,
        message: "message" in outcome ? outcome.message : "",
        entryCount: outcome.kind === "loaded" ? outcome.entryCount : null,
        addedCount: outcome.kind === "loaded" ? outcome.addedCount : null,
        endedCount: outcome.kind === "loaded" ? outcome.endedCount : null,
        problemCount: outcome.kind === "loaded" ? outcome.problemCount : null,
      })),
    };
  },
});

export const bundleRoutes: readonly Route[] = [getBundle, postBundle];
