import { Modal, PasswordInput, Stack, Text } from "@mantine/core";
import type { FormEvent } from "react";
import { api, ask } from "../app/api.ts";
import { type ProofAsk, useProofAsk } from "../app/proof.ts";
import { useDeed } from "../app/queries.ts";
import { FormEnd } from "../parts/form-end.tsx";

/** Stands in the shell once: every act that needs a fresh proof asks for it here, then goes on. */
export function ProofDialog() {
  const asked = useProofAsk();
  return asked === null ? null : <Ask asked={asked} />;
}

function Ask({ asked }: { readonly asked: ProofAsk }) {
  const prove = useDeed(
    (fields: FormData) =>
      ask(api.POST("/api/v1/me/proof", { body: { password: String(fields.get("password")) } })),
    ["me"],
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    event.stopPropagation();
    prove.mutate(new FormData(event.currentTarget), { onSuccess: () => asked.answer(true) });
  };
  const close = () => asked.answer(false);
  return (
    <Modal opened onClose={close} title="Is it you?">
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Text size="sm">{asked.message}</Text>
          <PasswordInput
            name="password"
            label="Password"
            autoComplete="current-password"
            required
            data-autofocus
          />
          <FormEnd deed={prove} label="Go on" isDialog onClose={close} />
        </Stack>
      </form>
    </Modal>
  );
}
