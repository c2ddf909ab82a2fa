import { Button, Divider, PasswordInput, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { api, ask } from "../app/api.ts";
import { Go, useGo } from "../app/go.tsx";
import { stopLive } from "../app/live.ts";
import { useAnswer } from "../app/queries.ts";
import { useSearch } from "../app/search-state.ts";
import { Problem } from "../parts/problem.tsx";
import { needsCode, signIn, signInByPasskey } from "./enter.ts";
import { Entrance } from "./entrance.tsx";
import { goToProvider } from "./provider.ts";

/** Passkey first, then the password and its code. */
export function SignInPage() {
  const [search] = useSearch();
  const go = useGo();
  useEffect(stopLive, []);
  const entrance = useAnswer({
    key: ["entrance"],
    topics: [],
    load: (signal) => ask(api.GET("/api/v1/entrance", { signal })),
  });
  if (entrance.isPending) return null;
  if (entrance.data?.isSetupOpen === true) return <NobodyYet />;
  const enter = () => go(search["next"] ?? "/");
  return (
    <Entrance title="Sign in to Fettle">
      {entrance.data?.hasPasskeys === true && <ByPasskey onIn={enter} />}
      <ByPassword onIn={enter} />
      {(entrance.data?.providers ?? []).map((provider) => (
        <ByProvider key={provider.name} of={provider} next={search["next"] ?? "/"} />
      ))}
      <Text size="xs" c="dimmed" mt="md">
        No account yet? Ask an administrator for an invitation. Signed in on the command line but
        without a password? An administrator, you too if you are one, makes a link that sets it with{" "}
        <span className="mono">./fettle user invite HANDLE</span>.
      </Text>
    </Entrance>
  );
}

function ByPasskey({ onIn }: { readonly onIn: () => void }) {
  const enter = useMutation({ mutationFn: signInByPasskey, onSuccess: onIn });
  return (
    <>
      <Button
        size="sm"
        fullWidth
        variant="default"
        loading={enter.isPending}
        onClick={() => enter.mutate()}
      >
        Use a passkey
      </Button>
      {enter.isError && <Problem cause={enter.error} />}
      <Divider my="md" label="or with your password" />
    </>
  );
}

function ByProvider(props: {
  readonly of: { readonly name: string; readonly title: string };
  readonly next: string;
}) {
  const leave = useMutation({ mutationFn: () => goToProvider(props.of.name, props.next) });
  return (
    <>
      <Button
        size="sm"
        fullWidth
        variant="default"
        mt="sm"
        loading={leave.isPending}
        onClick={() => leave.mutate()}
      >
        Sign in with {props.of.title}
      </Button>
      {leave.isError && <Problem cause={leave.error} />}
    </>
  );
}

function ByPassword({ onIn }: { readonly onIn: () => void }) {
  const enter = useMutation({ mutationFn: signIn, onSuccess: onIn });
  const [asksCode, setAsksCode] = useState(false);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const code = String(fields.get("code") ?? "").trim();
    const handle = String(fields.get("handle")).trim();
    const who = { handle, password: String(fields.get("password")) };
    enter.mutate(code === "" ? who : { ...who, code }, {
      onError: (cause) => needsCode(cause) && setAsksCode(true),
    });
  };
  const isWrong = enter.isError && !needsCode(enter.error);
  return (
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
      {asksCode && (
        <TextInput
          name="code"
          label="One-time code"
          description="From your app, or a recovery code."
          autoComplete="one-time-code"
          inputMode="text"
          required
          autoFocus
          mt="sm"
        />
      )}
      {isWrong && (
        <div style={{ marginTop: 12 }}>
          <Problem cause={enter.error} />
        </div>
      )}
      <Button type="submit" size="sm" fullWidth mt="md" loading={enter.isPending}>
        Sign in
      </Button>
    </form>
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
