import { z } from "zod";
import { instantToText } from "../base/instant.ts";
import { type Route, route } from "../db/world.ts";
import { isOneSignature, signatureFields } from "../identity/given-signature.ts";
import { keyClasses } from "../identity/model.ts";
import { eventSentence } from "../ledger/event-sentence.ts";
import {
  draftStatement,
  finishRestore,
  type ShownRestore,
  showLeft,
  showRestore,
  signStatement,
} from "./actions.ts";
import { SIGNERS_NEEDED } from "./model.ts";

/** After an older database was put back: what was lost, who signed, and going on. */

const time = z.iso.datetime();
const headSchema = z.strictObject({ size: z.number().int(), root: z.string() });

const restoreSchema = z
  .strictObject({
    number: z.number().int(),
    openedAt: time,
    old: headSchema.describe("of the database as it was put back"),
    newest: headSchema.describe("the newest head known"),
    newestFrom: z.string().describe("`files`, or who had it"),
    now: headSchema.describe("of the database now"),
    replayed: z.record(z.string(), z.number()).nullable(),
    problem: z.string().nullable().describe("why missing entries could not be had"),
    held: z.number().int().describe("rollouts that are halted"),
    unknown: z.number().int().describe("hosts that have to report first"),
    witnessesAhead: z
      .array(z.string())
      .describe("witnesses that have seen more than is known here"),
    need: z.number().int(),
    document: z.string().nullable(),
    signatures: z.array(
      z.strictObject({
        signer: z.string(),
        keyClass: z.enum(keyClasses),
        at: time,
        counts: z.boolean(),
      }),
    ),
  })
  .meta({ id: "Restore" });

function reply(shown: ShownRestore): z.output<typeof restoreSchema> {
  const { restore, now, held, signatures, witnesses } = shown;
  const { number, old, newest, newestFrom, replayed, problem, document } = restore;
  return {
    ...{ number, old, newest, newestFrom, now, replayed, problem, document },
    openedAt: instantToText(restore.openedAt),
    held: held.length,
    unknown: held.reduce((sum, one) => sum + one.unknown, 0),
    witnessesAhead: witnesses.filter((one) => one.size > newest.size).map((one) => one.name),
    need: SIGNERS_NEEDED,
    signatures: signatures.map((one) => ({
      ...{ signer: one.signer, keyClass: one.class, counts: one.counts },
      at: instantToText(one.signedAt),
    })),
  };
}

const getRestore = route({
  method: "GET",
  path: "/api/v1/restore",
  summary: "Whether an older database was put back, what is held for it, and who has signed.",
  permission: "signed-in",
  reply: z.strictObject({ open: restoreSchema.nullable() }),
  async handle({ world }) {
    const shown = await showRestore(world);
    return { open: shown === null ? null : reply(shown) };
  },
});

const LEFT_MAX = 1_000;

const getLeft = route({
  method: "GET",
  path: "/api/v1/restore/left",
  summary: "Events after the copy that were not done again by themselves, for people to look at.",
  permission: "audit.read",
  reply: z.strictObject({
    total: z.number().int(),
    items: z.array(
      z.strictObject({
        ...{ index: z.number().int(), at: time, type: z.string(), object: z.string() },
        ...{ actor: z.string(), says: z.string() },
      }),
    ),
  }),
  errors: ["forbidden"],
  async handle({ world, actor }) {
    const left = await showLeft(world, actor);
    return {
      total: left.length,
      items: left.slice(0, LEFT_MAX).map((event) => ({
        ...{ index: event.index, at: instantToText(event.at), type: event.type },
        ...{ object: event.object, actor: event.actor, says: eventSentence(event) },
      })),
    };
  },
});

const postStatement = route({
  method: "POST",
  path: "/api/v1/restore/statement",
  summary: "The text that two approvers sign, so that the log goes on; written anew after a day.",
  permission: "change.approve",
  whileReadOnly: true,
  body: z.strictObject({}),
  reply: z.strictObject({
    document: z.string().describe("sign its exact bytes, namespace fettle-restore-v1"),
  }),
  errors: ["blocked", "forbidden"],
  handle: async ({ world, actor }) => ({ document: await draftStatement(world, actor) }),
});

const postSignature = route({
  method: "POST",
  path: "/api/v1/restore/signatures",
  summary: "Hands in one approver's signature over that text.",
  permission: "change.approve",
  freshProof: "signature",
  whileReadOnly: true,
  status: 201,
  body: z
    .strictObject({ document: z.string().min(1).max(4096), ...signatureFields })
    .refine(isOneSignature, { error: "give a signature or a passkey's answer, one of them" }),
  reply: restoreSchema,
  errors: ["invalid", "blocked", "conflict", "forbidden"],
  handle: async ({ world, actor }, { body }) => reply(await signStatement(world, actor, body)),
});

const postFinish = route({
  method: "POST",
  path: "/api/v1/restore/finish",
  summary: "Goes on under the signatures of two people; rollouts stay halted.",
  permission: "change.approve",
  whileReadOnly: true,
  body: z.strictObject({}),
  reply: z.strictObject({ number: z.number().int() }),
  errors: ["invalid", "blocked", "conflict", "forbidden"],
  async handle({ world, actor }) {
    const { number } = await finishRestore(world, actor);
    return { number };
  },
});

export const routes: readonly Route[] = [
  getRestore,
  getLeft,
  postStatement,
  postSignature,
  postFinish,
];
