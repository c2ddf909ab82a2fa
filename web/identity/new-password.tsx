import { PasswordInput } from "@mantine/core";
import { useState } from "react";

/** A new password, typed twice. The server judges it and says why when it is not accepted. */
export function NewPassword() {
  const [first, setFirst] = useState("");
  const [second, setSecond] = useState("");
  const differs = second !== "" && first !== second;
  return (
    <>
      <PasswordInput
        name="password"
        label="Password"
        description="A long sentence is better than a short riddle."
        autoComplete="new-password"
        required
        mt="sm"
        value={first}
        onChange={(event) => setFirst(event.currentTarget.value)}
      />
      <PasswordInput
        name="again"
        label="The same again"
        autoComplete="new-password"
        required
        mt="sm"
        value={second}
        onChange={(event) => setSecond(event.currentTarget.value)}
        error={differs ? "The two differ." : null}
      />
    </>
  );
}

/** The password of a form with `NewPassword`, or null when the two differ. */
export function newPasswordIn(fields: FormData): string | null {
  const password = String(fields.get("password"));
  return password === fields.get("again") ? password : null;
}
