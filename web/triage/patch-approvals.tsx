import { api, ask } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import type { ListedChange } from "../change/change-model.ts";
import { Answered } from "../parts/answered.tsx";
import { Empty } from "../parts/empty.tsx";
import { Facts } from "../parts/facts.tsx";
import { Instant } from "../parts/instant.tsx";
import { StateWord } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import { Person } from "../parts/person.tsx";
import { plural } from "./fix-first-list.tsx";
import type { PatchReply } from "./patch-reply.ts";

/** The changes of the case: who was asked, who agreed, and what they agreed to. */
export function PatchApprovals({ patch }: { readonly patch: PatchReply["patch"] }) {
  const changes = useAnswer({
    key: ["changes", patch.ref],
    topics: ["changes"],
    load: (signal) =>
      ask(api.GET("/api/v1/changes", { params: { query: { patch: patch.ref } }, signal })),
  });
  return (
    <Answered of={changes} what="changes">
      {({ items }) =>
        items.length === 0 ? (
          <Empty
            title="Nobody was asked yet"
            action={<Go href={`/patches/${patch.ref}?tab=plan`}>See its plans</Go>}
          >
            A change is asked for from a plan. People other than who asks sign exactly that plan,
            and hosts check their signatures themselves.
          </Empty>
        ) : (
          items.map((change) => <ShownChange key={change.id} change={change} />)
        )
      }
    </Answered>
  );
}

function ShownChange({ change }: { readonly change: ListedChange }) {
  return (
    <div style={{ marginBottom: 14 }}>
      <Panel title={`${change.number}  ${change.title}`}>
        <Facts
          of={[
            [
              "State",
              <StateWord
                key="state"
                group="change"
                name={change.state}
                reason={change.closedReason}
              />,
            ],
            ["Approvals", `${change.approvals} of ${change.need}`],
            ["Asked by", <Person key="by" subject={change.requester} />],
            ["Asked", <Instant key="at" at={change.requestedAt} />],
            ["Holds until", <Instant key="until" at={change.expiresAt} />],
            ["Why", change.reason],
            ...(change.closedReason === null ? [] : [["Ended", change.closedReason] as const]),
            ["Reaches", plural(change.risk.hosts, "host")],
            ["Backout", change.backout],
          ]}
        />
        <div style={{ marginTop: 10 }}>
          <Go href={`/changes/${change.number}`}>What exactly is signed, and by whom</Go>
        </div>
      </Panel>
    </div>
  );
}
