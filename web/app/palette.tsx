import { Spotlight } from "@mantine/spotlight";
import "@mantine/spotlight/styles.css";
import { useDebouncedValue } from "@mantine/hooks";
import { type KeyboardEvent, useState } from "react";
import { api, ask } from "./api.ts";
import { useGo } from "./go.tsx";
import { useAnswer } from "./queries.ts";

/** Letters typed quickly are one question. */
const PAUSE_MS = 150;

const places = [
  ["Overview", "/"],
  ["Patches: what to fix first", "/patches"],
  ["Findings by action", "/findings?by=action"],
  ["Findings: known exploited", "/findings?by=vulnerability&exploited=yes"],
  ["Findings by service", "/findings?by=service"],
  ["Services: owners and what is in them", "/services"],
  ["Hosts", "/hosts"],
  ["Changes that wait for me", "/changes?waiting=me"],
  ["Rollouts", "/rollouts"],
  ["Audit: events and proofs", "/audit"],
  ["People and invitations", "/settings/people"],
  ["Directories (SCIM)", "/settings/directories"],
  ["Roles", "/settings/roles"],
  ["My tokens", "/settings/tokens"],
  ["My approver keys", "/settings/keys"],
  ["Feeds", "/settings/feeds"],
  ["Package sources and their keys", "/settings/sources"],
  ["Policy", "/settings/policy"],
] as const;

/** Finds anything by name and goes there; opened with Ctrl-K. */
export function Palette({ onClose }: { readonly onClose: () => void }) {
  const [text, setText] = useState("");
  const [asked] = useDebouncedValue(text.trim(), PAUSE_MS);
  const go = useGo();
  const hits = useAnswer({
    key: ["search", asked],
    topics: [],
    isOff: asked === "",
    load: (signal) => ask(api.GET("/api/v1/search", { params: { query: { q: asked } }, signal })),
  });
  const words = text.trim().toLowerCase();
  const pages = places.filter(([title]) => title.toLowerCase().includes(words));
  const found = asked === "" ? [] : (hits.data?.items ?? []);
  const open = (href: string) => {
    onClose();
    go(href);
  };
  // Enter takes the first one unless the arrow keys chose another.
  const openFirst = (event: KeyboardEvent<HTMLInputElement>) => {
    const first = found[0]?.href ?? pages[0]?.[1];
    const isChosen = document.querySelector(".mantine-Spotlight-action[data-selected]") !== null;
    if (event.key === "Enter" && !isChosen && first !== undefined) open(first);
  };
  return (
    <Spotlight.Root
      query={text}
      onQueryChange={setText}
      forceOpened
      onSpotlightClose={onClose}
      shortcut={null}
      clearQueryOnClose={false}
      transitionProps={{ duration: 0 }}
      // Read by screen readers only; what to do stands in the field.
      title="Find or do"
      styles={{ header: { display: "none" } }}
    >
      <Spotlight.Search
        placeholder="A host, service, CVE, patch (P-142), change (C-88) or page"
        onKeyDown={openFirst}
      />
      <Spotlight.ActionsList mah={420} style={{ overflowY: "auto" }}>
        {found.map((hit) => (
          <Spotlight.Action
            key={hit.href}
            label={hit.label}
            description={[hit.kind, hit.detail].filter((word) => word !== "").join(" · ")}
            onClick={() => open(hit.href)}
          />
        ))}
        {pages.map(([title, href]) => (
          <Spotlight.Action key={href} label={title} onClick={() => open(href)} />
        ))}
        {found.length === 0 && pages.length === 0 && (
          <Spotlight.Empty>
            {hits.isFetching || asked !== text.trim() ? "Looking …" : "Nothing has that name."}
          </Spotlight.Empty>
        )}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}
