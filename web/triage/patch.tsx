import { useParams } from "@tanstack/react-router";
import { api, ask } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { useSearch } from "../app/search-state.ts";
import { ActionButton, actionFor } from "../parts/actions.tsx";
import { Answered } from "../parts/answered.tsx";
import { Mark } from "../parts/mark.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { UrlTabs } from "../parts/tabs.tsx";
import { DeadlinePill } from "./deadline-pill.tsx";
import { PatchApprovals } from "./patch-approvals.tsx";
import { PatchLacks } from "./patch-edit.tsx";
import { PatchEvidence } from "./patch-evidence.tsx";
import { PatchOpen } from "./patch-open.tsx";
import { PatchPace } from "./patch-pace.tsx";
import { PatchPlans } from "./patch-plans.tsx";
import type { PatchReply } from "./patch-reply.ts";
import { PatchRollouts } from "./patch-rollouts.tsx";
import { PatchTimeline } from "./patch-timeline.tsx";
import { PatchWhere } from "./patch-where.tsx";
import { PatchWhy } from "./patch-why.tsx";
import { Stages } from "./stages.tsx";

/** One case on one timeline, from the advisory to the outcome. */
export function PatchPage() {
  const { patch: ref } = useParams({ strict: false }) as { readonly patch: string };
  const patch = useAnswer({
    key: ["patch", ref],
    topics: ["patches", "changes", "rollouts"],
    load: (signal) =>
      ask(api.GET("/api/v1/patches/{patch}", { params: { path: { patch: ref } }, signal })),
  });
  return (
    <>
      {patch.data === undefined && <PageHead title={ref} />}
      <Answered of={patch} what="the case">
        {(answer) => <ShownPatch answer={answer} />}
      </Answered>
    </>
  );
}

function ShownPatch({ answer }: { readonly answer: PatchReply }) {
  const { patch } = answer;
  const isOver = patch.state === "closed" || patch.state === "dropped";
  return (
    <>
      <PageHead
        title={`${patch.ref}  ${patch.title}`}
        aside={
          <>
            <DeadlinePill
              at={patch.deadline.at}
              isOver={isOver}
              undated={patch.deadline.pause?.since == null ? "next upgrade" : "clock stands"}
            />
            {patch.excepted !== null && (
              <Go href={`/patches/${patch.ref}?tab=open`} isPlain>
                <Mark tone="attention" reason={patch.excepted.sentence}>
                  {patch.excepted.isExcepted ? "excepted" : "partly excepted"}
                </Mark>
              </Go>
            )}
          </>
        }
        sentence={patch.justification}
        actions={<Actions patch={patch} />}
      />
      <Stages state={patch.state} />
      <PatchLacks patch={patch} />
      <UrlTabs
        label="About this case"
        tabs={[
          { name: "timeline", title: "Timeline", page: () => <PatchTimeline answer={answer} /> },
          { name: "why", title: "Why", page: () => <PatchWhy answer={answer} /> },
          { name: "pace", title: "Now or later", page: () => <PatchPace patch={patch} /> },
          { name: "where", title: "Where", page: () => <PatchWhere patch={patch} /> },
          { name: "open", title: "Left open", page: () => <PatchOpen patch={patch} /> },
          { name: "plan", title: "Plan", page: () => <PatchPlans patch={patch} /> },
          { name: "approvals", title: "Approvals", page: () => <PatchApprovals patch={patch} /> },
          { name: "rollout", title: "Rollout", page: () => <PatchRollouts patch={patch} /> },
          { name: "evidence", title: "Evidence", page: () => <PatchEvidence answer={answer} /> },
        ]}
      />
    </>
  );
}

const verbs = [
  ["close", "Ends the case: the update is out, and nobody watches it any more."],
  ["drop", "Nothing will be done about it. Its findings stay in sight."],
  ["reopen", "The case goes back to triage; its deadline stays as it was."],
] as const;

function Actions({ patch }: { readonly patch: PatchReply["patch"] }) {
  const [, set] = useSearch();
  const path = { patch: patch.ref };
  const topics = ["patches", "findings"];
  return (
    <>
      <ActionButton
        action={actionFor(patch.actions, "plan")}
        label="Make a plan"
        isPrimary
        topics={[]}
        act={async () => set({ tab: "plan", make: "yes" })}
      />
      {verbs.map(([verb, confirm]) => {
        const action = actionFor(patch.actions, verb);
        // A dropped case is reopened, any other is not: that button stands only where it fits.
        if (verb === "reopen" && patch.state !== "dropped") return null;
        return (
          <ActionButton
            key={verb}
            action={action}
            label={action?.label ?? verb}
            topics={topics}
            confirm={confirm}
            asksReason
            act={(reason) =>
              ask(
                api.POST(`/api/v1/patches/{patch}/${verb}`, { params: { path }, body: { reason } }),
              )
            }
          />
        );
      })}
    </>
  );
}
