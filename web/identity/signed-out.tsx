import { Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { Go } from "../app/go.tsx";
import { Problem } from "../parts/problem.tsx";
import { Entrance } from "./entrance.tsx";
import { backFromSignOut } from "./provider.ts";

/** Where a provider sends the browser back to when its session ended too. */
export function SignedOutPage() {
  const isSent = useRef(false);
  const finish = useMutation({ mutationFn: backFromSignOut });
  const { mutate } = finish;
  useEffect(() => {
    // The state works once, and effects run twice while pages are being worked on.
    if (!isSent.current) mutate();
    isSent.current = true;
  }, [mutate]);
  return (
    <Entrance title="Signed out">
      {finish.isError ? (
        <Problem cause={finish.error} />
      ) : (
        <Text size="sm" mb="sm" role="status">
          You are signed out of this server
          {finish.data == null ? "." : `, and ${finish.data} sent you back from signing out there.`}
        </Text>
      )}
      <Go href="/sign-in">Sign in again</Go>
    </Entrance>
  );
}
