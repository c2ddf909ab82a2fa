import { api, ask } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { useSearch } from "../app/search-state.ts";
import { AsOfChoice, asOfQuery, PastBanner } from "../intel/as-of.tsx";
import { Answered } from "../parts/answered.tsx";
import { Shape } from "../parts/mark.tsx";
import { LinkedText, PageHead } from "../parts/page-head.tsx";
import styles from "./overview.module.css";

/** Where the fleet stood on a past day; what is waiting and running is told of now only. */
export function PastOverview() {
  const [search, set] = useSearch();
  const query = asOfQuery(search);
  const past = useAnswer({
    key: ["overview", "past", query],
    topics: ["hosts", "findings", "feeds"],
    load: (signal) => ask(api.GET("/api/v1/overview/past", { params: { query }, signal })),
  });
  const knownSince = past.data?.knownSince ?? null;
  return (
    <>
      <PageHead
        title="Overview"
        aside={<AsOfChoice search={search} set={set} knownSince={knownSince} />}
      />
      <Answered of={past} what="the overview of that day">
        {({ asOf, verdict }) => (
          <>
            <PastBanner set={set} asOf={asOf} knownSince={knownSince} />
            <div className={styles["verdict"]}>
              <span className={`mark ${verdict.tone}`}>
                <Shape tone={verdict.tone} size={20} />
              </span>
              <p>
                <LinkedText parts={verdict.parts} />
              </p>
            </div>
            <Go href={`/findings?by=vulnerability&asOf=${query.asOf ?? ""}`}>
              The findings of that day
            </Go>
          </>
        )}
      </Answered>
    </>
  );
}
