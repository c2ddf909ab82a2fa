import { Button, Group, Select, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import type { Search } from "../app/search-state.ts";

/** Letters typed quickly count as one change. */
const PAUSE_MS = 250;

/** The filter field of a page, reached with `/`; its text stands in the URL as `q`. */
export function FilterField(props: {
  readonly search: Search;
  readonly set: (change: Readonly<Record<string, string>>) => void;
  /** What the text is compared with: "Name or label". */
  readonly label: string;
  readonly name?: string;
  /** A short text, such as a name: a narrower field. */
  readonly isShort?: boolean;
}) {
  const { search, set, label, name = "q", isShort = false } = props;
  const inUrl = search[name] ?? "";
  const [text, setText] = useState(inUrl);
  useEffect(() => setText(inUrl), [inUrl]);
  useEffect(() => {
    if (text === inUrl) return undefined;
    const timer = window.setTimeout(() => set({ [name]: text }), PAUSE_MS);
    return () => window.clearTimeout(timer);
  }, [text, inUrl, name, set]);
  return (
    <TextInput
      {...(name === "q" ? { "data-filter": true } : {})}
      type="search"
      aria-label={label}
      placeholder={name === "q" ? `${label}  ( / )` : label}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      w={{ base: isShort ? "47%" : "100%", sm: isShort ? 150 : 280 }}
    />
  );
}

/** A choice that stands in the URL; the empty one is "all". */
export function FilterChoice(props: {
  readonly search: Search;
  readonly set: (change: Readonly<Record<string, string>>) => void;
  readonly name: string;
  readonly label: string;
  readonly choices: readonly { readonly value: string; readonly label: string }[];
}) {
  const { search, set, name, label, choices } = props;
  return (
    <Select
      aria-label={label}
      placeholder={label}
      data={[...choices]}
      value={search[name] ?? null}
      onChange={(value) => set({ [name]: value ?? "" })}
      clearable
      clearButtonProps={{ "aria-label": `Any ${label.toLowerCase()}` }}
      w={{ base: "47%", sm: 160 }}
    />
  );
}

/** Takes all filters of the page away. */
export function FilterReset(props: {
  readonly search: Search;
  readonly set: (change: Readonly<Record<string, string>>) => void;
  readonly names: readonly string[];
}) {
  const { search, set, names } = props;
  if (!names.some((name) => (search[name] ?? "") !== "")) return null;
  return (
    <Button
      variant="subtle"
      onClick={() => set(Object.fromEntries(names.map((name) => [name, ""])))}
    >
      Clear filters
    </Button>
  );
}

export function FilterBar({ children }: { readonly children: React.ReactNode }) {
  return (
    <Group gap="xs" mb="sm" role="search">
      {children}
    </Group>
  );
}

/** Only what is known to be exploited; the same on every page that tells the two apart. */
export function ExploitedChoice(props: {
  readonly search: Search;
  readonly set: (change: Readonly<Record<string, string>>) => void;
  /** The list can also leave the known exploited ones out. */
  readonly hasOthers?: boolean;
}) {
  const { hasOthers, ...filter } = props;
  const known = { value: "true", label: "Known exploited" };
  const others = { value: "false", label: "Not known to be" };
  return (
    <FilterChoice
      {...filter}
      name="exploited"
      label="Exploited or not"
      choices={hasOthers === true ? [known, others] : [known]}
    />
  );
}
