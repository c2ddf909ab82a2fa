import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { Empty } from "../parts/empty.tsx";
import { ClockTime } from "../parts/instant.tsx";
import { Mark, type Tone } from "../parts/mark.tsx";
import { Problem } from "../parts/problem.tsx";
import { Sentence } from "../parts/sentence.tsx";
import styles from "./inventory.module.css";
import { WhyNot } from "./why-not.tsx";

type Entry = Reply<"/api/v1/hosts/{host}/timeline">["items"][number];

const PAGE_ROWS = 100;

const kinds: Readonly<Record<Entry["kind"], readonly [tone: Tone, word: string]>> = {
  inspection: ["good", "looked at"],
  packages: ["running", "packages"],
  contact: ["attention", "contact"],
  job: ["running", "job"],
  refusal: ["bad", "refused"],
  hold: ["waiting", "held"],
  plan: ["waiting", "plan"],
  edit: ["unknown", "edit"],
};

/** What happened to the host and why nothing did, newest first. */
export function HostTimeline({ host, id }: { readonly host: string; readonly id: string }) {
  const pages = useInfiniteQuery({
    queryKey: ["host", host, "timeline"],
    meta: { topics: [`host:${id}`, "hosts", "rollouts"] },
    initialPageParam: undefined as string | undefined,
    queryFn: ({ signal, pageParam }) => {
      const query = { limit: PAGE_ROWS, ...(pageParam === undefined ? {} : { cursor: pageParam }) };
      const params = { path: { host }, query };
      return ask(api.GET("/api/v1/hosts/{host}/timeline", { params, signal }));
    },
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const entries = pages.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <WhyNot host={host} id={id} />
      {pages.isError && <Problem cause={pages.error} onRetry={() => void pages.refetch()} />}
      {pages.isPending && <div aria-busy="true">Loading the timeline …</div>}
      {pages.isSuccess && entries.length === 0 && (
        <Empty title="Nothing happened here yet" command={`./fettle host scan ${host}`}>
          Here stands every look at the host, every change of its packages, every job, and every
          refusal or wait with its reason.
        </Empty>
      )}
      <Days entries={entries} />
      {pages.hasNextPage && (
        <Button
          variant="default"
          mt="md"
          loading={pages.isFetchingNextPage}
          onClick={() => void pages.fetchNextPage()}
        >
          Show earlier
        </Button>
      )}
    </>
  );
}

function Days({ entries }: { readonly entries: readonly Entry[] }) {
  const days = Map.groupBy(entries, (entry) => new Date(entry.at).toDateString());
  return [...days].map(([day, ofDay]) => (
    <section key={day} aria-label={day}>
      <h2 className={styles["day"]}>{dayTitle(day)}</h2>
      {ofDay.map((entry, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two entries may say the same at one instant.
        <ShownEntry key={`${entry.at} ${at}`} entry={entry} />
      ))}
    </section>
  ));
}

function dayTitle(day: string): string {
  return new Date(day).toLocaleDateString("en-GB", {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
  });
}

function ShownEntry({ entry }: { readonly entry: Entry }) {
  const [tone, word] = kinds[entry.kind];
  const { sentence, details, href } = entry;
  return (
    <div className={styles["entry"]}>
      <Clock at={entry.at} />
      <Mark tone={tone}>{word}</Mark>
      <div>
        {href === null ? <Sentence text={sentence} /> : <Go href={href}>{sentence}</Go>}
        {details.length > 0 && (
          <details style={{ marginTop: 2 }}>
            <summary className="dim">
              {details.length === 1 ? "1 line more" : `${details.length} lines more`}
            </summary>
            {details.map((line) => (
              <div key={line} className="dim" style={{ fontSize: 13 }}>
                {line}
              </div>
            ))}
          </details>
        )}
      </div>
    </div>
  );
}

/** The day stands above; here is only the clock. */
function Clock({ at }: { readonly at: string }) {
  const time = new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  return new Date(at).toDateString() === new Date().toDateString() ? (
    <span className="dim">
      <ClockTime at={at} />
    </span>
  ) : (
    <time className="dim" dateTime={at} title={at}>
      {time}
    </time>
  );
}
