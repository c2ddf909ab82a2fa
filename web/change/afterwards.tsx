import { api, ask } from "../app/api.ts";
import { ActionButton, actionFor } from "../parts/actions.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import styles from "./change.module.css";
import type { Change } from "./change-model.ts";

const titles = { retrospective: "Decision afterwards", review: "Review" } as const;

/** What an emergency owes, how the change closed, and what its review found. */
export function Afterwards({ change }: { readonly change: Change }) {
  const { closure, duties, review } = change.control.afterwards;
  if (closure === null && duties.length === 0) return null;
  return (
    <Panel title={closure === null ? "What it owes" : `Closed: ${closure.replaceAll("-", " ")}`}>
      <ul className={styles["list"]}>
        {duties.map((duty) => (
          <li key={duty.kind}>
            <Mark tone={duty.doneAt !== null ? "good" : duty.isOverdue ? "bad" : "waiting"}>
              {titles[duty.kind]}
            </Mark>{" "}
            {duty.doneAt === null ? (
              <>
                {duty.isOverdue ? "overdue since" : "due"} <Instant at={duty.dueAt} />
              </>
            ) : (
              <>
                {duty.outcome} by {duty.doneBy} <Instant at={duty.doneAt} />
              </>
            )}
          </li>
        ))}
        {review !== null && (
          <li>
            {review.by} reviewed it <Instant at={review.at} />: the goal was{" "}
            {review.isGoalMet ? "met" : "missed"}. {review.cause}
          </li>
        )}
        {review?.actions.map((action) => (
          <li key={action.what}>
            {action.due} {action.owner}: {action.what}
          </li>
        ))}
      </ul>
      <Buttons change={change} />
    </Panel>
  );
}

function Buttons({ change }: { readonly change: Change }) {
  const decide = actionFor(change.actions, "decide-afterwards");
  const review = actionFor(change.actions, "review");
  const topics = [`change:${change.id}`, "changes"];
  const { review: found, duties } = change.control.afterwards;
  const isOwed = duties.some(({ kind, doneAt }) => kind === "retrospective" && doneAt === null);
  return (
    <>
      {isOwed &&
        (["accepted", "refused"] as const).map((outcome) => (
          <ActionButton
            key={outcome}
            action={decide}
            label={outcome === "accepted" ? "It was right" : "It was not right"}
            topics={topics}
            asksReason
            act={(reason) =>
              ask(
                api.POST("/api/v1/changes/{change}/afterwards", {
                  params: { path: { change: change.number } },
                  body: { outcome, reason },
                }),
              )
            }
          />
        ))}
      {found === null && review?.allowed === true && (
        <p className="dim">
          Review it: <code>fettle change review {change.number} --closure … --cause "…"</code>
        </p>
      )}
    </>
  );
}
