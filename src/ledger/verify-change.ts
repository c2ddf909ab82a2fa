/**
 * The order that every change must keep in the log: asked for, approved by as many other people as
 * it needs, approved as a whole, and only then carried out. What the server would not allow, a log
 * that it wrote must not tell.
 */

interface Told {
  readonly type: string;
  readonly actor: string;
  readonly plan: string | null;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly approved: string | null;
}

interface Standing {
  requester: string;
  plan: string | null;
  need: number;
  approvers: Set<string>;
  isApproved: boolean;
}

/** Work on hosts, or what leads to it at once. */
const WORK = /^(change\.running|rollout\.started|wave\.opened|target\.[a-z-]+|revert\.ordered)$/;

export class ChangeOrder {
  readonly #changes = new Map<string, Standing>();
  readonly #isWhole: boolean;

  /** In a log whose beginning is not here, changes may have been asked for before. */
  constructor(isWhole: boolean) {
    this.#isWhole = isWhole;
  }

  /** What is wrong with this entry after all before it; null when nothing is. */
  next(entry: Readonly<Record<string, unknown>>): string | null {
    const change = entry["change"];
    if (typeof change !== "string") return null;
    const told = toldBy(entry);
    const standing = this.#changes.get(change);
    if (told.type === "change.requested" || told.type === "change.edited") {
      const need = told.facts["need"];
      this.#changes.set(change, {
        requester: told.actor,
        plan: told.plan,
        need: typeof need === "number" ? need : 0,
        approvers: new Set(),
        isApproved: false,
      });
      return null;
    }
    if (standing === undefined) {
      const isMissing = this.#isWhole && (WORK.test(told.type) || told.approved !== null);
      return isMissing ? "nobody asked for its change" : null;
    }
    return judge(standing, told);
  }
}

function judge(standing: Standing, told: Told): string | null {
  if (told.type === "approval.given") {
    if (told.actor === standing.requester) return "who asked for the change approves it";
    if (told.plan !== standing.plan) return "it approves another plan than the change has";
    standing.approvers.add(told.actor);
    return null;
  }
  if (told.type === "change.approved") {
    if (told.plan !== standing.plan) return "another plan than the change has is approved";
    if (told.approved !== null && told.approved.slice(0, 64) !== told.plan) {
      return "it begins with the digest of another plan";
    }
    const [given, need] = [standing.approvers.size, standing.need];
    if (given < need) return `the change is approved with ${given} of ${need} approvals`;
    standing.isApproved = true;
    return null;
  }
  if (!WORK.test(told.type)) return null;
  if (!standing.isApproved) return "work of a change that is not approved";
  return told.plan === standing.plan ? null : "work by another plan than the approved one";
}

function toldBy(entry: Readonly<Record<string, unknown>>): Told {
  const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
  const facts = entry["facts"];
  return {
    type: text(entry["type"]) ?? "",
    actor: text(entry["actor"]) ?? "",
    plan: text(entry["plan"]),
    facts: typeof facts === "object" && facts !== null ? (facts as Told["facts"]) : {},
    approved: text(entry["_approved"]),
  };
}
