import { Button, PasswordInput, Text } from "@mantine/core";
import type { FormEvent } from "react";
import { api, ask } from "../app/api.ts";
import { useDeed } from "../app/queries.ts";
import { useMe } from "../app/session.ts";
import { signIn } from "../identity/enter.ts";
import { NewPassword, newPasswordIn } from "../identity/new-password.tsx";
import { Mark } from "../parts/mark.tsx";
import { Problem } from "../parts/problem.tsx";

/** Changing the password ends all sessions; this one begins anew at once. */
export function PasswordPart() {
  const me = useMe();
  const change = useDeed(async (fields: FormData) => {
    const next = newPasswordIn(fields);
    if (next === null || me.data === undefined) return false;
    const current = String(fields.get("current"));
    await ask(api.PUT("/api/v1/me/password", { body: { current, next } }));
    await signIn({ handle: me.data.handle, password: next });
    return true;
  }, []);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    change.mutate(new FormData(form), { onSuccess: (isDone) => isDone && form.reset() });
  };
  return (
    <form onSubmit={submit} style={{ maxWidth: 420 }}>
      <Text size="sm" mb="sm">
        A new password ends all your sessions on other machines. Tokens stay.
      </Text>
      <PasswordInput
        name="current"
        label="Password of now"
        autoComplete="current-password"
        required
      />
      <NewPassword />
      <Button type="submit" size="sm" my="md" loading={change.isPending}>
        Change password
      </Button>
      {change.data === true && <Mark tone="good">Changed.</Mark>}
      {change.isError && <Problem cause={change.error} />}
    </form>
  );
}
