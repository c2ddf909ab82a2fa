import { Group, SegmentedControl } from "@mantine/core";
import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { useSearch } from "../app/search-state.ts";
import type { Tone } from "../app/words.ts";
import { Answered } from "../parts/answered.tsx";
import { Empty } from "../parts/empty.tsx";
import { FilterBar } from "../parts/filters.tsx";
import { Mark } from "../parts/mark.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import styles from "./calendar.module.css";
import { Freezes } from "./freezes.tsx";
import { PlannedWaves } from "./planned-waves.tsx";
import { type Day, daysFrom, mondayOf, moved } from "./weeks.ts";

export type Calendar = Reply<"/api/v1/calendar">;
export type CalendarTime = Calendar["times"][number];

const views = { month: 5, week: 1 } as const;

/** When hosts may be worked on, what closes them, and which rollouts run meanwhile; days are of UTC. */
export function CalendarPage() {
  const [search, set] = useSearch();
  const view = search["by"] === "week" ? "week" : "month";
  const at = /^\d{4}-\d{2}-\d{2}$/.test(search["at"] ?? "") ? (search["at"] as string) : null;
  const calendar = useAnswer({
    key: ["calendar", at ?? ""],
    topics: ["calendar", "rollouts"],
    load: (signal) => {
      const query = at === null ? {} : { from: `${at}T00:00:00Z` };
      return ask(api.GET("/api/v1/calendar", { params: { query }, signal }));
    },
  });
  const begin = calendar.data === undefined ? null : mondayOf(calendar.data.from);
  const go = (weeks: number) => set({ at: moved(begin ?? "", weeks * 7) });
  return (
    <>
      <PageHead title="Calendar" sentence={sentence(calendar.data)} />
      <FilterBar>
        <SegmentedControl
          aria-label="How much is shown"
          size="xs"
          value={view}
          onChange={(value) => set({ by: value })}
          data={[
            { value: "month", label: "5 weeks" },
            { value: "week", label: "1 week" },
          ]}
        />
        <Group gap="xs">
          <button type="button" className={styles["step"]} onClick={() => go(-views[view])}>
            Earlier
          </button>
          <button type="button" className={styles["step"]} onClick={() => set({ at: "" })}>
            Today
          </button>
          <button type="button" className={styles["step"]} onClick={() => go(views[view])}>
            Later
          </button>
        </Group>
      </FilterBar>
      <Answered of={calendar} what="the calendar">
        {(answer) => <Shown calendar={answer} weeks={views[view]} />}
      </Answered>
      <PlannedWaves from={at} />
      <Freezes />
      <Running />
    </>
  );
}

function sentence(calendar: Calendar | undefined): string {
  if (calendar === undefined) return "\u00a0";
  const rest = `Hosts that no window selects are ${calendar.others}.`;
  const count = calendar.entries.length;
  if (count === 0) return `Nothing is in the calendar. ${rest}`;
  return `${count === 1 ? "1 entry" : `${count} entries`}. ${rest}`;
}

function Shown({ calendar, weeks }: { readonly calendar: Calendar; readonly weeks: number }) {
  if (calendar.entries.length === 0) {
    return (
      <Empty title="No window and no freeze" command="fettle policy apply calendar.yaml">
        Windows, freezes, business peaks and releases stand in the policy file calendar.yaml, or
        come from a calendar that was imported. As long as there is none, only rings say when hosts
        are worked on.
      </Empty>
    );
  }
  const days = daysFrom(mondayOf(calendar.from), weeks * 7);
  const notes = [...calendar.leftOut, ...new Set(calendar.times.flatMap((time) => time.told))];
  return (
    <>
      <ol className={styles["days"]} aria-label="Days">
        {days.map((day) => (
          <ShownDay key={day.name} day={day} times={calendar.times} isLong={weeks === 1} />
        ))}
      </ol>
      {notes.length > 0 && (
        <Panel title="Clocks that change">
          <ul className={styles["notes"]}>
            {notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </Panel>
      )}
    </>
  );
}

const SHOWN_MAX = 4;

function ShownDay(props: {
  readonly day: Day;
  readonly times: readonly CalendarTime[];
  readonly isLong: boolean;
}) {
  const { day, times, isLong } = props;
  const mine = times.filter((time) => time.from < day.to && time.to > day.from);
  const shown = isLong ? mine : mine.slice(0, SHOWN_MAX);
  return (
    <li className={styles["day"]} data-empty={mine.length === 0}>
      <time dateTime={day.name} className={styles["name"]}>
        {day.title}
      </time>
      {shown.map((time) => (
        <div key={`${time.entry.name} ${time.from} ${time.zone}`} className={styles["entry"]}>
          <Mark tone={time.entry.tone as Tone} reason={time.entry.reason}>
            {time.entry.name}
          </Mark>
          <span className={styles["about"]}>
            {hours(time, day)} {time.entry.label}, {time.entry.hosts}
            {isLong && `; there ${time.local}`}
          </span>
        </div>
      ))}
      {mine.length > shown.length && (
        <span className={styles["about"]}>and {mine.length - shown.length} more</span>
      )}
    </li>
  );
}

/** `22:00–23:30`, or only what of it lies in this day. */
function hours(time: CalendarTime, day: Day): string {
  const from = time.from < day.from ? null : time.from.slice(11, 16);
  const to = time.to > day.to ? null : time.to.slice(11, 16);
  if (from === null) return to === null ? "all day" : `until ${to}`;
  return to === null ? `from ${from}` : `${from}–${to}`;
}

/** Rollouts that run now, which the calendar may hold. */
function Running() {
  const rollouts = useAnswer({
    key: ["calendar-rollouts"],
    topics: ["rollouts"],
    load: (signal) =>
      ask(api.GET("/api/v1/rollouts", { params: { query: { state: "running" } }, signal })),
  });
  return (
    <Answered of={rollouts} what="rollouts">
      {(answer) =>
        answer.items.length === 0 ? null : (
          <Panel title="Rollouts that run now">
            <ul className={styles["notes"]}>
              {answer.items.map((one) => (
                <li key={one.id}>
                  <Go href={`/rollouts/${one.ref}`}>{one.title}</Go>
                </li>
              ))}
            </ul>
          </Panel>
        )
      }
    </Answered>
  );
}
