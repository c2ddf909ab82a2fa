import { Skeleton, Stack, VisuallyHidden } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Problem } from "./problem.tsx";

/**
 * Shows an answer when it is here, says what is being asked until then, and what went wrong when it
 * failed. What was shown before stays while it is asked again.
 */
export function Answered<T>(props: {
  readonly of: UseQueryResult<T>;
  /** What is being loaded: "hosts", "the plan". */
  readonly what: string;
  readonly children: (answer: T) => ReactNode;
}) {
  const { of, what, children } = props;
  if (of.data !== undefined) {
    return (
      <>
        {of.isError && <Problem cause={of.error} onRetry={() => void of.refetch()} />}
        {children(of.data)}
      </>
    );
  }
  if (of.isError) return <Problem cause={of.error} onRetry={() => void of.refetch()} />;
  return (
    <Stack gap="xs" aria-busy="true">
      <VisuallyHidden>Loading {what} …</VisuallyHidden>
      <Skeleton height={22} width="40%" />
      <Skeleton height={14} width="75%" />
      <Skeleton height={14} width="65%" />
    </Stack>
  );
}
