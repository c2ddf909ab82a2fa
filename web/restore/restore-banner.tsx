import { Alert } from "@mantine/core";
import { api, ask } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";

/** One answer for the banner of every page and for the page that it leads to. */
export function useRestore() {
  return useAnswer({
    key: ["restore"],
    topics: ["restore"],
    load: (signal) => ask(api.GET("/api/v1/restore", { signal })),
  });
}

/** Above every page while the server is for reading only, with what to do. */
export function RestoreBanner() {
  const open = useRestore().data?.open ?? null;
  if (open === null) return null;
  const signed = open.signatures.filter((one) => one.counts).length;
  return (
    <Alert
      color="red"
      variant="outline"
      mb="md"
      title="An older database was put back: nothing can be changed"
    >
      Rollouts halted: {open.held}; hosts that have to report first: {open.unknown}. {signed} of{" "}
      {open.need} approvers have signed from where the log goes on.{" "}
      <Go href="/restore">See what was lost, and sign</Go>
    </Alert>
  );
}
