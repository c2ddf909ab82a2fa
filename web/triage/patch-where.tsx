import { Button, Group } from "@mantine/core";
import { api, ask, type Reply } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { useSearch } from "../app/search-state.ts";
import { Answered } from "../parts/answered.tsx";
import { Empty } from "../parts/empty.tsx";
import { Mark } from "../parts/mark.tsx";
import { type Column, VirtualList } from "../parts/virtual-list.tsx";
import { plural } from "./fix-first-list.tsx";
import type { PatchReply } from "./patch-reply.ts";

type Where = Reply<"/api/v1/patches/{patch}/hosts">;
type Standing = keyof Where["counts"];

const standings: readonly (readonly [Standing, string])[] = [
  ["older", "older"],
  ["partly", "partly there"],
  ["not-comparable", "not comparable"],
  ["there", "there"],
];

/** The hosts that have the package now, and which version of it. */
export function PatchWhere({ patch }: { readonly patch: PatchReply["patch"] }) {
  const [search, set] = useSearch();
  const chosen = standings.find(([name]) => name === search["standing"])?.[0];
  const path = { patch: patch.ref };
  const topics = ["hosts", "rollouts"];
  const counts = useAnswer({
    key: ["patch", patch.ref, "hosts"],
    topics,
    load: (signal) =>
      ask(
        api.GET("/api/v1/patches/{patch}/hosts", { params: { path, query: { limit: 1 } }, signal }),
      ),
  });
  const query = chosen === undefined ? {} : { standing: chosen };
  return (
    <>
      <Answered of={counts} what="hosts">
        {(answer) => (
          <Group gap="xs" mb="sm" role="group" aria-label="Where it stands">
            {standings
              .filter(([name]) => answer.counts[name] > 0)
              .map(([name, word]) => (
                <Button
                  key={name}
                  variant={chosen === name ? "light" : "default"}
                  aria-pressed={chosen === name}
                  onClick={() => set({ standing: chosen === name ? "" : name })}
                >
                  {plural(answer.counts[name], "host")} {word}
                </Button>
              ))}
          </Group>
        )}
      </Answered>
      <VirtualList
        label="hosts"
        listKey={["patch", patch.ref, "hosts", query]}
        topics={topics}
        load={(range) =>
          ask(
            api.GET("/api/v1/patches/{patch}/hosts", {
              params: { path, query: { ...query, ...range } },
            }),
          )
        }
        rowId={(row) => row.host}
        columns={columnsFor(patch.ref)}
        href={(row) => row.href}
        empty={
          <Empty title="No host has this package now">
            Hosts appear here once an inspection finds {patch.target.source} on them.
          </Empty>
        }
      />
    </>
  );
}

function columnsFor(ref: string): readonly Column<Where["items"][number]>[] {
  return [
    { title: "Host", width: "minmax(0, 1.2fr)", cell: (row) => row.name },
    {
      title: "Installed",
      width: "minmax(0, 1.4fr)",
      cell: (row) => <span title={row.versions.join(", ")}>{row.versions.join(", ")}</span>,
    },
    {
      title: "Stands",
      width: "minmax(0, 1.6fr)",
      isWideOnly: true,
      cell: (row) => <Mark tone={row.state}>{row.label}</Mark>,
    },
    {
      title: "Why",
      width: "100px",
      cell: (row) =>
        row.standing === "there" ? null : (
          <Go
            href={`${row.href}?tab=timeline&patch=${ref}`}
            aria-label={`Why not yet? ${row.name}`}
          >
            Why not yet?
          </Go>
        ),
    },
  ];
}
