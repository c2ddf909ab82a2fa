import type { Actor } from "../base/actor.ts";
import { sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { canonicalJson } from "../base/json.ts";
import { demandUnscoped } from "../base/unscoped.ts";
import { inTransaction } from "../db/database.ts";
import { notify } from "../db/notify.ts";
import type { World } from "../db/world.ts";
import { authoritiesIn } from "../intel/feed-authority.ts";
import { recordEvent } from "../ledger/record.ts";
import { adapterOf, askOf, newMemory, troubleOf } from "./actions-ask.ts";
import type { ItsmKind } from "./model.ts";
import { type CommonSettings, parseSettings } from "./settings.ts";
import { loadSystem, removeSystem, type System, type SystemGiven, saveSystem } from "./store.ts";

/** Systems: set by administrators, tried out, and forgotten. */
export const WORKING_ON_SYSTEMS = "Saying where changes are mirrored";
const TEST_MS_MAX = 20_000;
/** States are read once a poll; three that failed leave what was read before too old. */
const FRESH_POLLS = 3;
const FRESH_SECONDS_MIN = 300;

export async function setSystem(
  world: World,
  actor: Actor,
  given: {
    readonly name: string;
    readonly kind: ItsmKind;
    readonly url: string;
    readonly secretFile: string;
    readonly reportFile: string | null;
    readonly authority: string | null;
    readonly settings: unknown;
  },
): Promise<System> {
  demandUnscoped(actor, "policy.apply", WORKING_ON_SYSTEMS);
  const url = new URL(given.url);
  const isBare = url.username === "" && url.password === "" && url.hash === "";
  if (!isBare || (url.search !== "" && given.kind !== "webhook")) {
    throw new Failure(
      "invalid",
      "Write the address alone, such as https://example.service-now.com. The account goes into a file below the server's secrets; name it: --secret-file.",
    );
  }
  const parsed = parseSettings(given.kind, given.settings);
  if ("faults" in parsed) throw new Failure("invalid", parsed.faults.join("; "));
  const { settings } = parsed;
  if (given.kind === "webhook" && given.reportFile === null) {
    throw new Failure(
      "invalid",
      "A webhook's state comes back by signed reports only; name the file of their key: --report-file.",
    );
  }
  if (given.authority !== null) authoritiesIn(given.authority);
  const { pollSeconds } = settings as CommonSettings;
  const isAsked = given.kind !== "webhook";
  const system: SystemGiven = {
    ...given,
    url: url.href.replace(/\/$/, ""),
    settings,
    freshSeconds: isAsked ? Math.max(FRESH_SECONDS_MIN, pollSeconds * FRESH_POLLS) : null,
    changedBy: actor.subject,
    changedAt: world.clock(),
  };
  return inTransaction(world.db, async (tx) => {
    const before = await loadSystem(tx, given.name);
    if (before !== null && before.kind !== given.kind) {
      throw new Failure(
        "conflict",
        `${given.name} is of the kind ${before.kind}. Take another name, or remove it first.`,
      );
    }
    await saveSystem(tx, system);
    await recordEvent(tx, {
      type: "itsm.set",
      actor: actor.subject,
      object: `itsm:${given.name}`,
      facts: {
        ...{ system: given.name, kind: given.kind, origin: url.origin },
        settings: sha256(canonicalJson(settings as never)),
        holds: (settings as CommonSettings).holds,
      },
    });
    await notify(tx, "ledger");
    return (await loadSystem(tx, given.name)) as System;
  });
}

export async function demandSystem(world: World, name: string): Promise<System> {
  const system = await loadSystem(world.db, name);
  if (system !== null) return system;
  throw new Failure("not-found", `There is no ITSM system ${name}. Add it: fettle itsm add.`);
}

/** Its links go with it, and with them what they hold; what the policy asks for it goes on asking. */
export async function dropSystem(world: World, actor: Actor, name: string): Promise<void> {
  demandUnscoped(actor, "policy.apply", WORKING_ON_SYSTEMS);
  await inTransaction(world.db, async (tx) => {
    if (!(await removeSystem(tx, name))) {
      throw new Failure("not-found", `There is no ITSM system ${name}.`);
    }
    await recordEvent(tx, {
      type: "itsm.removed",
      actor: actor.subject,
      object: `itsm:${name}`,
      facts: { system: name },
    });
    await notify(tx, "change");
  });
}

/** Asks it something that changes nothing there, with the account that the mirror has. */
export async function testSystem(
  world: World,
  actor: Actor,
  name: string,
): Promise<{ readonly said: string }> {
  demandUnscoped(actor, "policy.apply", WORKING_ON_SYSTEMS);
  const system = await demandSystem(world, name);
  const ask = askOf(world, system, { memory: newMemory(), timeoutMs: TEST_MS_MAX });
  await inTransaction(world.db, (tx) =>
    recordEvent(tx, {
      type: "itsm.tested",
      actor: actor.subject,
      object: `itsm:${name}`,
      facts: { system: name },
    }),
  );
  try {
    return { said: await adapterOf(system).test(ask) };
  } catch (cause) {
    const { message } = troubleOf(cause);
    throw new Failure("unavailable", `${name} does not work: ${message}`, { cause });
  }
}
