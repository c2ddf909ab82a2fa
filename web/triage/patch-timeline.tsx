import { Text } from "@mantine/core";
import { Go } from "../app/go.tsx";
import { eventWord } from "../app/words.ts";
import { useHandles } from "../parts/person.tsx";
import { Timeline, type TimelineEntry } from "../parts/timeline.tsx";
import type { PatchReply } from "./patch-reply.ts";

type Event = PatchReply["timeline"][number];

/** From the first sighting to the outcome, oldest first. */
export function PatchTimeline({ answer }: { readonly answer: PatchReply }) {
  const handles = useHandles();
  const { patch, timeline, earlier } = answer;
  const { deadline } = patch;
  const started: TimelineEntry = {
    id: "clock",
    at: deadline.clockStartedAt,
    tone: "attention",
    word: "advisory",
    what: `The deadline's clock started: ${deadline.presetTitle}; ${deadline.sentence}`,
  };
  const events = timeline.map((event) => shown(event, handles));
  if (earlier === null) return <Timeline entries={[started, ...events]} />;
  return (
    <>
      <Text size="sm" c="dimmed" mb="xs">
        The newest {timeline.length} events. <code>fettle patch show {patch.ref}</code> shows all.
      </Text>
      <Timeline entries={events} />
    </>
  );
}

function shown(event: Event, handles: ReadonlyMap<string, string>): TimelineEntry {
  const { tone, label } = eventWord(event.type);
  return {
    id: event.id,
    at: event.at,
    tone,
    word: label,
    what: (
      <>
        {handles.get(event.actor) ?? "fettle"} {event.sentence}
        {event.index !== null && (
          <Go href={`/audit/${event.index}`} style={{ marginLeft: 8, fontSize: 12.5 }}>
            event {event.index}
          </Go>
        )}
      </>
    ),
  };
}
