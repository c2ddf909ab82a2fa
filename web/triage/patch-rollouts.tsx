import { api, ask } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { Answered } from "../parts/answered.tsx";
import { Empty } from "../parts/empty.tsx";
import { Instant } from "../parts/instant.tsx";
import { StateWord } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import { Sentence } from "../parts/sentence.tsx";
import type { PatchReply } from "./patch-reply.ts";

/** The rollouts of the case, each with what happens now; the picture is a click away. */
export function PatchRollouts({ patch }: { readonly patch: PatchReply["patch"] }) {
  const rollouts = useAnswer({
    key: ["patch", patch.ref, "rollouts"],
    topics: ["changes", "rollouts"],
    load: (signal) => rolloutsOf(patch.ref, signal),
  });
  return (
    <Answered of={rollouts} what="rollouts">
      {(refs) =>
        refs.length === 0 ? (
          <Empty title="Nothing was rolled out yet">
            Once its change has its approvals, the rollout is started there, wave by wave, and stops
            by itself when hosts fail.
          </Empty>
        ) : (
          refs.map((ref) => <OneRollout key={ref} rollout={ref} />)
        )
      }
    </Answered>
  );
}

/** Rollouts are known by their change, changes by their patch. */
async function rolloutsOf(patch: string, signal: AbortSignal): Promise<readonly string[]> {
  const changes = await ask(api.GET("/api/v1/changes", { params: { query: { patch } }, signal }));
  const pages = await Promise.all(
    changes.items.map((change) =>
      ask(api.GET("/api/v1/rollouts", { params: { query: { change: change.number } }, signal })),
    ),
  );
  return pages.flatMap((page) => page.items.map((rollout) => rollout.ref));
}

function OneRollout({ rollout: ref }: { readonly rollout: string }) {
  const rollout = useAnswer({
    key: ["rollout", ref, "short"],
    topics: ["rollouts", `rollout:${ref}`],
    load: (signal) =>
      ask(api.GET("/api/v1/rollouts/{rollout}", { params: { path: { rollout: ref } }, signal })),
  });
  return (
    <div style={{ marginBottom: 14 }}>
      <Panel title={ref}>
        <Answered of={rollout} what="the rollout">
          {(shown) => (
            <>
              <StateWord group="rollout" name={shown.state} />{" "}
              <span className="dim">
                started <Instant at={shown.startedAt} />
              </span>
              <p style={{ margin: "8px 0" }}>
                <Sentence text={shown.now} />
              </p>
              <p style={{ margin: "8px 0" }}>
                {shown.outcomes.verified} of {shown.outcomes.hosts} hosts verified,{" "}
                {shown.outcomes.failed} failed, {shown.outcomes.rolledBack} rolled back,{" "}
                {shown.outcomes.appliedUnverified} applied but not verified,{" "}
                {shown.outcomes.unknown} unknown.
              </p>
              <Go href={`/rollouts/${ref}`}>See it in one picture</Go>
            </>
          )}
        </Answered>
      </Panel>
    </div>
  );
}
