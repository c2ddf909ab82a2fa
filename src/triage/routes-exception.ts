import { z } from "zod";
import { actionOf, actionSchema, lacksRight } from "../base/action.ts";
import { holdsAnywhere } from "../base/actor.ts";
import { instantToText } from "../base/instant.ts";
import { selectorToText } from "../base/labels.ts";
import { skip, total } from "../base/list-page.ts";
import { wordList, wordSchema } from "../base/word.ts";
import { type RequestContext, type Route, route } from "../db/world.ts";
import { previewException, renewException, requestException } from "./actions-exception.ts";
import { approveException, closeException } from "./actions-exception-decide.ts";
import { requireException } from "./actions-exception-end.ts";
import { listExceptions, namesFor, showException } from "./actions-exception-list.ts";
import { exceptionStateWords, reasonClassWords } from "./decision-words.ts";
import { type Exception, exceptionStates, reasonClasses } from "./exception.ts";
import { brokenInWords } from "./exception-broken.ts";
import { limitsInWords } from "./exception-limits.ts";
import { loadPatch } from "./store.ts";
import { loadException } from "./store-exception.ts";

/** Exceptions over HTTP: asking, deciding, and seeing what they cover. */

const time = z.iso.datetime({ offset: true });
const instant = time.transform((text) => Date.parse(text));
const words = z.string().trim().min(10).max(4000);
const reasonText = z.string().trim().min(1).max(4000);
const evidence = z
  .url({ protocol: /^https$/ })
  .max(1000)
  .describe("where the control can be checked, an https address");
const params = z.strictObject({ exception: z.string().min(2).max(64) });

const exceptionSchema = z
  .strictObject({
    id: z.string(),
    ref: z.string(),
    state: z.enum(exceptionStates),
    /** The state in words, with its end where it has one. */
    label: z.string(),
    vulnerabilities: z.array(z.string()),
    package: z.strictObject({ ecosystem: z.string(), source: z.string() }).nullable(),
    /** What it is about, in words. */
    title: z.string(),
    /** The label expression; null where hosts are named. */
    selector: z.string().nullable(),
    hosts: z.array(z.strictObject({ id: z.string(), name: z.string() })),
    /** Services whose own components it is about; then it reaches no host. */
    services: z.array(z.strictObject({ id: z.string(), name: z.string() })),
    patch: z.string().nullable(),
    reasonClass: z.enum(reasonClasses),
    reason: z.string(),
    owner: z.string(),
    control: z.string(),
    evidence: z.string(),
    controlLabel: z.string().nullable(),
    until: time,
    renews: z.string().nullable(),
    renewal: z.number().int(),
    /** Hosts that had one of the vulnerabilities when it was asked for, or approved. */
    hostCount: z.number().int(),
    requester: z.string(),
    requestedAt: time,
    approver: z.string().nullable(),
    approvedAt: time.nullable(),
    movedAt: time,
    closedReason: z.string().nullable(),
    href: z.string(),
  })
  .meta({ id: "Exception" });

type ExceptionReply = z.output<typeof exceptionSchema>;

export async function exceptionReplies(
  { world }: Pick<RequestContext, "world">,
  exceptions: readonly Exception[],
): Promise<ExceptionReply[]> {
  const names = await namesFor(world, exceptions);
  const replies: ExceptionReply[] = [];
  for (const one of exceptions) {
    const { hosts } = one.scope;
    const person = (id: Exception["owner"]): string => names.people.get(id) ?? "";
    const renewed = one.renews === null ? null : await loadException(world.db, one.renews);
    const patch = one.patch === null ? null : await loadPatch(world.db, one.patch);
    replies.push({
      id: one.id,
      ref: `X-${one.number}`,
      state: one.state,
      label: exceptionStateWords[one.state][1],
      vulnerabilities: [...one.scope.vulnerabilities],
      package: one.scope.package === null ? null : { ...one.scope.package },
      title: titleOf(one),
      selector: hosts.kind === "labels" ? selectorToText(hosts.selector) : null,
      hosts:
        hosts.kind === "named"
          ? hosts.ids.map((id) => ({ id, name: names.hosts.get(id) ?? id }))
          : [],
      services:
        hosts.kind === "services"
          ? hosts.ids.map((id) => ({ id, name: names.services.get(id) ?? id }))
          : [],
      patch: patch === null ? null : `P-${patch.number}`,
      reasonClass: one.reasonClass,
      reason: one.reason,
      owner: person(one.owner),
      control: one.control,
      evidence: one.evidence,
      controlLabel: one.controlLabel,
      until: instantToText(one.until),
      renews: renewed === null ? null : `X-${renewed.number}`,
      renewal: one.renewal,
      hostCount: one.assumes.hosts,
      requester: person(one.requesterPerson),
      requestedAt: instantToText(one.requestedAt),
      approver: one.approvedBy === null ? null : person(one.approvedBy),
      approvedAt: one.approvedAt === null ? null : instantToText(one.approvedAt),
      movedAt: instantToText(one.movedAt),
      closedReason: one.closedReason,
      href: `/exceptions/X-${one.number}`,
    });
  }
  return replies;
}

