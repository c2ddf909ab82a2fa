import { releaseName } from "../../src/base/release-name.ts";
import { Go } from "../app/go.tsx";
import { Facts } from "../parts/facts.tsx";
import { Instant } from "../parts/instant.tsx";
import { Panel } from "../parts/panel.tsx";
import { Person } from "../parts/person.tsx";
import { Dates, WhenDue } from "./dates.tsx";
import { CaseForecast } from "./forecast.tsx";
import type { PatchReply } from "./patch-reply.ts";
import { Outcome, PriorityPath } from "./priority-path.tsx";
import styles from "./triage.module.css";

type Patch = PatchReply["patch"];

/** Why this case is what it is: which rule decided, which facts it had, and which were assumed. */
export function PatchWhy({ answer }: { readonly answer: PatchReply }) {
  const { patch, release } = answer;
  return (
    <div className={styles["split"]}>
      <Panel title="Why now">
        <Facts of={[...deadlineFacts(patch), ...releaseFacts(release), ...classFacts(patch)]} />
      </Panel>
      <Panel title="Why this date">
        <Dates dates={patch.deadline.candidates} policy={patch.deadline.policy} />
      </Panel>
      <CaseForecast patch={patch.ref} />
      {patch.priority !== null && (
        <Panel title={`Why ${patch.priority.outcome}`}>
          <PriorityPath priority={patch.priority} />
        </Panel>
      )}
      <Panel title={`Clears ${patch.vulnerabilities.length}`}>
        {patch.vulnerabilities.length === 0 && (
          <div className="dim">No known vulnerability: an update for its own sake.</div>
        )}
        <ul style={{ margin: 0, paddingLeft: 18, columns: "150px", fontSize: 13.5 }}>
          {patch.vulnerabilities.map((id) => (
            <li key={id}>
              <Go href={`/vulnerabilities/${id}`}>{id}</Go>
            </li>
          ))}
        </ul>
      </Panel>
    </div>
  );
}

function deadlineFacts({ deadline }: Patch): Parameters<typeof Facts>[0]["of"] {
  return [
    ["Deadline", <WhenDue key="due" date={deadline} />],
    ["Because", `${deadline.presetTitle}: ${deadline.sentence}`],
    ["Clock started", <Instant key="clock" at={deadline.clockStartedAt} />],
    ...(deadline.needsForensicTriage
      ? ([["Before patching", "collect forensic evidence: it may have been used already"]] as const)
      : []),
  ];
}

function releaseFacts(release: PatchReply["release"]): Parameters<typeof Facts>[0]["of"] {
  if (release === null) return [];
  const because = release.because.length === 0 ? "" : `: ${release.because.join("; ")}`;
  return [
    [
      "Next release",
      <span key="release">
        <Instant at={release.at} /> ({release.train}
        {because})
      </span>,
    ],
  ];
}

function classFacts(patch: Patch): Parameters<typeof Facts>[0]["of"] {
  const { classifiedBy, regression } = patch;
  return [
    ["Priority", <Outcome key="priority" of={patch.priority} />],
    ["Classified", `${patch.route}, ${patch.kind}, ${patch.urgency}`],
    [
      "By rule",
      `"${classifiedBy.rule}" of ${classifiedBy.file} (${classifiedBy.version.slice(0, 12)})`,
    ],
    ["Moves", `${patch.target.source} in ${releaseName(patch.target.ecosystem)}`],
    ["From", patch.affectedVersions.join(", ")],
    ["To", patch.target.sourceVersion],
    ["Regression risk", `${regression.level}: ${regression.because}`],
    ["Opened by", <Person key="by" subject={patch.openedBy} />],
    ["Opened", <Instant key="opened" at={patch.openedAt} />],
  ];
}
