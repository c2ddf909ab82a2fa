import { Button, PasswordInput, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, ask } from "../app/api.ts";
import { useGo } from "../app/go.tsx";
import { Problem } from "../parts/problem.tsx";
import { exchangeToken, hideSecret, secretInLink } from "./enter.ts";
import { Entrance } from "./entrance.tsx";
import { NewPassword, newPasswordIn } from "./new-password.tsx";

/** An invited person sets a password and is in. */
export function InvitePage() {
  const go = useGo();
  const [linked] = useState(secretInLink);
  const accept = useMutation({
    mutationFn: async (fields: FormData) => {
      const password = newPasswordIn(fields);
      if (password === null) return false;
      const invite = linked === "" ? String(fields.get("invite")).trim() : linked;
      const made = await ask(
        api.POST("/api/v1/entrance", { body: { kind: "invitation", invite, password } }),
      );
      hideSecret();
      await exchangeToken(made, password);
      return true;
    },
    onSuccess: (isIn) => {
      if (isIn) go("/");
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    accept.mutate(new FormData(event.currentTarget));
  };
  return (
    <Entrance title="You are invited to Fettle">
      <form onSubmit={submit}>
        <Text size="sm" c="dimmed" mb="sm">
          An invitation works once and for 15 minutes. Later you sign in with your handle and this
          password.
        </Text>
        {linked === "" && <PasswordInput name="invite" label="Invitation" required mb="sm" />}
        <NewPassword />
        {accept.isError && (
          <div style={{ marginTop: 12 }}>
            <Problem cause={accept.error} />
          </div>
        )}
        <Button type="submit" size="sm" fullWidth mt="md" loading={accept.isPending}>
          Accept
        </Button>
      </form>
    </Entrance>
  );
}
