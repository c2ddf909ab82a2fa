import { Go } from "../app/go.tsx";
import { Facts } from "../parts/facts.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import { Person } from "../parts/person.tsx";
import type { PatchReply } from "./patch.tsx";
import styles from "./triage.module.css";

type Patch = PatchReply["patch"];

const inputs: readonly (readonly [
  name: keyof Patch["deadline"]["inputs"],
  title: string,
  yes: string,
  no: string,
  assumed: string,
])[] = [
  ["isKnownExploited", "Exploited", "known to be", "not known to be", ""],
  [
    "isExposed",
    "Exposed",
    "reachable from outside",
    "internal only",
    "no host says; unknown counts as exposed",
  ],
  ["isAutomatable", "Automatable", "yes", "no", "no data; counts as no"],
  ["isTotalImpact", "Impact", "total", "partial", "no data; counts as total"],
];

/** Why this case is what it is: which rule decided, which facts it had, and which were assumed. */
export function PatchWhy({ patch }: { readonly patch: Patch }) {
  return (
    <div className={styles["split"]}>
      <Panel title="Why now">
        <Facts of={[...deadlineFacts(patch), ...classFacts(patch)]} />
      </Panel>
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
    [
      "Deadline",
      deadline.at === null ? "with the next upgrade" : <Instant key="due" at={deadline.at} />,
    ],
    ["Because", `${deadline.preset}: ${deadline.rule}`],
    ["Clock started", <Instant key="clock" at={deadline.clockStartedAt} />],
    ...inputs.map(
      ([name, title, yes, no, assumed]) =>
        [
          title,
          deadline.assumed.includes(name) ? (
            <Mark key={name} tone="unknown">
              {deadline.inputs[name] ? yes : no}, assumed: {assumed}
            </Mark>
          ) : deadline.inputs[name] ? (
            yes
          ) : (
            no
          ),
        ] as const,
    ),
    ...(deadline.needsForensicTriage
      ? ([["Before patching", "collect forensic evidence: it may have been used already"]] as const)
      : []),
  ];
}

function classFacts(patch: Patch): Parameters<typeof Facts>[0]["of"] {
  const { classifiedBy, regression } = patch;
  return [
    ["Classified", `${patch.route}, ${patch.kind}, ${patch.urgency}`],
    [
      "By rule",
      `"${classifiedBy.rule}" of ${classifiedBy.file} (${classifiedBy.version.slice(0, 12)})`,
    ],
    ["Moves", `${patch.target.source} in ${patch.target.ecosystem}`],
    ["From", patch.affectedVersions.join(", ")],
    ["To", patch.target.sourceVersion],
    ["Regression risk", `${regression.level}: ${regression.because}`],
    ["Opened by", <Person key="by" subject={patch.openedBy} />],
    ["Opened", <Instant key="opened" at={patch.openedAt} />],
  ];
}
