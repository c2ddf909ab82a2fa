import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { wordFor } from "../app/words.ts";
import { Empty } from "../parts/empty.tsx";
import { Problem } from "../parts/problem.tsx";
import { Sentence } from "../parts/sentence.tsx";
import { Timeline, type TimelineEntry } from "../parts/timeline.tsx";
import { WhyNot } from "./why-not.tsx";

type Entry = Reply<"/api/v1/hosts/{host}/timeline">["items"][number];

const PAGE_ROWS = 100;

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
      <Timeline entries={entries.map(shown)} />
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

function shown(entry: Entry, at: number): TimelineEntry {
  const { tone, label: word } = wordFor("hostEvent", entry.kind);
  const { sentence, details, href } = entry;
  const what = href === null ? <Sentence text={sentence} /> : <Go href={href}>{sentence}</Go>;
  return { id: `${entry.at} ${at}`, at: entry.at, tone, word, what, details };
}
