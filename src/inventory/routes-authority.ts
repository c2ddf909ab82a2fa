import { z } from "zod";
import { scopesFor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import { fingerprint, parsePublicKeyLine } from "../base/ssh-key.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { type Route, route } from "../db/world.ts";
import { authorityActs, trustedAuthorities, turnAuthority } from "../reach/actions-certificates.ts";
import { type AuthorityLines, authorityLines } from "../reach/certificate-lines.ts";
import type { Authority } from "../reach/store-certificates.ts";
import { foundHost } from "./actions.ts";
import type { Host } from "./model.ts";

/** The authority of SSH user certificates over HTTP: its public keys, and the lines for a host. */
const authoritySchema = z.strictObject({
  generation: z.number().int(),
  keyLine: z.string(),
  fingerprint: z.string(),
  signs: z.boolean().describe("whether new certificates come from it"),
});

const replySchema = z.strictObject({
  authorities: z.array(authoritySchema),
  lines: z
    .strictObject({
      server: z.array(z.string()).describe("for the account that Fettle signs in as"),
      people: z.array(z.string()).describe("for the account that elevated people may use, if any"),
    })
    .nullable(),
});

function replyOf(all: readonly Authority[], lines: AuthorityLines | null) {
  const signing = all.findLast((one) => one.signsFrom !== null);
  return {
    authorities: all.map((one) => {
      const key = parsePublicKeyLine(one.keyLine);
      return {
        generation: one.generation,
        keyLine: one.keyLine,
        fingerprint: key === null ? "" : fingerprint(key),
        signs: one === signing,
      };
    }),
    lines: lines === null ? null : { server: [...lines.server], people: [...lines.people] },
  };
}

const getAuthority = route({
  method: "GET",
  path: "/api/v1/ssh-authority",
  summary: "Shows the keys that sign SSH certificates, and the lines by which a host trusts them.",
  permission: "host.manage",
  query: z.strictObject({ host: z.string().min(1).max(128).optional() }),
  reply: replySchema,
  errors: ["not-found", "invalid"],
  async handle({ world, actor }, { query }) {
    const all = await trustedAuthorities(world);
    if (query.host === undefined) return replyOf(all, null);
    const host = await foundHost(world, query.host, scopesFor(actor, "host.manage"));
    return replyOf(all, linesFor(host, all));
  },
});

function linesFor(host: Host, all: readonly Authority[]): AuthorityLines {
  if (host.way.kind !== "ssh") {
    throw new Failure("invalid", `${host.name} is not reached over SSH, so it needs no authority.`);
  }
  const of = { protocolId: host.protocolId, program: host.way.program };
  return authorityLines(
    of,
    all.map((one) => one.keyLine),
  );
}

const postAuthority = route({
  method: "POST",
  path: "/api/v1/ssh-authority/{act}",
  summary: "Puts another authority in the place of the one that signs, in three steps.",
  permission: "host.manage",
  freshProof: "demanded",
  params: z.strictObject({ act: z.enum(authorityActs) }),
  body: z.strictObject({}),
  reply: replySchema,
  errors: ["forbidden", "blocked"],
  async handle({ world, actor }, { params }) {
    demandUnscoped(actor, "host.manage", "The authority of SSH certificates");
    return replyOf(await turnAuthority(world, actor.subject, params.act), null);
  },
});

export const authorityRoutes: readonly Route[] = [getAuthority, postAuthority];
