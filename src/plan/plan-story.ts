import { durationToText, instantToText, SECOND_MS } from "../base/instant.ts";
import { distrustToText } from "../inventory/package-source.ts";
import { type StopRule, stopOdds } from "../policy/failure-test.ts";
import { partToText, type WavePart } from "../policy/rings-waves.ts";
import type { Exclusion, Planned, PlanReport, WaveLimits } from "./model.ts";
import { fileExclusionToText, fileToText } from "./planner-files.ts";
import { drainToText, rotationToText } from "./planner-hooks.ts";
import { blockerToText } from "./planner-report.ts";

/** A plan as a person reads it: what is done to whom and when, who is left out, and what to mind. */
export function planToText({ plan, report }: Planned): string {
  const lines: string[] = [];
  for (const blocker of report.blocked) lines.push(`no plan: ${blockerToText(blocker)}`);
  if (plan !== null) {
    lines.push(`plan ${plan.digest}`, `class ${plan.class}, approvals needed ${plan.need}`);
    for (const wave of plan.waves) {
      const { limits } = wave;
      lines.push(
        `wave ${wave.number}, ring ${wave.ring}${partText(wave.part)}, ${hostCount(wave.hostCount)}: ${instantToText(wave.notBefore)} to ${instantToText(wave.notAfter)}`,
        `  ${limits.batchSize} at once, ${limits.inFlightMax} under way at most${rateText(limits)}${stageText(limits)}, soak ${limits.soakSeconds} s, stops ${stopToText(limits, wave.hostCount)}, ${percent(limits.successRateMin)} must succeed, rolls back ${limits.rollback}`,
        ...wave.windows.map((w) => `  open ${instantToText(w.from)} to ${instantToText(w.to)}`),
      );
    }
    for (const { key, value, members, unavailableMax: most } of plan.budgets) {
      lines.push(`budget ${key}=${value}: ${most} of ${members} may be away at once`);
    }
  }
  for (const { wave, hosts, failureRate } of report.detects) {
    lines.push(
      `wave ${wave} shows a failure of ${percent(failureRate)} of hosts (${hosts}) or more`,
    );
  }
  lines.push(...report.warnings.map((warning) => `mind: ${warning}`));
  if (report.restarts.length > 0) lines.push(`restarts ${report.restarts.join(", ")}`);
  lines.push(...report.files.map((file) => `file ${fileToText(file)}`));
  lines.push(...report.drains.map((one) => `drains ${drainToText(one)}`));
  lines.push(...report.rotations.map((one) => `makes keys anew ${rotationToText(one)}`));
  lines.push(...rebootTexts(report));
  for (const { name, because } of report.excluded) {
    lines.push(`left out: ${name}: ${exclusionToText(because)}`);
  }
  return `${lines.join("\n")}\n`;
}

/** What a reboot has to do with it; nothing where nobody needs one and nobody gets one. */
export function rebootTexts(report: Pick<PlanReport, "needsReboot" | "reboots">): string[] {
  const { needsReboot, reboots } = report;
  if (reboots > 0) return [`reboots ${reboots} ${reboots === 1 ? "host" : "hosts"}`];
  return needsReboot ? ["takes effect fully only after a reboot"] : [];
}

function stageText({ stageSeconds }: WaveLimits): string {
  if (stageSeconds === null) return "";
  return `, files come from ${durationToText(stageSeconds * SECOND_MS)} before`;
}

function rateText({ rate }: WaveLimits): string {
  if (rate === null) return "";
  return `, ${rate.hosts} started per ${durationToText(rate.seconds * SECOND_MS)}`;
}

function partText(part: WavePart): string {
  const words = partToText(part);
  return words === "" ? "" : `, ${words}`;
}

/** When a wave of so many hosts stops: the sooner of a number of failures and the test. */
export function stopToText(limits: StopRule, hosts: number): string {
  const { failedMax, failures: test } = limits;
  const words: string[] = [];
  if (failedMax < hosts || test === null) words.push(`after ${failedMax + 1} failed`);
  if (test !== null) {
    words.push(
      `at odds of ${Math.round(stopOdds(test))} for ${percent(test.bad)} over ${percent(test.baseline)}`,
    );
  }
  return words.join(" or ");
}

export function exclusionToText(because: Exclusion): string {
  switch (because.why) {
    case "inspect-only":
      return "it is inspected only and never changed";
    case "never-inspected":
      return "it was never inspected, so nothing is known about it";
    case "stale-inventory":
      return `it was last inspected ${instantToText(because.inspectedAt)}; the policy allows ${because.ageSecondsMax} s`;
    case "not-affected":
      return "it has nothing to change";
    case "fix-not-offered":
      return `its sources do not offer ${because.source} ${because.version}`;
    case "not-resolved":
      return `its package manager gave no answer: ${because.problem}`;
    case "no-ring":
      return "no ring of the policy selects its labels";
    case "held":
      return `on hold there: ${because.packages.join(", ")}`;
    case "distrusted-source":
      return `not to be trusted there: ${because.sources.map(distrustToText).join("; ")}`;
    case "not-authentic":
    case "too-young":
      return fileExclusionToText(because);
    case "no-window": {
      const next =
        because.opensAt === null ? "" : `; it opens next ${instantToText(because.opensAt)}`;
      return `the calendar leaves it no time before ${instantToText(because.until)}: ${because.because}${next}`;
    }
  }
}

function hostCount(count: number): string {
  return count === 1 ? "1 host" : `${count} hosts`;
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