function titleOf({ scope }: Exception): string {
  const [first, ...more] = scope.vulnerabilities;
  const what =
    more.length === 0 ? (first ?? "") : `${scope.vulnerabilities.length} vulnerabilities`;
  return scope.package === null ? what : `${scope.package.source}: ${what}`;
}

async function replyOf(context: RequestContext, exception: Exception): Promise<ExceptionReply> {
  const [reply] = await exceptionReplies(context, [exception]);
  return reply as ExceptionReply;
}

const scopeFields = {
  vulnerability: z.string().min(3).max(100).optional(),
  source: z.string().min(1).max(128).optional(),
  ecosystem: z.string().min(1).max(100).optional(),
  selector: z.string().max(1000).optional().describe("a label expression; the empty one is all"),
  hosts: z.array(z.string().min(1).max(253)).max(1000).optional().describe("by name or id"),
  services: z
    .array(z.string().min(1).max(100))
    .max(1000)
    .optional()
    .describe("by name or id, for what they contain"),
  controlLabel: z.string().max(130).optional().describe("key=value that its hosts carry"),
};

const factsSchema = z.strictObject({
  hosts: z.number().int(),
  isExposed: z.boolean(),
  exploited: z.array(z.string()),
  fixable: z.array(z.string()),
  withoutControl: z.number().int(),
});

const postPreview = route({
  method: "POST",
  path: "/api/v1/exceptions/preview",
  summary: "What an exception would cover, and what may still be asked for. Changes nothing.",
  permission: "exception.request",
  body: z.strictObject(scopeFields),
  reply: z.strictObject({
    vulnerabilities: z.array(z.string()),
    facts: factsSchema,
    limits: z.strictObject({
      daysMax: z.number().int(),
      renewalsMax: z.number().int(),
      latestUntil: time,
      renewal: z.number().int(),
      renews: z.string().nullable(),
      /** Why none can be asked for; null where one can. */
      refusal: z.string().nullable(),
      /** All of it in sentences. */
      sentences: z.array(z.string()),
    }),
    reasons: z.array(wordSchema),
  }),
  errors: ["not-found", "forbidden", "blocked"],
  async handle({ world, actor }, { body }) {
    const { scope, facts, limits } = await previewException(world, actor, body);
    const { renews, ...rest } = limits;
    return {
      vulnerabilities: [...scope.vulnerabilities],
      facts: { ...facts, exploited: [...facts.exploited], fixable: [...facts.fixable] },
      limits: {
        ...rest,
        latestUntil: instantToText(limits.latestUntil),
        renews: renews === null ? null : `X-${renews.number}`,
        sentences: [...limitsInWords(limits)],
      },
      reasons: wordList(reasonClassWords),
    };
  },
});

const postException = route({
  method: "POST",
  path: "/api/v1/exceptions",
  summary: "Asks for an exception; somebody else has to approve it.",
  permission: "exception.request",
  status: 201,
  body: z.strictObject({
    ...scopeFields,
    patch: z.string().min(1).max(64).optional(),
    reasonClass: z.enum(reasonClasses),
    reason: words,
    owner: z.string().min(1).max(64),
    control: words,
    evidence,
    until: instant,
  }),
  reply: exceptionSchema,
  errors: ["not-found", "forbidden", "blocked"],
  async handle(context, { body }) {
    return replyOf(context, await requestException(context.world, context.actor, body));
  },
});

