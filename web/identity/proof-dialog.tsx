import { Button, Modal, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import type { FormEvent } from "react";
import { api, ask } from "../app/api.ts";
import { Go } from "../app/go.tsx";
import { type ProofAsk, useProofAsk } from "../app/proof.ts";
import { useDeed } from "../app/queries.ts";
import { FormEnd } from "../parts/form-end.tsx";
import { Problem } from "../parts/problem.tsx";
import { proveByPasskey } from "./enter.ts";

/** Stands in the shell once: every act that needs a fresh proof asks for it here, then goes on. */
export function ProofDialog() {
  const asked = useProofAsk();
  return asked === null ? null : <Ask asked={asked} />;
}

function Ask({ asked }: { readonly asked: ProofAsk }) {
  const { ways, message, answer } = asked;
  // A password without its second factor is no proof for whoever has one.
  const hasPassword = ways.includes("password") && (ways.includes("code") || ways.length === 1);
  const close = () => answer(false);
  return (
    <Modal opened onClose={close} title="Is it you?">
      <Stack gap="sm">
        <Text size="sm">{message}</Text>
        {ways.includes("passkey") && <ByPasskey onProved={() => answer(true)} />}
        {ways.includes("provider") && (
          <Text size="sm">
            You came by a provider: <Go href="/sign-in">sign in there once more</Go>.
          </Text>
        )}
        {hasPassword && (
          <ByPassword
            hasCode={ways.includes("code")}
            onProved={() => answer(true)}
            onClose={close}
          />
        )}
      </Stack>
    </Modal>
  );
}

function ByPasskey({ onProved }: { readonly onProved: () => void }) {
  const prove = useDeed(proveByPasskey, ["me"]);
  return (
    <>
      <Button
        loading={prove.isPending}
        onClick={() => prove.mutate(undefined, { onSuccess: onProved })}
        data-autofocus
      >
        Use a passkey
      </Button>
      {prove.isError && <Problem cause={prove.error} />}
    </>
  );
}

function ByPassword(props: {
  readonly hasCode: boolean;
  readonly onProved: () => void;
  readonly onClose: () => void;
}) {
  const { hasCode, onProved, onClose } = props;
  const prove = useDeed(
    (fields: FormData) => {
      const password = String(fields.get("password"));
      const code = hasCode ? { code: String(fields.get("code")).trim() } : {};
      return ask(api.POST("/api/v1/me/proof", { body: { password, ...code } }));
    },
    ["me"],
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    // The dialog stands inside another page's form as React sees it.
    event.stopPropagation();
    prove.mutate(new FormData(event.currentTarget), { onSuccess: onProved });
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <PasswordInput
          name="password"
          label="Password"
          autoComplete="current-password"
          required
          data-autofocus
        />
        {hasCode && (
          <TextInput name="code" label="One-time code" autoComplete="one-time-code" required />
        )}
        <FormEnd deed={prove} label="Go on" isDialog onClose={onClose} />
      </Stack>
    </form>
  );
}
