import { z } from "zod";
import { instantToText } from "../base/instant.ts";
import { type ServedRoute, servedRoute } from "../ledger/served-route.ts";
import { appointHolder, dismissHolder, listHolders, takeOwnShare } from "./actions-recovery.ts";

const time = z.iso.datetime();
const user = z.string().min(1).max(100);

const getHolders = servedRoute({
  method: "GET",
  path: "/api/v1/recovery-holders",
  summary: "Who, two together, can bring back an administrator on the server's machine.",
  permission: "user.read",
  reply: z.strictObject({
    items: z.array(
      z.strictObject({
        subject: z.string(),
        handle: z.string(),
        appointedAt: time,
        /** Null: the person has not taken their code, and could not help. */
        takenAt: time.nullable(),
      }),
    ),
  }),
  async handle({ world, actor }) {
    const items = await listHolders(world, actor);
    return {
      items: items.map(({ subject, handle, appointedAt, takenAt }) => ({
        ...{ subject, handle, appointedAt: instantToText(appointedAt) },
        takenAt: takenAt === null ? null : instantToText(takenAt),
      })),
    };
  },
});

const postHolder = servedRoute({
  method: "POST",
  path: "/api/v1/recovery-holders",
  summary: "Appoints somebody who may help to bring back an administrator.",
  permission: "user.manage",
  freshProof: "demanded",
  body: z.strictObject({ user }),
  reply: null,
  errors: ["not-found", "conflict"],
  async handle({ world, actor }, { body }) {
    await appointHolder(world, actor, body.user);
    return null;
  },
});

const deleteHolderRoute = servedRoute({
  method: "DELETE",
  path: "/api/v1/recovery-holders/{user}",
  summary: "Dismisses somebody; their code counts no more.",
  permission: "user.manage",
  freshProof: "demanded",
  params: z.strictObject({ user }),
  reply: null,
  errors: ["not-found"],
  async handle({ world, actor }, { params }) {
    await dismissHolder(world, actor, params.user);
    return null;
  },
});

const postShare = servedRoute({
  method: "POST",
  path: "/api/v1/me/recovery-share",
  summary: "Takes one's own recovery code, shown once; one of before counts no more.",
  permission: "signed-in",
  freshProof: "first-factor",
  reply: z.strictObject({ code: z.string() }),
  async handle({ world, actor, request }) {
    request.markSecret();
    return { code: await takeOwnShare(world, actor, request.credentialHash) };
  },
});

export const recoveryRoutes: readonly ServedRoute[] = [
  getHolders,
  postHolder,
  deleteHolderRoute,
  postShare,
];
