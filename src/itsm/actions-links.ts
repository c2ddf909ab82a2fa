import { timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Actor } from "../base/actor.ts";
import { Failure } from "../base/failure.ts";
import type { ChangeId } from "../base/ids.ts";
import { MINUTE_MS } from "../base/instant.ts";
import { readSecretFile } from "../base/secret-file.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import type { Change } from "../change/model.ts";
import { inTransaction, isUniqueViolation } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { recordEvent } from "../ledger/record.ts";
import { webhookKey, webhookSignature } from "../watch/webhook-message.ts";
import { adapterOf, askOf, newMemory, secretPath, troubleOf } from "./actions-ask.ts";
import { takeState } from "./actions-record.ts";
import { demandSystem } from "./actions-systems.ts";
import type { Link, Outside } from "./model.ts";
import { loadLink, pointLink, type System, saveLink } from "./store.ts";

/** A change's records by hand: try again, name one that is there, and what systems report. */

/** Takes up a record that was given up; true when there was one. */
export async function retryLink(
  world: World,
  actor: Actor,
  of: { readonly change: Change; readonly system: string },
): Promise<void> {
  const { change, system } = of;
  await demandSystem(world, system);
  await inTransaction(world.db, async (tx) => {
    const link = await loadLink(tx, { system, change: change.id });
    if (link === null) {
      throw new Failure("not-found", `C-${change.number} has no record in ${system}.`);
    }
    await saveLink(tx, link, {
      ...{ attempts: 0, nextAt: null, deadAt: null, problem: null, problemSince: null },
      // Told up to the entry before the newest, so that there is something to do.
      told: Math.min(link.told, link.wanted - 1),
    });
    await recordEvent(tx, {
      type: "itsm.retried",
      actor: actor.subject,
      object: `itsm:${system}`,
      change: change.id,
      facts: { system, key: link.outsideKey },
    });
    await notify(tx, "ledger");
  });
}

/**
 * Says which record is a change's. It can end a hold and meet what the policy asks, so it is for
 * whoever sets the policy; the record is read first, and no record is two changes'.
 */
export async function linkByHand(
  world: World,
  actor: Actor,
  of: { readonly change: Change; readonly system: string; readonly record: string },
): Promise<void> {
  demandUnscoped(actor, "policy.apply", "Saying which record is a change's");
  const { change, record } = of;
  const system = await demandSystem(world, of.system);
  const outside = await readRecord(world, system, { change, record });
  try {
    await inTransaction(world.db, async (tx) => {
      await pointLink(tx, { system: system.name, change: change.id, outside });
      await recordEvent(tx, {
        type: "itsm.linked",
        actor: actor.subject,
        object: `itsm:${system.name}`,
        change: change.id,
        facts: { system: system.name, key: outside.key, isNew: false },
      });
      await notify(tx, "ledger");
    });
  } catch (cause) {
    if (!isUniqueViolation(cause)) throw cause;
    throw new Failure("conflict", `${outside.key} is the record of another change already.`);
  }
  const link = { system: system.name, change: change.id };
  if (adapterOf(system).isAsked) await takeState(world, { system, link, outside });
}

async function readRecord(
  world: World,
  system: System,
  of: { readonly change: Change; readonly record: string },
): Promise<Outside> {
  const { change, record } = of;
  const adapter = adapterOf(system);
  const bare = { id: change.id, key: record, url: null, state: "", isStopped: false, fields: {} };
  if (!adapter.isAsked) return bare;
  try {
    const outside = await adapter.read(askOf(world, system, { memory: newMemory() }), record);
    if (outside !== null) return outside;
  } catch (cause) {
    throw new Failure("unavailable", `${system.name}: ${troubleOf(cause).message}`, { cause });
  }
  throw new Failure(
    "not-found",
    `${system.name} has no record ${record}. ServiceNow wants the sys_id, Jira the key.`,
  );
}

/** How far the clocks of the two may be apart (Standard Webhooks: reject old and future timestamps). */
const REPORT_APART_MS = 5 * MINUTE_MS;

const payloadSchema = z.strictObject({
  change: z.uuid(),
  /** Of a system that is asked this is no more than a hint to look now. */
  state: z.string().trim().min(1).max(80).optional(),
  isStopped: z.boolean().default(false),
});

/**
 * A state that the system reports by itself, signed as our own webhooks are. Of one that can be asked
 * only the hint counts. Throws `forbidden` for whatever is not signed with its key, now, over this.
 */
export async function takeReport(
  world: World,
  of: {
    readonly system: string;
    readonly id: string;
    readonly timestamp: number;
    readonly signature: string;
    readonly payload: string;
  },
): Promise<{ readonly taken: boolean }> {
  const system = await demandSystem(world, of.system);
  if (system.reportFile === null) {
    throw new Failure("blocked", `${system.name} has no key for reports; set it: --report-file.`);
  }
  const key = await readSecretFile(secretPath(world, system.reportFile), {
    failing: `The key for reports of ${system.name}`,
    mustHold: "one line whsec_ and the base64 of 24 to 64 bytes",
    parse: webhookKey,
  });
  const body = Buffer.from(of.payload);
  const expected = Buffer.from(webhookSignature(key, { id: of.id, sentAt: of.timestamp, body }));
  // Senders that change keys send several signatures, with a space between.
  const isSigned = of.signature.split(" ").some((one) => {
    const given = Buffer.from(one);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  const at = of.timestamp * 1_000;
  if (!isSigned || Math.abs(world.clock() - at) > REPORT_APART_MS) {
    throw new Failure(
      "forbidden",
      "The report is not signed with the key of this system, or not now.",
    );
  }
  const { change, state, isStopped } = parsePayload(of.payload);
  const link = await loadLink(world.db, { system: system.name, change: change as ChangeId });
  if (link === null) throw new Failure("not-found", `No change ${change} is mirrored there.`);
  if (adapterOf(system).isAsked) {
    await saveLink(world.db, link, { checkedAt: null });
    await notify(world.db, "ledger");
    return { taken: true };
  }
  if (state === undefined) throw new Failure("invalid", "The report tells no state.");
  const outside = { ...keptOf(link), state, isStopped };
  const taken = await takeState(world, { system, link, outside, said: { at, id: of.id } });
  return { taken };
}

function parsePayload(text: string): z.output<typeof payloadSchema> {
  try {
    return payloadSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Failure(
      "invalid",
      'The payload is no report such as {"change": "…", "state": "…"}.',
      {
        cause,
      },
    );
  }
}

function keptOf(link: Link): Outside {
  return {
    ...{ id: link.outsideId ?? link.change, key: link.outsideKey ?? "", url: link.outsideUrl },
    ...{ state: link.outsideState ?? "", isStopped: false, fields: {} },
  };
}
