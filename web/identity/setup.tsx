import { Button, PasswordInput, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, ask } from "../app/api.ts";
import { Go, useGo } from "../app/go.tsx";
import { useAnswer } from "../app/queries.ts";
import { Problem } from "../parts/problem.tsx";
import { exchangeToken, hideSecret, secretInLink } from "./enter.ts";
import { Entrance } from "./entrance.tsx";
import { NewPassword, newPasswordIn } from "./new-password.tsx";

/** Makes the first administrator; works once in the life of a server. */
export function SetupPage() {
  const go = useGo();
  const [linked] = useState(secretInLink);
  const setup = useAnswer({
    key: ["entrance"],
    topics: [],
    load: (signal) => ask(api.GET("/api/v1/entrance", { signal })),
  });
  const make = useMutation({
    mutationFn: async (fields: FormData) => {
      const password = newPasswordIn(fields);
      if (password === null) return false;
      const body = {
        kind: "setup" as const,
        secret: linked === "" ? String(fields.get("secret")).trim() : linked,
        handle: String(fields.get("handle")).trim(),
        name: String(fields.get("name")).trim(),
        password,
      };
      const made = await ask(api.POST("/api/v1/entrance", { body }));
      hideSecret();
      await exchangeToken(made, password);
      return true;
    },
    onSuccess: (isMade) => {
      if (isMade) go("/");
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    make.mutate(new FormData(event.currentTarget));
  };
  if (setup.isPending) return null;
  if (setup.data?.isSetupOpen === false) {
    return (
      <Entrance title="Setup is over">
        <Text size="sm">
          This server has an administrator already. <Go href="/sign-in">Sign in</Go>, or ask for an
          invitation.
        </Text>
      </Entrance>
    );
  }
  return (
    <Entrance title="Make the first administrator">
      <form onSubmit={submit}>
        {linked === "" && (
          <PasswordInput
            name="secret"
            label="Setup secret"
            description="In the file setup-secret of the server's state folder, or the end of the printed link."
            required
            mb="sm"
          />
        )}
        <TextInput
          name="handle"
          label="Handle"
          description="Short, in small letters: ada, j.doe"
          size="sm"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
        />
        <TextInput name="name" label="Name" size="sm" autoComplete="name" required mt="sm" />
        <NewPassword />
        {make.isError && (
          <div style={{ marginTop: 12 }}>
            <Problem cause={make.error} />
          </div>
        )}
        <Button type="submit" size="sm" fullWidth mt="md" loading={make.isPending}>
          Set up
        </Button>
      </form>
    </Entrance>
  );
}