const getExceptions = route({
  method: "GET",
  path: "/api/v1/exceptions",
  summary: "Exceptions for hosts you may see, newest first; `waiting=me` is the approver's inbox.",
  permission: "exception.read",
  query: z.strictObject({
    state: z.enum(exceptionStates).optional(),
    vulnerability: z.string().min(3).max(100).optional(),
    source: z.string().min(1).max(128).optional(),
    patch: z.string().min(1).max(64).optional(),
    waiting: z.literal("me").optional(),
    skip,
    limit: z.coerce.number().int().min(1).max(200).default(100),
  }),
  reply: z.strictObject({
    items: z.array(exceptionSchema),
    total,
    counts: z.strictObject(
      Object.fromEntries(exceptionStates.map((state) => [state, z.number().int()])) as Record<
        (typeof exceptionStates)[number],
        z.ZodNumber
      >,
    ),
    actions: z.array(actionSchema),
  }),
  errors: ["not-found"],
  async handle(context, { query }) {
    const { world, actor } = context;
    const { waiting, skip: passed = 0, ...asked } = query;
    const found = await listExceptions(world, actor, {
      ...asked,
      skip: passed,
      isWaiting: waiting === "me",
    });
    const right = lacksRight(holdsAnywhere(actor, "exception.request"), "exception.request");
    return {
      items: await exceptionReplies(context, found.items),
      total: found.total,
      counts: { ...found.counts },
      actions: [actionOf("request", "Ask for an exception", right)],
    };
  },
});

const getException = route({
  method: "GET",
  path: "/api/v1/exceptions/{exception}",
  summary: "One exception, what is the case now, and what you may do with it.",
  permission: "exception.read",
  params,
  reply: z.strictObject({
    exception: exceptionSchema,
    /** What was true when it was asked for, or approved. */
    assumed: factsSchema.omit({ withoutControl: true }),
    now: factsSchema,
    /** What is no longer as it was assumed, in words; null while all of it is. */
    broken: z.string().nullable(),
    actions: z.array(actionSchema),
  }),
  errors: ["not-found"],
  async handle(context, input) {
    const { world, actor } = context;
    const exception = await requireException(world, actor, input.params.exception);
    const { facts, broken, actions } = await showException(world, actor, exception);
    const { assumes } = exception;
    return {
      exception: await replyOf(context, exception),
      assumed: {
        ...assumes,
        exploited: [...assumes.exploited],
        fixable: [...assumes.fixable],
      },
      now: { ...facts, exploited: [...facts.exploited], fixable: [...facts.fixable] },
      broken: broken === null ? null : brokenInWords(broken),
      actions: [...actions],
    };
  },
});

const postApprove = route({
  method: "POST",
  path: "/api/v1/exceptions/{exception}/approve",
  summary: "Approves what somebody else asked for.",
  permission: "exception.approve",
  freshProof: "demanded",
  params,
  reply: exceptionSchema,
  errors: ["not-found", "forbidden", "blocked"],
  async handle(context, input) {
    const { world, actor } = context;
    return replyOf(context, await approveException(world, actor, input.params.exception));
  },
});

function closeRoute(
  verb: "refuse" | "withdraw" | "revoke",
  permission: "exception.approve" | "exception.request",
  summary: string,
): Route {
  return route({
    method: "POST",
    path: `/api/v1/exceptions/{exception}/${verb}`,
    summary,
    permission,
    params,
    body: z.strictObject({ reason: reasonText }),
    reply: exceptionSchema,
    errors: ["not-found", "forbidden", "blocked"],
    async handle(context, input) {
      const given = { ...input.params, verb, reason: input.body.reason };
      return replyOf(context, await closeException(context.world, context.actor, given));
    },
  });
}

const postRenew = route({
  method: "POST",
  path: "/api/v1/exceptions/{exception}/renew",
  summary: "Asks for the same once more; it is approved anew, at most twice.",
  permission: "exception.request",
  status: 201,
  params,
  body: z.strictObject({
    reason: words,
    until: instant,
    owner: z.string().min(1).max(64).optional(),
    control: words.optional(),
    evidence: evidence.optional(),
  }),
  reply: exceptionSchema,
  errors: ["not-found", "forbidden", "blocked"],
  async handle(context, input) {
    const { world, actor } = context;
    const asked = { ...input.body, exception: input.params.exception };
    await requireException(world, actor, asked.exception);
    return replyOf(context, await renewException(world, actor, asked));
  },
});

export const exceptionRoutes: readonly Route[] = [
  postPreview,
  postException,
  getExceptions,
  getException,
  postApprove,
  closeRoute("refuse", "exception.approve", "Says no to a request, and why."),
  closeRoute("withdraw", "exception.request", "The requester takes the request back."),
  closeRoute("revoke", "exception.approve", "Ends an exception that is in force, at once."),
  postRenew,
];
