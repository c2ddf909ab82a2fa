import { useParams } from "@tanstack/react-router";
import { joinsToText } from "../../src/plan/statement.ts";
import { api, ask } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { hostsText } from "../change/change-model.ts";
import { Answered } from "../parts/answered.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Sentence } from "../parts/sentence.tsx";
import { UrlTabs } from "../parts/tabs.tsx";
import { AskForApproval } from "./ask-for-approval.tsx";
import { Bodies } from "./bodies.tsx";
import { Compare } from "./compare.tsx";
import { Impact } from "./impact.tsx";
import { LeftOut } from "./left-out.tsx";
import styles from "./plan.module.css";
import { PlanHosts } from "./plan-hosts.tsx";
import type { Plan } from "./plan-model.ts";
import { PlanPicture } from "./plan-picture.tsx";
import { Procedures } from "./procedures.tsx";
import { Trial } from "./trial.tsx";

export function PlanPage() {
  const digest = (useParams({ strict: false }) as { readonly plan: string }).plan;
  // A plan never changes: it is asked for once.
  const plan = useAnswer({
    key: ["plan", digest],
    topics: [],
    load: (signal) =>
      ask(api.GET("/api/v1/plans/{plan}", { params: { path: { plan: digest } }, signal })),
  });
  return (
    <Answered of={plan} what="the plan">
      {(shown) => (
        <>
          <Head plan={shown} />
          <Findings plan={shown} />
          <UrlTabs
            label="Parts of the plan"
            tabs={[
              { name: "waves", title: "Waves", page: () => <PlanPicture plan={shown} /> },
              { name: "impact", title: "Impact", page: () => <Impact plan={shown} /> },
              { name: "steps", title: "Steps and undo", page: () => <Bodies plan={shown} /> },
              {
                name: "hosts",
                title: `Hosts ${shown.hosts.toLocaleString("en")}`,
                page: () => <PlanHosts plan={shown} />,
              },
              {
                name: "left-out",
                title: `Left out ${countOf(shown)}`,
                page: () => <LeftOut plan={shown} />,
              },
              {
                name: "procedures",
                title: "Rollback procedures",
                page: () => <Procedures plan={shown} />,
              },
              { name: "trial", title: "Trial", page: () => <Trial plan={shown} /> },
              { name: "compare", title: "Compare", page: () => <Compare plan={shown} /> },
            ]}
          />
        </>
      )}
    </Answered>
  );
}

function countOf(plan: Plan): string {
  return plan.excluded.reduce((sum, one) => sum + one.hosts, 0).toLocaleString("en");
}

function Head({ plan }: { readonly plan: Plan }) {
  const canGoBack = plan.reversibility === "downgrade";
  const joins = joinsToText(plan.statement);
  return (
    <PageHead
      title={`Plan ${plan.digest.slice(0, 12)}`}
      aside={
        <span className={styles["under"]}>
          <span className="dim">for {plan.change}</span>
          {plan.class === "emergency" && <Mark tone="bad">emergency</Mark>}
        </span>
      }
      sentence={
        <span className={styles["under"]}>
          <span>
            {hostsText(plan.hosts)}
            {joins !== null && ` of today, ${joins},`} in {plan.waves.length}{" "}
            {plan.waves.length === 1 ? "wave" : "waves"}, {plan.need}{" "}
            {plan.need === 1 ? "approval" : "approvals"} needed
          </span>
          <Mark tone={canGoBack ? "good" : "bad"}>
            {canGoBack ? "can be taken back" : "no way back"}
          </Mark>
          <Go href={`/patches/${plan.patch}`}>its case</Go>
          {plan.parent !== null && (
            <span>
              adds hosts to <Go href={`/plans/${plan.parent}`}>plan {plan.parent.slice(0, 12)}</Go>
            </span>
          )}
          {plan.children.map((child) => (
            <span key={child}>
              grown by <Go href={`/plans/${child}`}>plan {child.slice(0, 12)}</Go>
            </span>
          ))}
          <span className="dim">
            made by {plan.requester} <Instant at={plan.createdAt} />, expires{" "}
            <Instant at={plan.expiresAt} />
          </span>
        </span>
      }
      actions={<AskForApproval plan={plan} />}
    />
  );
}

/** What the planner wants people to know before they ask anybody. */
function Findings({ plan }: { readonly plan: Plan }) {
  const {
    warnings,
    irreversible,
    restarts,
    drains,
    rotations,
    needsReboot,
    reboots,
    ways,
    triggers,
  } = plan;
  const lines: readonly (readonly [boolean, string])[] = [
    ...warnings.map((text) => [true, text] as const),
    ...(irreversible.length > 0
      ? [[true, `cannot be put back: ${irreversible.join(", ")}`] as const]
      : []),
    ...triggers.map((text) => [false, text] as const),
    [false, restarts.length > 0 ? `restarts ${restarts.join(", ")}` : "restarts nothing"],
    ...drains.map(({ text }) => [false, `drains ${text}`] as const),
    ...rotations.map(({ text }) => [false, `makes keys anew ${text}`] as const),
    ...(reboots > 0 ? [[true, `reboots ${hostsText(reboots)}`] as const] : []),
    ...(needsReboot && reboots === 0
      ? [[true, "takes effect fully only after a reboot"] as const]
      : []),
    ...(ways.piped > 0
      ? [
          [
            true,
            `${hostsText(ways.piped)} run a piped program: whoever steals the server owns these`,
          ] as const,
        ]
      : []),
  ];
  return (
    <ul className={styles["findings"]} aria-label="What the planner found">
      {lines.map(([isWarning, text]) => (
        <li key={text}>
          <Mark tone={isWarning ? "attention" : "unknown"}>
            <Sentence text={text} />
          </Mark>
        </li>
      ))}
    </ul>
  );
}
