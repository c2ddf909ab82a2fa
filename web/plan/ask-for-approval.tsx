import { api, ask } from "../app/api.ts";
import { Go, useGo } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { ActionButton } from "../parts/actions.tsx";
import type { Plan } from "./plan-model.ts";

/** Asks people to approve this plan, or leads to where that is asked already. */
export function AskForApproval({ plan }: { readonly plan: Plan }) {
  const go = useGo();
  const { digest, patch, change: number } = plan;
  const changes = useAnswer({
    key: ["changes", "patch", patch],
    topics: ["changes"],
    load: (signal) => ask(api.GET("/api/v1/changes", { params: { query: { patch } }, signal })),
  });
  if (changes.data === undefined) return null;
  const change = changes.data.items.find((one) => one.number === number);
  if (change?.plan === digest) {
    return (
      <Go href={`/changes/${number}`}>
        {number} is {change.state}
      </Go>
    );
  }
  const isEdit = change !== undefined;
  const action = plan.actions.find((one) => one.verb === "request");
  return (
    <ActionButton
      action={action}
      label={isEdit ? `Give ${number} this plan` : "Ask for approval"}
      topics={["changes", "patches"]}
      asksReason
      isPrimary
      confirm={
        isEdit
          ? "Approvals of its present plan no longer count; people sign this one anew."
          : `${plan.need === 1 ? "One other person has" : `${plan.need} other people have`} to sign exactly this plan. Say what it is good for.`
      }
      act={async (reason) => {
        const body = { plan: digest, reason };
        const params = { path: { change: number } };
        await ask(
          isEdit
            ? api.POST("/api/v1/changes/{change}/plan", { params, body })
            : api.POST("/api/v1/changes", { body }),
        );
        go(`/changes/${number}`);
      }}
    />
  );
}
