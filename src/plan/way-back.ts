import { type BodyText, stepToText } from "./body.ts";
import type { PackageStep, Step } from "./model.ts";

/** What a body does, and what takes it back. */
type Way = Pick<BodyText, "steps" | "undo">;

/**
 * What "revert" really does on a host, read from the body that people approve and from nothing else:
 * no class is promised that its undo steps do not carry out. Hosts that boot from one of two images
 * would be a class of their own; no step of a body switches images, so it never comes out here.
 */
export type WayBackClass = "downgrade" | "previous-kernel" | "snapshot" | "none" | "nothing";

export interface WayBack {
  readonly class: WayBackClass;
  readonly label: string;
  readonly tone: "good" | "attention" | "bad";
  /** What happens, in sentences. */
  readonly says: readonly string[];
}

const words: Readonly<Record<WayBackClass, Pick<WayBack, "label" | "tone">>> = {
  downgrade: { label: "back to the exact versions before", tone: "good" },
  "previous-kernel": { label: "back to the kernel before, by a reboot", tone: "attention" },
  snapshot: { label: "back to a snapshot", tone: "attention" },
  none: { label: "no way back", tone: "bad" },
  nothing: { label: "changes no package", tone: "good" },
};

export function wayBackOf(body: Way): WayBack {
  const kind = classOf(body);
  return { class: kind, ...words[kind], says: sentencesOf(kind, body) };
}

function classOf({ steps, undo }: Way): WayBackClass {
  const moves = steps.filter(isMove);
  if (moves.length === 0) return "nothing";
  if (undo.some(({ step }) => step.verb === "restore")) return "snapshot";
  const undone = new Set(undo.map(({ at }) => at));
  if (!steps.every((step, at) => !isMove(step) || undone.has(at + 1))) return "none";
  return moves.some(isKernel) ? "previous-kernel" : "downgrade";
}

function isMove(step: Step): step is PackageStep {
  return "sha256" in step;
}

/** A kernel comes as a package of its own beside the one that runs: its name carries the release. */
function isKernel({ verb, name }: PackageStep): boolean {
  return verb === "install" && /^(linux-image-(unsigned-)?\d|kernel(-core)?$)/.test(name);
}

function sentencesOf(kind: WayBackClass, { steps, undo }: Way): string[] {
  if (kind === "nothing") return ["Nothing is changed that could be put back."];
  const moves = steps.filter(isMove);
  if (kind === "none") {
    const names = moves.map(({ name }) => name).join(", ");
    return [
      `Nothing puts ${names} back: a host that fails is repaired by hand or by a newer version.`,
    ];
  }
  const back = undo.map(({ step }) => step);
  if (kind === "snapshot") {
    return [
      `Carries out ${back.map(stepToText).join(", ")}.`,
      "Everything since the snapshot is lost, also what had nothing to do with the change.",
    ];
  }
  const packages = back.filter(isMove);
  const put = packages.filter(({ verb }) => verb !== "remove");
  const gone = packages.filter(({ verb }) => verb === "remove");
  const units = steps.flatMap((step) => (step.verb === "restart" ? [step.unit] : []));
  const says: string[] = [];
  const { first, last } = hooksOf({ steps, undo });
  if (first.length > 0) says.push(`Runs ${first.join(", ")} first, where the host has rejoined.`);
  if (put.length > 0) {
    const texts = put.map(({ name, to }) => `${name} ${to}`).join(", ");
    says.push(`Puts back ${texts}, from files that are on the host before anything changes.`);
  }
  if (gone.length > 0) says.push(`Removes ${gone.map(({ name }) => name).join(", ")}.`);
  if (units.length > 0) says.push(`Restarts ${units.join(", ")} again.`);
  if (steps.some(({ verb }) => verb === "reboot")) {
    says.push("Does not boot again: what runs goes on with the new files until somebody does.");
  }
  if (last.length > 0) says.push(`Runs ${last.join(", ")} at the end.`);
  if (kind === "previous-kernel") {
    says.push("The kernel before stays installed; it runs again only after a reboot.");
  }
  says.push("Data that the new version converted or wrote stays as it is.");
  return says;
}

/** Steps are undone last first: hooks that undo what stands behind the packages, and those before them. */
function hooksOf({ steps, undo }: Way): { first: string[]; last: string[] } {
  const packages = steps.findIndex(isMove) + 1;
  const named = (some: Way["undo"]): string[] =>
    some.flatMap(({ step }) => (step.verb === "run" ? [step.hook] : [])).reverse();
  return {
    first: named(undo.filter(({ at }) => at > packages)),
    last: named(undo.filter(({ at }) => at < packages)),
  };
}
