import { Text } from "@mantine/core";
import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { Answered } from "../parts/answered.tsx";
import { Empty } from "../parts/empty.tsx";
import { Facts } from "../parts/facts.tsx";
import { Panel } from "../parts/panel.tsx";
import styles from "./triage.module.css";

type Cadence = Reply<"/api/v1/release-trains">;
type Train = Cadence["trains"][number];

const DAY_CHARACTERS = 10;

/** When each release train leaves next, what rides it, and what moved a date. */
export function ReleaseTrains() {
  const cadence = useAnswer({
    key: ["release-trains"],
    topics: ["patches", "rollouts", "policy"],
    load: (signal) => ask(api.GET("/api/v1/release-trains", { signal })),
  });
  return (
    <Answered of={cadence} what="the release trains">
      {({ trains, others, policy }) =>
        trains.length === 0 ? (
          <Empty title="No release train" command="./fettle policy apply cadence.yaml">
            A train says how often changes of some packages go out together. Without one every case
            goes out when somebody plans it.
          </Empty>
        ) : (
          <>
            <Text size="sm" mb="sm">
              Scheduled cases go out together, on days in UTC. What is out of band waits for none of
              them. Which case rides which train says the <Go href="/settings/policy">policy</Go>{" "}
              <span className="dim">({policy.file})</span>.
            </Text>
            <div className={styles["split"]}>
              {trains.map((train) => (
                <Panel key={train.name} title={train.name}>
                  <OneTrain train={train} />
                </Panel>
              ))}
            </div>
            {others.length > 0 && <Others of={others} />}
          </>
        )
      }
    </Answered>
  );
}

function OneTrain({ train }: { readonly train: Train }) {
  const { services, target } = train;
  return (
    <>
      <Facts
        of={[
          ["Leaves", train.rule],
          ["Next", train.dates.map((at) => at.slice(0, DAY_CHARACTERS)).join(", ")],
          ["Carries", `${train.kinds.join(", ")} changes of ${productsText(train)}`],
          ...(services === null ? [] : [["On hosts of", services.join(", ")] as const]),
          ...(target === null ? [] : [["Availability", target] as const]),
        ]}
      />
      {train.cases.length === 0 ? (
        <div className="dim" style={{ marginTop: 10 }}>
          No open case rides it.
        </div>
      ) : (
        <ul
          className={styles["dates"]}
          style={{ marginTop: 10 }}
          aria-label={`Cases that ride ${train.name}`}
        >
          {train.cases.map(({ ref, title, href, at, because }) => (
            <li key={ref}>
              <strong>{at.slice(0, DAY_CHARACTERS)}</strong>{" "}
              <Go href={href}>{`${ref} ${title}`}</Go>
              {because.length > 0 && (
                <Text size="xs" c="dimmed" component="div">
                  {because.join("; ")}
                </Text>
              )}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function productsText({ products }: Train): string {
  return products.includes("*") ? "any package" : products.join(", ");
}

function Others({ of }: { readonly of: Cadence["others"] }) {
  return (
    <div style={{ marginTop: 16 }}>
      <Panel title="On no train">
        <ul className={styles["dates"]}>
          {of.map(({ ref, title, href, reason }) => (
            <li key={ref}>
              <Go href={href}>{`${ref} ${title}`}</Go> <span className="dim">{reason}</span>
            </li>
          ))}
        </ul>
      </Panel>
    </div>
  );
}
