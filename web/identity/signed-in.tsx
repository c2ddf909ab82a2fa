import { Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { Go, useGo } from "../app/go.tsx";
import { Problem } from "../parts/problem.tsx";
import { Entrance } from "./entrance.tsx";
import { answerOfProvider } from "./provider.ts";

/** Where a provider sends the browser back to: hands its answer in and goes on. */
export function SignedInPage() {
  const go = useGo();
  const isSent = useRef(false);
  const finish = useMutation({ mutationFn: answerOfProvider, onSuccess: (next) => go(next) });
  const { mutate } = finish;
  useEffect(() => {
    // The answer works once, and effects run twice while pages are being worked on.
    if (!isSent.current) mutate();
    isSent.current = true;
  }, [mutate]);
  return (
    <Entrance title="Signing you in">
      {finish.isError ? (
        <>
          <Problem cause={finish.error} />
          <Go href="/sign-in">Sign in another way</Go>
        </>
      ) : (
        <Text size="sm">One moment.</Text>
      )}
    </Entrance>
  );
}
