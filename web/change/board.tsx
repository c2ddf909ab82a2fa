import { Stack } from "@mantine/core";
import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { Answered } from "../parts/answered.tsx";
import { Empty } from "../parts/empty.tsx";
import { Facts } from "../parts/facts.tsx";
import { ClockTime, Instant } from "../parts/instant.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import { TextBlock } from "../parts/text-block.tsx";
import { hostsText } from "./change-model.ts";

type Agenda = Reply<"/api/v1/cab/agenda">;

/** What the advisory board has before it, and what it decided. */
export function BoardPage() {
  const agenda = useAnswer({
    key: ["cab", "agenda"],
    topics: ["changes"],
    load: (signal) => ask(api.GET("/api/v1/cab/agenda", { params: { query: {} }, signal })),
  });
  const minutes = useAnswer({
    key: ["cab", "minutes"],
    topics: ["changes"],
    load: (signal) => ask(api.GET("/api/v1/cab/minutes", { params: { query: {} }, signal })),
  });
  return (
    <Answered of={agenda} what="the agenda">
      {(shown) => (
        <>
          <PageHead title="Advisory board" sentence={<Verdict agenda={shown} />} />
          <Stack gap="md">
            {shown.items.length === 0 ? (
              <Empty
                title="No change waits for the board"
                action={<Go href="/changes">Changes</Go>}
              >
                The policy change.yaml says from which risk on the board decides, and who sits on
                it.
              </Empty>
            ) : (
              shown.items.map((item) => <Item key={item.change.id} item={item} />)
            )}
            {(minutes.data?.items ?? []).map((kept) => (
              <Panel key={kept.id} title={`Minutes by ${kept.by}`}>
                <p className="dim">
                  Kept <Instant at={kept.at} />; SHA-256 in the ledger{" "}
                  <span className="mono">{kept.digest.slice(0, 16)}</span>
                </p>
                <TextBlock label="Minutes" text={kept.text} />
              </Panel>
            ))}
          </Stack>
        </>
      )}
    </Answered>
  );
}

function Verdict({ agenda }: { readonly agenda: Agenda }) {
  const { meeting, problem, items } = agenda;
  if (meeting === null) return <>{problem}</>;
  const many = items.length === 1 ? "1 change waits" : `${items.length} changes wait`;
  return (
    <>
      {meeting.name} meets <ClockTime at={meeting.from} />; {many} for its decision.
    </>
  );
}

function Item({ item }: { readonly item: Agenda["items"][number] }) {
  const { change, parts } = item;
  const because = parts.filter(({ points }) => points > 0).map((part) => part.because);
  return (
    <Panel title={`${change.number} ${change.title}`}>
      <Facts
        of={[
          ["Risk", `${change.level}, ${item.points ?? "no"} points: ${because.join("; ") || "-"}`],
          [
            "Reaches",
            `${hostsText(change.risk.hosts)}, restarts ${change.risk.restarts.join(", ") || "nothing"}`,
          ],
          ["Conflicts", item.conflicts.join("; ") || "none"],
          ["Test", item.proof],
          ["Backout", change.backout],
          ["Why", change.reason],
          ["Votes", item.tally],
          [
            "Valid until",
            <span key="until">
              <Instant at={change.expiresAt} />
              {item.isTooLate && <b> before the board meets</b>}
            </span>,
          ],
        ]}
      />
      <Go href={`/changes/${change.number}`}>Read it and vote</Go>
    </Panel>
  );
}
