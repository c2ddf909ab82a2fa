import { z } from "zod";
import { scopesFor } from "../base/actor.ts";
import { instantToText } from "../base/instant.ts";
import { type Route, route } from "../db/world.ts";
import { foundHost } from "./actions.ts";
import { countWaysIn, loadWaysIn, loadWaysOfHosts } from "./store-ways-in.ts";
import { wayProofs } from "./ways-in.ts";
import { summariseWays } from "./ways-in-summary.ts";
import { judgeWays, wayLevels } from "./ways-in-words.ts";

/** Who else may become root on hosts, as they said themselves. Asking anew is a scan. */
const HOSTS_MAX = 20_000;

const judgement = {
  kind: z.string(),
  level: z.enum(wayLevels),
  /** What it is and what to do, in words. */
  says: z.string(),
  advice: z.string(),
};

const waysSchema = z
  .strictObject({
    host: z.string(),
    /** When the host looked; null: it never said, and nothing of the rest means anything. */
    at: z.iso.datetime().nullable(),
    since: z.iso.datetime().nullable().describe("since when it says the same"),
    proof: z.enum(wayProofs).nullable(),
    problem: z.string().nullable().describe("why it is not the host's own word"),
    items: z.array(z.strictObject({ ...judgement, what: z.string() })),
    /** The exact text and its signature (`fettle-ways-v1`), for `ssh-keygen -Y verify`. */
    text: z.string().nullable(),
    signature: z.string().nullable(),
    key: z.string().nullable().describe("the key line that the host was enrolled with"),
  })
  .meta({ id: "WaysIn" });

const getWaysIn = route({
  method: "GET",
  path: "/api/v1/hosts/{host}/ways-in",
  summary: "Who else may become root on a host, as its own program found and signed it.",
  permission: "host.read",
  params: z.strictObject({ host: z.string().min(1).max(100) }),
  reply: waysSchema,
  errors: ["not-found"],
  async handle({ world, actor }, { params }) {
    const host = await foundHost(world, params.host, scopesFor(actor, "host.read"));
    const kept = await loadWaysIn(world.db, host.id);
    const items = kept === null ? [] : judgeWays(kept.found, host.way);
    return {
      host: host.name,
      at: kept === null ? null : instantToText(kept.at),
      since: kept === null ? null : instantToText(kept.since),
      proof: kept?.proof ?? null,
      problem: kept?.problem ?? null,
      items: [...items],
      text: kept?.text ?? null,
      signature: kept?.signature ?? null,
      key: host.signingKey,
    };
  },
});

const getAllWaysIn = route({
  method: "GET",
  path: "/api/v1/ways-in",
  summary: "Second ways into the hosts that Fettle may change, by kind, with some hosts named.",
  permission: "host.read",
  reply: z.strictObject({
    hosts: z.number().int(),
    /** Whose newest report is signed by their own key. */
    signed: z.number().int(),
    items: z.array(
      z.strictObject({ ...judgement, hosts: z.number().int(), named: z.array(z.string()) }),
    ),
  }),
  async handle({ world, actor }) {
    const scopes = scopesFor(actor, "host.read");
    const { hosts, signed } = await countWaysIn(world.db, scopes);
    const rows = summariseWays(await loadWaysOfHosts(world.db, { scopes, limit: HOSTS_MAX }));
    return { hosts, signed, items: rows.map((row) => ({ ...row, named: [...row.named] })) };
  },
});

export const waysInRoutes: readonly Route[] = [getWaysIn, getAllWaysIn];
