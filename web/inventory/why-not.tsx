import { NativeSelect } from "@mantine/core";
import { api, ask } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { useSearch } from "../app/search-state.ts";
import { Answered } from "../parts/answered.tsx";
import { Sentence } from "../parts/sentence.tsx";
import styles from "./inventory.module.css";

/** Answers why a patch is, or is not, on the host now. The chosen case stands in the URL. */
export function WhyNot({ host, id }: { readonly host: string; readonly id: string }) {
  const [search, set] = useSearch();
  const chosen = search["patch"] ?? "";
  const cases = useAnswer({
    key: ["patches", "choice"],
    topics: ["patches"],
    load: (signal) =>
      ask(api.GET("/api/v1/patches", { params: { query: { limit: 200 } }, signal })),
  });
  const items = cases.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <section className={styles["scan"]} aria-label="Why is a patch not here?">
      <NativeSelect
        size="xs"
        label="Is this patch here, and if not, why?"
        value={chosen}
        onChange={(event) => set({ patch: event.currentTarget.value })}
        maw={460}
        data={[
          { value: "", label: "Choose a case" },
          ...items.map((item) => ({ value: item.ref, label: `${item.ref}  ${item.title}` })),
        ]}
      />
      {chosen !== "" && <Explained host={host} id={id} patch={chosen} />}
    </section>
  );
}

function Explained(props: { readonly host: string; readonly id: string; readonly patch: string }) {
  const { host, id, patch } = props;
  const answer = useAnswer({
    key: ["explain", host, patch],
    topics: [`host:${id}`, "patches", "changes", "rollouts"],
    load: (signal) =>
      ask(api.GET("/api/v1/explain", { params: { query: { host, patch } }, signal })),
  });
  return (
    <div style={{ marginTop: 10 }} role="status">
      <Answered of={answer} what="the reason">
        {({ sentence, holds, rollout }) => (
          <>
            <Sentence text={sentence} />
            {holds.map((hold) => (
              <div key={hold.why}>
                <Sentence text={hold.text} />
              </div>
            ))}
            <div style={{ fontSize: 13, marginTop: 4 }}>
              <Go href={`/patches/${patch}`}>{patch}</Go>
              {rollout !== null && (
                <>
                  {" · "}
                  <Go href={`/rollouts/${rollout}`}>{rollout}</Go>
                </>
              )}
            </div>
          </>
        )}
      </Answered>
    </div>
  );
}
