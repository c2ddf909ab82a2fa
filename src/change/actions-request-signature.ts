import type { Actor } from "../base/actor.ts";
import { assert, Failure } from "../base/failure.ts";
import type { Tx } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { demandOwnSignature } from "../identity/actions-sign.ts";
import type { GivenSignature } from "../identity/given-signature.ts";
import { loadSubject } from "../identity/store.ts";
import { recordEvent } from "../ledger/record.ts";
import { parseStatement } from "../plan/statement.ts";
import { loadPlan } from "../plan/store.ts";
import type { Change, RequestSignature } from "./model.ts";
import { insertRequestSignature } from "./store-request-signature.ts";

/**
 * The requester signs what they ask for (host protocol §5, `sod signed`): then hosts themselves see
 * that requester and approvers are different people, without this server's word for it.
 */
export async function keepRequestSignature(
  tx: Tx,
  world: World,
  of: { readonly actor: Actor; readonly change: Change; readonly given: GivenSignature },
): Promise<RequestSignature> {
  const { actor, change, given } = of;
  const plan = await loadPlan(tx, change.plan);
  const statement = parseStatement(plan?.statement ?? "");
  assert(plan !== null && statement.ok, "the plan of a change is stored and can be read");
  const subject = await loadSubject(tx, actor.subject);
  // Hosts look for the key of the handle that the statement names, and only people have keys there.
  const isRequester =
    subject?.kind === "person" &&
    actor.kind === "person" &&
    subject.disabledAt === null &&
    subject.handle === statement.value.requester;
  if (subject === null || !isRequester) {
    throw new Failure(
      "forbidden",
      `The statement names ${statement.value.requester} as its requester, so only that person signs the request.`,
    );
  }
  const toSign = {
    namespace: "fettle-request-v1",
    bytes: plan.statement,
    deed: "ask for this plan",
  } as const;
  const signed = await demandOwnSignature(tx, subject, toSign, given);
  const signature: RequestSignature = {
    plan: change.plan,
    change: change.id,
    person: subject.id,
    handle: subject.handle,
    keyClass: signed.key.class,
    keyLine: signed.keyLine,
    signature: signed.armoured,
    at: world.clock(),
  };
  if (!(await insertRequestSignature(tx, signature))) {
    throw new Failure("conflict", `You have signed this request of C-${change.number} already.`);
  }
  await recordEvent(tx, {
    type: "change.request-signed",
    actor: subject.id,
    object: `change:${change.id}`,
    patch: change.patch,
    change: change.id,
    plan: change.plan,
    facts: { key: signed.key.fingerprint, class: signed.key.class },
  });
  await notify(tx, "change");
  return signature;
}
