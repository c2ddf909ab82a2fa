import { Tabs } from "@mantine/core";
import type { ReactNode } from "react";
import { useSearch } from "../app/search-state.ts";

/** Tabs whose choice stands in the URL; the first one is the default. */
export function UrlTabs(props: {
  readonly label: string;
  /** Name of the choice in the URL. */
  readonly param?: string;
  readonly tabs: readonly {
    readonly name: string;
    readonly title: ReactNode;
    readonly page: () => ReactNode;
  }[];
}) {
  const { label, param = "tab", tabs } = props;
  const [search, set] = useSearch();
  const first = tabs[0]?.name ?? "";
  const chosen = tabs.find((tab) => tab.name === search[param]) ?? tabs[0];
  if (chosen === undefined) return null;
  return (
    <Tabs
      value={chosen.name}
      onChange={(name) => set({ [param]: name === null || name === first ? "" : name })}
    >
      <Tabs.List aria-label={label} mb="md">
        {tabs.map((tab) => (
          <Tabs.Tab key={tab.name} value={tab.name}>
            {tab.title}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value={chosen.name}>{chosen.page()}</Tabs.Panel>
    </Tabs>
  );
}
