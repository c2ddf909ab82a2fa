import { Button, PasswordInput, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useEffect } from "react";
import { api, ask } from "../app/api.ts";
import { Go, useGo } from "../app/go.tsx";
import { stopLive } from "../app/live.ts";
import { useAnswer } from "../app/queries.ts";
import { useSearch } from "../app/search-state.ts";
import { Problem } from "../parts/problem.tsx";
import { signIn } from "./enter.ts";
import { Entrance } from "./entrance.tsx";

export function SignInPage() {
  const [search] = useSearch();
  const go = useGo();
  useEffect(stopLive, []);
  const setup = useAnswer({
    key: ["setup"],
    topics: [],
    load: (signal) => ask(api.GET("/api/v1/setup", { signal })),
  });
  const enter = useMutation({
    mutationFn: (who: { readonly handle: string; readonly password: string }) =>
      signIn(who.handle, who.password),
    onSuccess: () => go(search["next"] ?? "/"),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    enter.mutate({
      handle: String(fields.get("handle")).trim(),
      password: String(fields.get("password")),
    });
  };
  if (setup.isPending) return null;
  if (setup.data?.isOpen === true) return <NobodyYet />;
  return (
    <Entrance title="Sign in to Fettle">
      <form onSubmit={submit}>
        <TextInput
          name="handle"
          label="Handle"
          size="sm"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          autoFocus
        />
        <PasswordInput
          name="password"
          label="Password"
          autoComplete="current-password"
          required
          mt="sm"
        />
        {enter.isError && (
          <div style={{ marginTop: 12 }}>
            <Problem cause={enter.error} />
          </div>
        )}
        <Button type="submit" size="sm" fullWidth mt="md" loading={enter.isPending}>
          Sign in
        </Button>
      </form>
      <Text size="xs" c="dimmed" mt="md">
        No account yet? Ask an administrator for an invitation. Signed in on the command line but
        without a password? An administrator, you too if you are one, makes a link that sets it with{" "}
        <span className="mono">./fettle user invite HANDLE</span>.
      </Text>
    </Entrance>
  );
}

function NobodyYet() {
  return (
    <Entrance title="Welcome to Fettle">
      <Text size="sm">
        This server has no administrator yet. Whoever started it makes the first one, in one of two
        ways:
      </Text>
      <ul style={{ paddingLeft: 18, fontSize: 14, lineHeight: 1.6 }}>
        <li>
          on the server’s own machine, run <span className="mono">./fettle setup</span>, or
        </li>
        <li>
          from anywhere, open the one-time link that the server printed when it started, or enter
          the setup secret on the <Go href="/setup">setup page</Go>.
        </li>
      </ul>
    </Entrance>
  );
}
