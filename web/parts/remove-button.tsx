import { Button } from "@mantine/core";
import { useDeed } from "../app/queries.ts";
import { Problem } from "./problem.tsx";

/** Takes one row of a list of one's own away; what the server says against it stands beside it. */
export function RemoveButton(props: {
  readonly what: string;
  readonly act: () => Promise<unknown>;
  readonly topics: readonly string[];
  /** `Remove` unless said. */
  readonly word?: string;
}) {
  const { what, act, topics, word = "Remove" } = props;
  const remove = useDeed(act, topics);
  return (
    <>
      <Button
        size="compact-xs"
        variant="default"
        loading={remove.isPending}
        onClick={() => remove.mutate(undefined)}
        aria-label={`${word} ${what}`}
      >
        {word}
      </Button>
      {remove.isError && <Problem cause={remove.error} />}
    </>
  );
}
