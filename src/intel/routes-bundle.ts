import { z } from "zod";
import { instantToText, MINUTE_MS } from "../base/instant.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { type Route, route } from "../db/world.ts";
import { importBundle, makeBundle } from "./actions-bundle.ts";
import { outcomeSchema, outcomeView } from "./outcome-view.ts";

/** Bundles of feeds over HTTP, for servers without network. */
const FEEDS = "What feeds say";
/** It goes to the disk as it comes; all sources together, with the archive of all CVE records, are a third of this. */
const BODY_BYTES_MAX = 8 * 1024 ** 3;
/** All CVE records and all of OSV are some minutes of reading. */
const IMPORT_MS_MAX = 30 * MINUTE_MS;

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

const postBundle = route({
  method: "POST",
  path: "/api/v1/feed-bundle",
  summary: "Takes a signed bundle of feeds; nothing of it is loaded unless all of it is genuine.",
  permission: "feed.load",
  query: z.object({
    trust: z.string().max(2_000).optional().describe("public key whose bundles are believed now"),
    acceptOlder: flag.optional().describe("take one that is older than the last"),
  }),
  body: z.custom<AsyncIterable<Uint8Array>>().meta({
    type: "string",
    format: "binary",
    description: "the file itself, as application/octet-stream",
  }),
  bodyBytesMax: BODY_BYTES_MAX,
  isBodyStreamed: true,
  handlerMsMax: IMPORT_MS_MAX,
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
      chunks: body,
      trust: query.trust ?? null,
      acceptOlder: query.acceptOlder ?? false,
    });
    return {
      origin: report.origin,
      madeAt: instantToText(report.madeAt),
      signer: report.signer,
      isNewSigner: report.isNewSigner,
      items: report.outcomes.map(outcomeView),
    };
  },
});

export const bundleRoutes: readonly Route[] = [getBundle, postBundle];
