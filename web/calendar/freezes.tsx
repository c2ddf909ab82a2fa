import { Text } from "@mantine/core";
import { api, ask } from "../app/api.ts";
import { useAnswer } from "../app/queries.ts";
import { ActionButton, actionFor } from "../parts/actions.tsx";
import { Answered } from "../parts/answered.tsx";
import { Command } from "../parts/command.tsx";
import { Instant } from "../parts/instant.tsx";
import { Panel } from "../parts/panel.tsx";
import styles from "./calendar.module.css";

const TOPICS = ["calendar", "rollouts"];

/** Freezes that people set, with what ends each. */
export function Freezes() {
  const freezes = useAnswer({
    key: ["freezes"],
    topics: TOPICS,
    load: (signal) => ask(api.GET("/api/v1/freezes", { params: { query: {} }, signal })),
  });
  return (
    <Panel title="Freezes set at once">
      <Answered of={freezes} what="freezes">
        {(answer) =>
          answer.items.length === 0 ? (
            <>
              <Text size="sm" c="dimmed" mb="xs">
                None is set. A freeze keeps hosts from starting, from the next moment on:
              </Text>
              <Command text='fettle freeze set outage --hosts env=prod --reason "why" --until 4h' />
            </>
          ) : (
            <ul className={styles["notes"]}>
              {answer.items.map((one) => (
                <li key={one.id}>
                  {one.ref} {one.name}, for {one.hosts}, ends <Instant at={one.endsAt} />:{" "}
                  {one.reason} (set by {one.setBy}){" "}
                  <ActionButton
                    action={actionFor(one.actions, "lift")}
                    label="Lift"
                    topics={TOPICS}
                    confirm="Hosts of this freeze may start again from the next moment on."
                    asksReason
                    act={(reason) =>
                      ask(
                        api.POST("/api/v1/freezes/{freeze}/lift", {
                          params: { path: { freeze: one.id } },
                          body: { reason },
                        }),
                      )
                    }
                  />
                </li>
              ))}
            </ul>
          )
        }
      </Answered>
    </Panel>
  );
}
