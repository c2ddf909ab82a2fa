import type { SubjectId } from "../base/ids.ts";
import {
  type Conditions,
  firstWaveOf,
  type RiskLevel,
  type SignOffRule,
} from "../policy/change-control.ts";
import { type OwnersPolicy, ownerRuleFor, type SignOffRole } from "../policy/owners.ts";
import type { ChangeClass } from "../policy/rings.ts";
import type { ChangeState } from "./model.ts";

/**
 * Sign-offs: people of the ownership map say that a change may go on before a wave opens. Each service
 * on its hosts has its own: the first rule that fits the service and names somebody for the role.
 *
 * Never signed by whoever asked for the change, never by one person for two parts, and for a later wave
 * not before the change runs: nobody vouches for what was not there to be seen.
 */
export interface SignOffPart {
  readonly role: SignOffRole;
  /** The rule of the map; where none names anybody, the service. */
  readonly of: string;
  /** The first wave that waits. */
  readonly before: number;
  readonly members: SubjectId[];
}

export interface SignOffAsk {
  readonly class: ChangeClass;
  readonly level: RiskLevel;
  /** Of the most critical host; one that does not say counts as 0. */
  readonly tier: number;
  readonly services: readonly string[];
}

/** The parts that a policy asks for; `byHandle` has the live accounts. */
export function partsAsked(
  policy: { readonly signOffs: readonly SignOffRule[] },
  owners: Pick<OwnersPolicy, "rules">,
  asked: SignOffAsk & {
    readonly byHandle: ReadonlyMap<string, SubjectId>;
    readonly requester: SubjectId;
  },
): SignOffPart[] {
  const parts = new Map<string, SignOffPart>();
  for (const rule of policy.signOffs.filter((one) => fits(one.when, asked))) {
    for (const role of new Set(rule.by)) {
      for (const part of partsOf(role, owners, asked)) {
        const key = `${part.role} ${part.of}`;
        const before = Math.min(
          firstWaveOf(rule),
          parts.get(key)?.before ?? Number.MAX_SAFE_INTEGER,
        );
        parts.set(key, { ...part, before });
      }
    }
  }
  return [...parts.values()];
}

export function fits(
  { risk, tier, classes }: Conditions,
  asked: Pick<SignOffAsk, "class" | "level" | "tier">,
): boolean {
  if (risk !== undefined && !risk.includes(asked.level)) return false;
  if (classes !== undefined && !classes.includes(asked.class)) return false;
  return tier === undefined || tier.some((one) => one === asked.tier);
}

function partsOf(
  role: SignOffRole,
  { rules }: Pick<OwnersPolicy, "rules">,
  asked: Parameters<typeof partsAsked>[2],
): readonly Omit<SignOffPart, "before">[] {
  const naming = { rules: rules.filter(({ signs }) => signs[role].length > 0) };
  const groups = asked.services.length === 0 ? [[]] : asked.services.map((name) => [name]);
  return groups.map((services) => {
    const rule = ownerRuleFor(naming, { class: asked.class, services });
    const handles = rule?.signs[role] ?? [];
    const members = [...new Set(handles.flatMap((handle) => asked.byHandle.get(handle) ?? []))];
    const of = rule?.name ?? services[0] ?? "the change";
    return { role, of, members: members.filter((id) => id !== asked.requester).sort() };
  });
}

export interface GivenSignOff {
  readonly role: SignOffRole;
  readonly of: string;
  readonly person: SubjectId;
}

/** Why somebody cannot sign a change off in any part; null when there is one that they can. */
export function signOffRefusal(
  change: {
    readonly state: ChangeState;
    readonly requester: SubjectId;
    readonly parts: readonly SignOffPart[];
    readonly given: readonly GivenSignOff[];
  },
  who: { readonly person: SubjectId; readonly isPerson: boolean; readonly role?: SignOffRole },
): string | null {
  if (!who.isPerson) return "Only a person signs off. Sign in as yourself.";
  if (who.person === change.requester) {
    return "Who asked for the change signs no part of it off; somebody else has to.";
  }
  if (!["requested", "approved", "running"].includes(change.state)) {
    return `The change is ${change.state}.`;
  }
  const own = change.given.find(({ person }) => person === who.person);
  if (own !== undefined) {
    return `You have signed off as ${roleText(own.role)} of ${own.of}; one person signs one part.`;
  }
  const named = partsFor(change.parts, who);
  if (named.length === 0) {
    return who.role === undefined
      ? "The ownership map names you for no sign-off of this change."
      : `The ownership map does not name you as ${roleText(who.role)} for this change.`;
  }
  const open = named.filter((part) => !isGiven(part, change.given));
  if (open.length === 0) return "Somebody else has signed that off already.";
  if (change.state === "running" || open.some(({ before }) => before === 1)) return null;
  return "Sign it off once it runs and you have seen how the waves before went.";
}

/** Parts that are this person's to sign, of those that are asked for. */
export function partsFor(
  parts: readonly SignOffPart[],
  who: { readonly person: SubjectId; readonly role?: SignOffRole },
): readonly SignOffPart[] {
  return parts.filter(
    ({ role, members }) =>
      members.includes(who.person) && (who.role === undefined || who.role === role),
  );
}

export function isGiven(
  part: Pick<SignOffPart, "role" | "of">,
  given: readonly Pick<GivenSignOff, "role" | "of">[],
): boolean {
  return given.some(({ role, of }) => role === part.role && of === part.of);
}

const roleWords: Readonly<Record<SignOffRole, string>> = {
  qa: "the QA lead",
  team: "the affected team",
  application: "the application owner",
};

export function roleText(role: SignOffRole): string {
  return roleWords[role];
}

/** `the QA lead of the shop: quinn`; says so where nobody can. */
export function missingSignOffToText(missing: {
  readonly role: SignOffRole;
  readonly of: string;
  readonly able: readonly string[];
}): string {
  const who = `${roleText(missing.role)} of ${missing.of}`;
  return missing.able.length === 0
    ? `${who}, of whom nobody is there who may; name somebody under signs in owners.yaml and ask for a new plan`
    : `${who}: ${missing.able.join(", ")}`;
}
