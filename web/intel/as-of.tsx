import { Button, TextInput } from "@mantine/core";
import type { Search } from "../app/search-state.ts";
import { Instant } from "../parts/instant.tsx";
import { Mark } from "../parts/mark.tsx";
import styles from "./intel.module.css";

type Set = (change: Readonly<Record<string, string>>) => void;

/** The query of a page that looks at a past day; empty for now. */
export function asOfQuery(search: Search): { readonly asOf?: string } {
  const { asOf = "" } = search;
  return asOf === "" ? {} : { asOf };
}

/** Which day is looked at; the day stands in the URL. */
export function AsOfChoice(props: {
  readonly search: Search;
  readonly set: Set;
  /** How far back anything is known. */
  readonly knownSince: string | null;
}) {
  const today = new Date().toISOString().slice(0, 10);
  const { asOf = "" } = props.search;
  return (
    <TextInput
      type="date"
      aria-label="As of the end of a day, in UTC"
      title="As of the end of a day, in UTC"
      leftSection={<span aria-hidden="true">as of</span>}
      leftSectionWidth={54}
      {...(props.knownSince === null ? {} : { min: props.knownSince.slice(0, 10) })}
      max={today}
      value={asOf.slice(0, 10)}
      onChange={({ currentTarget: { value } }) => props.set({ asOf: value === today ? "" : value })}
      w={{ base: "100%", sm: 196 }}
    />
  );
}

/** Says plainly that this is not now, as long as it is not. */
export function PastBanner(props: {
  readonly set: Set;
  readonly asOf: string;
  readonly knownSince: string | null;
  /** Why nothing was known then, as the server says it; null or absent where something was. */
  readonly nothingKnown?: string | null;
}) {
  const { asOf, knownSince, nothingKnown } = props;
  const isBefore = knownSince === null || asOf < knownSince;
  return (
    <section className={styles["past"]} aria-label="A past day">
      <span>
        <Mark tone="attention">The past</Mark> This is what was known at{" "}
        <strong>{`${asOf.slice(0, 16).replace("T", " ")} UTC`}</strong>, with the labels and rights
        of now.{" "}
        {nothingKnown != null ? (
          <strong>{nothingKnown}</strong>
        ) : isBefore ? (
          <>
            Nothing was known then
            {knownSince !== null && (
              <>
                : what is kept begins <Instant at={knownSince} />
              </>
            )}
            .
          </>
        ) : (
          "Cases, dates and how fresh feeds were are not told of the past."
        )}
      </span>
      <Button size="compact-sm" variant="default" onClick={() => props.set({ asOf: "" })}>
        Back to now
      </Button>
    </section>
  );
}
