import { z } from "zod";
import { actionSchema } from "../base/action.ts";
import { isDigest } from "../base/digest.ts";
import { instantToText } from "../base/instant.ts";
import { type RequestContext, type Route, route } from "../db/world.ts";
import { loadSubjectNames } from "../identity/store.ts";
import {
  approveTemplate,
  demandTemplate,
  problemNow,
  proposeTemplate,
  templateActions,
  templateListActions,
} from "./actions-templates.ts";
import { loadTemplates, type StoredTemplate } from "./store-templates.ts";

/** Templates of standard changes over HTTP. */
const templateRef = z.string().min(1).max(64);

const templateSchema = z
  .strictObject({
    name: z.string(),
    digest: z.string(),
    text: z.string(),
    proposedBy: z.string(),
    approvedBy: z.array(z.string()),
    expiresAt: z.iso.datetime({ offset: true }),
    /** Its last changes that ended, and how many of them failed. */
    ended: z.number().int(),
    failed: z.number().int(),
    /** Why it cannot be used now; null when it can. */
    problem: z.string().nullable(),
    actions: z.array(actionSchema),
  })
  .meta({ id: "ChangeTemplate" });

async function repliesFor(
  { world, actor }: Pick<RequestContext, "world" | "actor">,
  templates: readonly StoredTemplate[],
): Promise<z.output<typeof templateSchema>[]> {
  const people = templates.flatMap(({ proposedBy, approvedBy }) => [proposedBy, ...approvedBy]);
  const names = await loadSubjectNames(world.db, [...new Set(people)]);
  const handles = new Map<string, string>(names.map(({ id, handle }) => [id, handle]));
  const nameOf = (subject: string): string => handles.get(subject) ?? "";
  return Promise.all(
    templates.map(async (template) => ({
      ...{ name: template.name, digest: template.digest, text: template.text },
      proposedBy: nameOf(template.proposedBy),
      approvedBy: template.approvedBy.map(nameOf),
      expiresAt: instantToText(template.expiresAt),
      ...{ ended: template.ended, failed: template.failed },
      problem: await problemNow(world, template),
      actions: templateActions(actor, template),
    })),
  );
}

async function replyFor(
  context: Pick<RequestContext, "world" | "actor">,
  template: StoredTemplate,
): Promise<z.output<typeof templateSchema>> {
  const [reply] = await repliesFor(context, [template]);
  return reply as z.output<typeof templateSchema>;
}

const getTemplates = route({
  method: "GET",
  path: "/api/v1/change-templates",
  summary: "Templates of standard changes, every version, and whether it can be used now.",
  permission: "change.read",
  reply: z.strictObject({ items: z.array(templateSchema), actions: z.array(actionSchema) }),
  async handle(context) {
    return {
      items: await repliesFor(context, await loadTemplates(context.world.db)),
      actions: templateListActions(context.actor),
    };
  },
});

const getTemplate = route({
  method: "GET",
  path: "/api/v1/change-templates/{template}",
  summary: "A template by its digest, or the newest of a name.",
  permission: "change.read",
  params: z.strictObject({ template: templateRef }),
  reply: templateSchema,
  errors: ["not-found"],
  async handle(context, { params }) {
    return replyFor(context, await demandTemplate(context.world, params.template));
  },
});

const postTemplate = route({
  method: "POST",
  path: "/api/v1/change-templates",
  summary: "Proposes a template, or a new version of one; two others have to approve it.",
  permission: "change.request",
  status: 201,
  body: z.strictObject({ text: z.string().min(1).max(65_536) }),
  reply: templateSchema,
  errors: ["invalid", "forbidden", "conflict"],
  async handle(context, { body }) {
    const { world, actor } = context;
    return replyFor(context, await proposeTemplate(world, actor, body.text));
  },
});

const postTemplateApproval = route({
  method: "POST",
  path: "/api/v1/change-templates/{template}/approvals",
  summary: "Approves the exact text of a template that somebody else proposed.",
  permission: "change.approve",
  freshProof: "demanded",
  status: 201,
  params: z.strictObject({ template: templateRef }),
  body: z.strictObject({
    digest: z.string().refine(isDigest, { message: "A digest is 64 hex digits." }),
    reason: z.string().trim().min(1).max(4000),
  }),
  reply: templateSchema,
  errors: ["not-found", "forbidden", "conflict"],
  async handle(context, { params, body }) {
    const { world, actor } = context;
    const given = { ...body, template: params.template };
    return replyFor(context, await approveTemplate(world, actor, given));
  },
});

export const templateRoutes: readonly Route[] = [
  getTemplates,
  getTemplate,
  postTemplate,
  postTemplateApproval,
];
