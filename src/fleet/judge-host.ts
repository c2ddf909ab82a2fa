import type { Inspection } from "../inventory/inspection.ts";
import type { HostFacts } from "../inventory/model.ts";
import type { BodyText } from "../plan/body.ts";
import type { PackageStep, Step } from "../plan/model.ts";

export interface JudgedJob {
  readonly body: BodyText;
  /** Stale processes of an inspection from before the job; none where there was no such one. */
  readonly before: HostFacts["restarts"];
}

/**
 * Whether a host that says `done` is verified: fresh inventory shows every version as planned, what
 * ran the old code was restarted, and the probes of the body passed (a host is `done` only with
 * them). Anything else is "applied, unverified", with the facts.
 */
export interface HostJudgement {
  readonly verdict: "verified" | "unverified";
  readonly evidence: HostEvidence;
}

export interface HostEvidence {
  readonly packages: readonly PackageEvidence[];
  /** Processes that still run code a package has replaced. */
  readonly stale: readonly string[];
  /** Children of services that were restarted: login sessions and the like. They end by themselves. */
  readonly sessions: number;
  readonly stopped: readonly string[];
  /** Names of the probes that passed on the host; none when the body has none. */
  readonly probes: readonly string[];
  readonly isRebootNeeded: boolean;
  readonly problem: string | null;
}

export interface PackageEvidence {
  readonly name: string;
  readonly planned: string;
  /** Null: not installed. */
  readonly found: string | null;
}

type Restart = HostFacts["restarts"][number];

export function judgeHost(seen: JudgedJob & { readonly inspection: Inspection }): HostJudgement {
  const { body, inspection } = seen;
  const packages = body.steps.flatMap((step) => wrongPackage(step, inspection));
  const units = body.steps.flatMap((step) =>
    step.verb === "restart" ? [unitName(step.unit)] : [],
  );
  const { stale, sessions } = judgeRestarts(seen, units);
  const stopped = inspection.facts.services
    .filter((service) => units.includes(unitName(service.unit)) && service.state !== "active")
    .map((service) => service.unit);
  const { isNeeded, reason } = inspection.facts.reboot;
  // A reboot was part of the job, and what it was for does not run: the machine came up as it was.
  const isAsBefore = isNeeded && body.steps.some((step) => step.verb === "reboot");
  const isGood = packages.length + stale.length + stopped.length === 0 && !isAsBefore;
  return {
    verdict: isGood ? "verified" : "unverified",
    evidence: {
      packages,
      stale: stale.map((r) => `${r.unit} (${r.pid}) ${r.file}`).slice(0, 20),
      sessions,
      stopped,
      probes: body.steps.flatMap((step) => (step.verb === "probe" ? [step.name] : [])),
      isRebootNeeded: isNeeded,
      problem: isAsBefore ? `it still needs the reboot that it had: ${reason}` : null,
    },
  };
}

/** Nobody could look: never verified. */
export function unseenHost(problem: string): HostJudgement {
  const nothing = { packages: [], stale: [], sessions: 0, stopped: [], probes: [] };
  return {
    verdict: "unverified",
    evidence: { ...nothing, isRebootNeeded: false, problem },
  };
}

function wrongPackage(step: Step, inspection: Inspection): readonly PackageEvidence[] {
  switch (step.verb) {
    case "upgrade":
    case "downgrade":
    case "install":
    case "remove": {
      const found = inspection.packages.filter(
        (p) => p.name === step.name && (p.arch === step.arch || p.arch === "all"),
      );
      const planned = step.verb === "remove" ? "-" : step.to;
      if (isAsPlanned(step, found)) return [];
      return [{ name: step.name, planned, found: found.map((p) => p.version).join(" ") || null }];
    }
    default:
      return [];
  }
}

/** Kernels of rpm are installed beside each other: one comes or goes, and others are there. */
function isAsPlanned(step: PackageStep, found: Inspection["packages"]): boolean {
  switch (step.verb) {
    case "install":
      return found.some(({ version }) => version === step.to);
    case "remove":
      return found.every(({ version }) => version !== step.from);
    default:
      return found.length === 1 && found[0]?.version === step.to;
  }
}

/**
 * A process that was stale before the job says nothing about it, unless the body was to restart it.
 * A child of a service whose main process runs new code (an open login) is counted, not blamed.
 */
function judgeRestarts(
  seen: { readonly inspection: Inspection; readonly before: readonly Restart[] },
  units: readonly string[],
): { readonly stale: readonly Restart[]; readonly sessions: number } {
  const old = new Set(seen.before.map((r) => `${r.pid} ${r.file}`));
  const mains = new Map(
    seen.inspection.facts.services.map((s) => [unitName(s.unit), s.pid] as const),
  );
  const isSession = (r: Restart): boolean => {
    if (r.unit === SSH_LOGIN) return true;
    const main = mains.get(unitName(r.unit)) ?? 0;
    return main !== 0 && main !== r.pid;
  };
  const fresh = seen.inspection.facts.restarts.filter(
    (r) => units.includes(unitName(r.unit)) || !old.has(`${r.pid} ${r.file}`),
  );
  const stale = fresh.filter((r) => !isSession(r));
  return { stale, sessions: fresh.length - stale.length };
}

/** What the host program calls a connection of sshd; it ends with the login, not with the update. */
const SSH_LOGIN = "ssh-login";

function unitName(unit: string): string {
  return unit.replace(/\.service$/, "");
}
