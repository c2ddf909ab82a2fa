import { api, ask, type Reply } from "../app/api.ts";
import { useAnswer } from "../app/queries.ts";
import { ActionButton, actionFor } from "../parts/actions.tsx";
import { Answered } from "../parts/answered.tsx";
import { Facts } from "../parts/facts.tsx";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import { Panel } from "../parts/panel.tsx";
import type { Change } from "./change-model.ts";

type Links = Reply<"/api/v1/changes/{change}/itsm">;
type Link = Links["items"][number];

/** The change's records in ITSM systems: their state, and what stands in the way of telling them. */
export function ItsmRecords({ change }: { readonly change: Change }) {
  const topics = [`change:${change.id}`, "changes"];
  const links = useAnswer({
    key: ["change-itsm", change.id],
    topics,
    load: (signal) => {
      const params = { path: { change: change.number } };
      return ask(api.GET("/api/v1/changes/{change}/itsm", { params, signal }));
    },
  });
  return (
    <Answered of={links} what="the records in ITSM systems">
      {({ items, actions }) => (
        <>
          {items.map((link) => (
            <Panel key={link.system} title={`Record in ${link.system}`}>
              <Facts of={factsOf(link)} />
              {link.deadAt !== null && (
                <ActionButton
                  action={actionFor(actions, "retry")}
                  label="Try again"
                  topics={topics}
                  act={() => {
                    const params = { path: { change: change.number, system: link.system } };
                    const path = "/api/v1/changes/{change}/itsm/{system}/retry";
                    return ask(api.POST(path, { params }));
                  }}
                />
              )}
            </Panel>
          ))}
        </>
      )}
    </Answered>
  );
}

function factsOf(link: Link) {
  const { key, url, state, holds, checkedAt, conflict, problem, problemSince, deadAt } = link;
  const name = key ?? "none yet";
  const row = (title: string, text: string | null) =>
    text === null ? [] : [[title, text] as const];
  return [
    [
      "Record",
      url === null ? (
        name
      ) : (
        <a key="record" href={url} rel="noreferrer" target="_blank">
          {name}
        </a>
      ),
    ] as const,
    [
      "State there",
      <span key="state">
        <Mark tone={holds ? "bad" : "good"}>{state ?? "not read yet"}</Mark>
        {holds && " holds the change"}
      </span>,
    ] as const,
    ...(checkedAt === null ? [] : [["Read", <Instant key="read" at={checkedAt} />] as const]),
    ["Told", deadAt !== null ? "given up" : link.behind ? "not all yet" : "everything"] as const,
    ...row("Differs", conflict),
    ...(problem === null
      ? []
      : [
          [
            "Problem",
            <span key="problem">
              since <Instant at={problemSince} />: {problem}
            </span>,
          ] as const,
        ]),
  ];
}
