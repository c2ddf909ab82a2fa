import { api, ask, type Reply } from "../app/api.ts";
import { useAnswer } from "../app/queries.ts";
import { useSearch } from "../app/search-state.ts";
import { actionFor, GuardedButton } from "../parts/actions.tsx";
import { Answered } from "../parts/answered.tsx";
import { Empty } from "../parts/empty.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { type Column, VirtualList } from "../parts/virtual-list.tsx";
import { plural } from "./fix-first-list.tsx";
import { MakePlan } from "./make-plan.tsx";
import type { PatchReply } from "./patch-reply.ts";

type Plan = Reply<"/api/v1/plans">["items"][number];

/** The plans that were made for the case, newest first, and a way to make one. */
export function PatchPlans({ patch }: { readonly patch: PatchReply["patch"] }) {
  const [search, set] = useSearch();
  const plans = useAnswer({
    key: ["plans", patch.ref],
    topics: ["patches", "changes", "plans"],
    load: (signal) =>
      ask(
        api.GET("/api/v1/plans", {
          params: { query: { patch: patch.ref, limit: 1000 } },
          signal,
        }),
      ),
  });
  const isMaking = search["make"] === "yes";
  const action = actionFor(patch.actions, "plan");
  return (
    <>
      {isMaking ? (
        <MakePlan patch={patch} action={action} onClose={() => set({ make: "" })} />
      ) : (
        plans.data !== undefined &&
        plans.data.items.length > 0 &&
        action !== undefined && (
          <GuardedButton action={action} mb="sm" onClick={() => set({ make: "yes" })}>
            Make another plan
          </GuardedButton>
        )
      )}
      <Answered of={plans} what="plans">
        {({ items }) =>
          items.length === 0 ? (
            !isMaking && (
              <Empty
                title="No plan yet"
                command={`./fettle plan create --patch ${patch.ref} --policy policies/rings.yaml`}
                action={
                  action !== undefined && (
                    <GuardedButton
                      action={action}
                      variant="filled"
                      onClick={() => set({ make: "yes" })}
                    >
                      {action.label}
                    </GuardedButton>
                  )
                }
              >
                A plan says exactly what happens on which host and in which order. Nothing happens
                until people have approved it.
              </Empty>
            )
          ) : (
            <VirtualList
              label="plans"
              listKey={["plans", patch.ref, items[0]?.digest]}
              topics={[]}
              load={async ({ skip, limit }) => ({
                items: items.slice(skip, skip + limit),
                total: items.length,
              })}
              rowId={(plan) => plan.digest}
              columns={columns}
              href={(plan) => `/plans/${plan.digest}`}
              empty={null}
            />
          )
        }
      </Answered>
    </>
  );
}

const columns: readonly Column<Plan>[] = [
  {
    title: "Plan",
    width: "minmax(0, 1fr)",
    cell: (plan) => <span className="mono">{plan.digest.slice(0, 12)}</span>,
  },
  { title: "Change", width: "72px", cell: (plan) => plan.change },
  { title: "Hosts", width: "minmax(0, 1fr)", cell: (plan) => plural(plan.hosts, "host") },
  {
    title: "Approvals",
    width: "110px",
    isWideOnly: true,
    cell: (plan) => `${plan.need} needed`,
  },
  { title: "Class", width: "100px", isWideOnly: true, cell: (plan) => plan.class },
  {
    title: "Way back",
    width: "minmax(0, 1fr)",
    isWideOnly: true,
    cell: (plan) =>
      plan.reversibility === "downgrade" ? (
        "earlier versions"
      ) : (
        <Mark tone="attention" reason="What it installs cannot be put back.">
          none
        </Mark>
      ),
  },
  { title: "By", width: "110px", isWideOnly: true, cell: (plan) => plan.requester },
  {
    title: "Made",
    width: "100px",
    isWideOnly: true,
    cell: (plan) => <Instant at={plan.createdAt} />,
  },
];
