import { api, ask } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { Answered } from "../parts/answered.tsx";
import { Empty } from "../parts/empty.tsx";
import { Sentence } from "../parts/sentence.tsx";
import { type Column, VirtualList } from "../parts/virtual-list.tsx";
import type { Plan } from "./plan-model.ts";

/** The most that one answer gives. */
const HOSTS_MAX = 1000;

/** Hosts that the plan does not reach, each with its reason. */
export function LeftOut({ plan }: { readonly plan: Plan }) {
  const { digest } = plan;
  const left = useAnswer({
    key: ["plan", digest, "excluded"],
    topics: [],
    load: (signal) =>
      ask(
        api.GET("/api/v1/plans/{plan}/excluded", {
          params: { path: { plan: digest }, query: { limit: HOSTS_MAX } },
          signal,
        }),
      ),
  });
  return (
    <Answered of={left} what="hosts that are left out">
      {({ items, next }) => (
        <>
          {next !== null && (
            <p>
              The first {HOSTS_MAX.toLocaleString("en")} by name; all of them:{" "}
              <span className="mono">fettle plan show {digest.slice(0, 12)}</span>
            </p>
          )}
          <VirtualList
            listKey={["plan", digest, "left-out"]}
            topics={[]}
            label="hosts left out"
            single="host left out"
            columns={columns}
            rowId={(host) => host.host}
            load={async ({ skip, limit }) => {
              return { items: items.slice(skip, skip + limit), total: items.length };
            }}
            empty={
              <Empty title="No host is left out">
                Every host that has this software and that you may see is in the plan.
              </Empty>
            }
          />
        </>
      )}
    </Answered>
  );
}

interface Excluded {
  readonly host: string;
  readonly name: string;
  readonly text: string;
}

const columns: readonly Column<Excluded>[] = [
  {
    title: "Host",
    width: "minmax(110px, 1fr)",
    cell: (host) => <Go href={`/hosts/${host.host}`}>{host.name}</Go>,
  },
  {
    title: "Why",
    width: "minmax(0, 3fr)",
    cell: (host) => (
      <span title={host.text}>
        <Sentence text={host.text} />
      </span>
    ),
  },
];
